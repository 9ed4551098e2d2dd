package schemas

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// maxShown is how many characters of a value or a name a message repeats.
const maxShown = 60

// show renders a decoded value in short.
func show(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return Quote(v)
	case json.Number:
		return cut(string(v))
	case []any:
		return size("array", len(v), "item")
	case map[string]any:
		return size("object", len(v), "member")
	default:
		return fmt.Sprintf("a %T", value)
	}
}

func size(kind string, n int, of string) string {
	if n == 0 {
		return "an empty " + kind
	}
	return "an " + kind + " of " + count(n, of)
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// Quote cuts and quotes s for a message. Whatever would disturb a terminal is escaped.
func Quote(s string) string { return strconv.Quote(cut(s)) }

func cut(s string) string {
	n := 0
	for i := range s {
		if n == maxShown {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// orList joins the phrases that say gives: "a", "a or b", "a, b or c".
func orList[T any](list []T, say func(T) string) string {
	phrases := make([]string, len(list))
	for i, item := range list {
		phrases[i] = say(item)
	}
	if len(phrases) < 2 {
		return strings.Join(phrases, "")
	}
	last := len(phrases) - 1
	return strings.Join(phrases[:last], ", ") + " or " + phrases[last]
}

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
			b.WriteString("[" + Quote(s.name) + "]")
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
