// Package suggest words the error about a name that nobody knows: it names the
// known one that was most likely meant.
package suggest

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
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

// DidYouMean is Nearest as the end of a sentence, or "" if none is near.
func DidYouMean(word string, known []string) string {
	if c := Nearest(word, known); c != "" {
		return fmt.Sprintf("; did you mean %s?", c)
	}
	return ""
}

// Nearest returns the known word that a mistyped one most likely stands for, or
// "" if none is close. Equal except for case is closest, then the fewest changes,
// then a word of which only a part was typed.
func Nearest(word string, known []string) string {
	low := strings.ToLower(word)
	best, distance := "", len(low)/3+2
	for _, c := range known {
		if d := levenshtein.ComputeDistance(low, strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	if best != "" || len(low) < 3 {
		return best
	}
	for _, c := range known {
		lc := strings.ToLower(c)
		// People remember the end of a name.
		if strings.HasPrefix(lc, low) || strings.HasSuffix(lc, "."+low) || strings.HasSuffix(lc, "/"+low) || strings.HasSuffix(lc, "-"+low) {
			return c
		}
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
