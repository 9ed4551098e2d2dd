// Package wording puts together the sentences about names that nobody knows, and
// about the names that are known.
package wording

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// Unknown is the error for a word that is none of the known ones of its kind. If
// none of them is near, the error ends with otherwise, such as `; "rtkmock
// checks" lists them`, or, if that is empty, lists them.
func Unknown(kind, word string, known []string, otherwise string) error {
	return fmt.Errorf("unknown %s %q%s", kind, word, cmp.Or(DidYouMean(word, known), otherwise, ", want "+OrList(known)))
}

// DidYouMean names the nearest known word as the end of a sentence. It is
// empty if none is near.
func DidYouMean(word string, known []string) string {
	if c := suggest.Nearest(word, known); c != "" {
		return fmt.Sprintf("; did you mean %s?", c)
	}
	return ""
}

// OrList joins words as "a, b or c".
func OrList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// Find returns the item of a kind that is called word. The error is that of Unknown.
func Find[T any](kind, word string, all []T, name func(T) string, otherwise string) (item T, err error) {
	for _, item := range all {
		if name(item) == word {
			return item, nil
		}
	}
	return item, Unknown(kind, word, Names(all, name), otherwise)
}

// Names returns the names of all items.
func Names[T any](all []T, name func(T) string) []string {
	names := make([]string, len(all))
	for i, item := range all {
		names[i] = name(item)
	}
	return names
}

// Words returns words as plain strings.
func Words[T ~string](list []T) []string { return Names(list, func(w T) string { return string(w) }) }
