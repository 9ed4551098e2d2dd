package schemas

import (
	"fmt"
	"strings"
)

// segment is one step of a path: a member's name or an item's index.
type segment struct {
	name    string
	index   int
	inArray bool
}

// A longer path is shown by its first and its last steps.
const (
	maxSteps   = 24
	firstSteps = 12
	lastSteps  = 6
)

// pathOf renders segments from the root "$".
func pathOf(segments []segment) string {
	var b strings.Builder
	b.WriteByte('$')
	for i, s := range segments {
		if len(segments) > maxSteps && i >= firstSteps && i < len(segments)-lastSteps {
			if i == firstSteps {
				b.WriteString("…")
			}
			continue
		}
		switch {
		case s.inArray:
			fmt.Fprintf(&b, "[%d]", s.index)
		case isWord(s.name):
			b.WriteString("." + s.name)
		default:
			b.WriteString("[" + quote(s.name) + "]")
		}
	}
	return b.String()
}

func isWord(name string) bool {
	if name == "" || len(name) > maxShown {
		return false
	}
	for i, c := range name {
		letter := c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
