package scenarios

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// nearest returns the candidate that a mistyped word most likely means, or ""
// if none is close. The fewest changes win, case not counted; then the first
// word of which a part was typed.
func nearest(word string, candidates []string) string {
	low := strings.ToLower(word)
	if len(low) > 60 {
		return ""
	}
	best, distance := "", len(low)/3+2
	for _, c := range candidates {
		if d := levenshtein.ComputeDistance(low, strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	if best != "" || len(low) < 3 {
		return best
	}
	i := slices.IndexFunc(candidates, func(c string) bool { return strings.Contains(strings.ToLower(c), low) })
	if i < 0 {
		return ""
	}
	return candidates[i]
}

// misspelt returns the problem of a word that is none of the known ones. The
// known ones are listed where none is near.
func misspelt(word, kind string, known []string) Problem {
	p := Problem{Found: quote(word), Want: kind}
	if hint := nearest(word, known); hint != "" {
		p.Hint = quote(hint)
		return p
	}
	p.Want = "one of " + strings.Join(known, ", ")
	if len(known) == 1 {
		p.Want = known[0]
	}
	return p
}

// maxShown is how many characters of what was found a message repeats.
const maxShown = 60

// quote cuts and quotes s. Whatever would disturb a terminal is escaped.
func quote(s string) string {
	if utf8.RuneCountInString(s) > maxShown {
		s = string([]rune(s)[:maxShown]) + "…"
	}
	return strconv.Quote(s)
}

// show says what a JSON value is, in short.
func show(raw json.RawMessage) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "no JSON"
	}
	switch v := v.(type) {
	case string:
		return quote(v)
	case map[string]any:
		return "an object"
	case []any:
		if len(v) == 0 {
			return "an empty array"
		}
		return "an array"
	default:
		text := strings.TrimSpace(string(raw))
		if len(text) > maxShown {
			text = text[:maxShown] + "…"
		}
		return text
	}
}
