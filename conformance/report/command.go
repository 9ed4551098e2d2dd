package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/report/internal/printable"
)

// Command is a line for a POSIX shell. Its words are quoted, and the line may be
// broken between any two of them.
type Command []string

// String returns the line.
func (c Command) String() string { return strings.Join(c, " ") }

// MarshalText writes the line.
func (c Command) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the line as one word.
func (c *Command) UnmarshalText(b []byte) error {
	*c = Command{string(b)}
	return nil
}

// quote makes s one word of a POSIX shell, in letters that a terminal shows.
func quote(s string) string {
	if !isPlain(s) {
		return `"$(printf ` + single(octal(s)) + `)"`
	}
	return single(s)
}

func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// isPlain reports text that is as it looks.
func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !printable.Visible(r) })
}

// octal makes of s a format of printf that prints it. A leading hyphen is
// escaped too: it could be taken for an option.
func octal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '%', r == '\\':
			b.WriteRune(r)
			b.WriteRune(r)
		case r == '-' && i == 0, r == utf8.RuneError && size == 1, !printable.Visible(r):
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}
