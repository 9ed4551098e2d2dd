// Package printable makes text fit to be shown to people. What a target sends
// is hostile: its control characters can steer a terminal, and its format
// characters can hide text or turn its direction. So everything that is not
// visible is shown as an escape sequence.
package printable

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is shown, in characters.
const (
	maxText    = 2000
	maxName    = 200
	maxSnippet = 160
)

// maxScanned is how many bytes of a body are searched for its first line.
const maxScanned = 4096

// Visible reports whether r may be shown as it is.
func Visible(r rune) bool { return r == ' ' || unicode.IsPrint(r) }

// Line makes s fit to stand within one line.
func Line(s string) string { return escape(s, Visible) }

// Name is Line for an id or another name: it is bounded.
func Name(s string) string { return Cut(Line(s), maxName) }

// Bounded is Line for what may be long.
func Bounded(s string) string { return Cut(Line(s), maxText) }

// Text is Line for prose: it is bounded, and line breaks are only spaces.
func Text(s string) string { return Cut(Line(strings.Join(strings.Fields(s), " ")), maxText) }

// UTF8 returns s with every byte that is not UTF-8 as an escape sequence.
func UTF8(s string) string { return escape(s, func(rune) bool { return true }) }

// escape replaces what is not UTF-8, and what keep refuses, by escape sequences.
func escape(s string, keep func(rune) bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case keep(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

// Cut shortens s to n characters. The last of them shows that it did.
func Cut(s string, n int) string {
	count := 0
	for i := range s {
		if count++; count == n {
			if rest := s[i:]; utf8.RuneCountInString(rest) > 1 {
				return s[:i] + "…"
			}
			return s
		}
	}
	return s
}

// FirstLine returns the first line of a body that has anything on it, and
// whether that is not all of the body.
func FirstLine(body []byte) (line string, more bool) {
	scanned := bytes.TrimSpace(body[:min(len(body), maxScanned)])
	if i := bytes.IndexAny(scanned, "\r\n"); i >= 0 {
		scanned, more = scanned[:i], true
	}
	line = Line(string(scanned))
	short := Cut(line, maxSnippet)
	return short, more || short != line || len(body) > maxScanned
}

// Count is "1 byte", "2 bytes". Plural forms that do not end in s are given.
func Count(n int, noun string, plural ...string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case len(plural) > 0:
		return fmt.Sprintf("%d %s", n, plural[0])
	default:
		return fmt.Sprintf("%d %ss", n, noun)
	}
}

// Duration rounds d to what people read of it.
func Duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "<1ms"
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}

// List joins words: "a", "a and b", "a, b and c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
