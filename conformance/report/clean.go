package report

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is shown of somebody else's text.
const (
	maxSnippet = 160  // characters of a response body
	maxScanned = 4096 // bytes of it that are looked at for that
)

// visible reports whether r may be shown as it is. Control characters move the
// cursor or start escape sequences, format characters turn the direction of
// writing or hide text; both let a target write what looks like our words.
func visible(r rune) bool { return r == ' ' || unicode.IsPrint(r) }

// clean makes s fit to stand within one line: everything that is not visible,
// line breaks too, is shown as an escape sequence of its code.
func clean(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case visible(r):
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

// prose puts text of our own on one line; its line breaks are only spaces.
func prose(s string) string { return clean(strings.Join(strings.Fields(s), " ")) }

// cut shortens s to n characters, the last of which tells that it did.
func cut(s string, n int) string {
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

// firstLine returns the first line of a body that has anything on it, fit to
// be shown, and whether that is not all of the body.
func firstLine(body []byte) (line string, more bool) {
	scanned := bytes.TrimSpace(body[:min(len(body), maxScanned)])
	if i := bytes.IndexAny(scanned, "\r\n"); i >= 0 {
		scanned, more = scanned[:i], true
	}
	line = clean(string(scanned))
	short := cut(line, maxSnippet)
	return short, more || short != line || len(body) > maxScanned
}

// counted is "1 byte", "2 bytes".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// short rounds a duration to what people read of it.
func short(d time.Duration) string {
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

// moment is an instant as all formats write it.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
