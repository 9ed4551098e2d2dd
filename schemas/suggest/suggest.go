// Package suggest finds the word that a misspelt one most likely means. It
// imports the standard library alone, so every room can use it.
package suggest

import (
	"cmp"
	"slices"
	"strings"
)

// maxWord bounds the words that are compared, in bytes: the time grows with
// the square of the length, and nobody misspells a word of this size.
const maxWord = 60

// Nearest returns the candidate that word most likely means, or "" if none is
// close. Case does not count. One changed letter is a slip of the finger. Otherwise the
// first candidate counts that begins with word or has its parts in another order, as
// "env-key" has those of "key-env", then the one with the fewest changed letters, then
// the first one that ends with word or contains it: "join" means
// "meeting.participantJoined".
func Nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	if word == "" || len(word) > maxWord {
		return ""
	}
	best, fewest := "", min(len(word)/3+2, len(word))
	for _, c := range candidates {
		if changes := distance(word, strings.ToLower(c)); changes < fewest {
			best, fewest = c, changes
		}
	}
	first := func(fits func(string) bool) string {
		if i := slices.IndexFunc(candidates, func(c string) bool { return fits(strings.ToLower(c)) }); i >= 0 && len(word) >= 3 {
			return candidates[i]
		}
		return ""
	}
	if fewest <= 1 && best != "" {
		return best
	}
	return cmp.Or(
		first(func(c string) bool { return strings.HasPrefix(c, word) }),
		first(func(c string) bool { return strings.Contains(word, "-") && parts(c) == parts(word) }),
		best,
		first(func(c string) bool { return strings.HasSuffix(c, word) }),
		first(func(c string) bool { return strings.Contains(c, word) }),
	)
}

// parts are the parts of a name, sorted.
func parts(name string) string {
	all := strings.Split(name, "-")
	slices.Sort(all)
	return strings.Join(all, "-")
}

// distance returns how many letters have to be added, removed or replaced to
// turn a into b: the Levenshtein distance, row by row.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, other := range to {
			replaced := diagonal
			if r != other {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
