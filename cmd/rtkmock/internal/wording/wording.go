// Package wording puts together the sentences about names that nobody knows, and
// about the names that are known.
package wording

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// Unknown is the error for a word that is none of the known ones of its kind. If
// none of them is near, the error ends with otherwise, such as `; "rtkmock
// checks" lists them`, or, if that is empty, lists them.
func Unknown(kind, word string, known []string, otherwise string) error {
	hint := DidYouMean(word, known)
	switch {
	case hint != "":
	case otherwise != "":
		hint = otherwise
	default:
		hint = ", want " + OrList(known)
	}
	return fmt.Errorf("unknown %s %q%s", kind, word, hint)
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

// Words returns words as plain strings.
func Words[T ~string](list []T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return words
}
