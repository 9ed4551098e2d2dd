package conformance

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// ErrPattern is wrapped by the error about a pattern that cannot be read.
var ErrPattern = errors.New("conformance: malformed pattern")

// Pattern selects checks by their ids. As in a path, "*" stands for any
// characters but the slash, "?" for one of them and "[…]" for one of a set;
// "**" stands for any characters at all, and "*" alone for every id.
type Pattern string

// ParsePattern reads a pattern. The error matches ErrPattern.
func ParsePattern(s string) (Pattern, error) {
	if s == "" {
		return "", fmt.Errorf("%w: it is empty", ErrPattern)
	}
	for part := range strings.SplitSeq(s, "**") {
		if _, err := path.Match(part, ""); err != nil {
			return "", fmt.Errorf("%w: %q", ErrPattern, s)
		}
	}
	return Pattern(s), nil
}

// Matches reports whether p stands for id. A malformed pattern stands for no id.
func (p Pattern) Matches(id ID) bool { return p == "*" || matches(string(p), string(id)) }

func matches(pattern, id string) bool {
	before, after, deep := strings.Cut(pattern, "**")
	if !deep {
		ok, err := path.Match(pattern, id)
		return ok && err == nil
	}
	after = strings.TrimLeft(after, "*")
	for i := range len(id) + 1 {
		ok, err := path.Match(before, id[:i])
		for j := i; ok && err == nil && j <= len(id); j++ {
			if matches(after, id[j:]) {
				return true
			}
		}
	}
	return false
}
