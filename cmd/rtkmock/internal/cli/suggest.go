package cli

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns the candidate that a mistyped word most likely means, or ""
// if none is close. Equal but for case is closest, then the fewest changes,
// then a word of which only the start was typed.
func nearest(word string, candidates []string) string {
	low := strings.ToLower(word)
	best, distance := "", len(low)/3+2
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(low, strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	if best != "" || len(low) < 3 {
		return best
	}
	for _, c := range candidates {
		lc := strings.ToLower(c)
		// The end of a name is what people remember of it.
		if strings.HasPrefix(lc, low) || strings.HasSuffix(lc, "."+low) || strings.HasSuffix(lc, "/"+low) || strings.HasSuffix(lc, "-"+low) {
			return c
		}
	}
	return ""
}

// didYouMean is nearest as the end of a sentence, or "" if nothing is near.
func didYouMean(word string, candidates []string) string {
	if c := nearest(word, candidates); c != "" {
		return fmt.Sprintf("; did you mean %s?", c)
	}
	return ""
}
