package terminal

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// OneLine keeps a message on one line, and removes invisible characters. In
// somebody's input, they could move the cursor or turn the direction of writing.
func OneLine(s string) string { return visible(strings.TrimSpace(s)) }

func visible(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			space = true
			continue
		case !unicode.IsPrint(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Wrap breaks text at spaces into lines of at most width columns.
func Wrap(text string, width int) []string {
	return plaintext.Wrap(strings.Join(strings.Fields(text), " "), width)
}

// Clip cuts text to n characters.
func Clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// Count is "1 delivery", "2 deliveries".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Table writes rows as aligned columns. The last column is wrapped to the
// terminal's width; lines stay whole if nobody reads at a terminal. The text may
// come from anybody.
func (t *Terminal) Table(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	widths := make([]int, len(rows[0])-1)
	for _, row := range rows {
		for i := range widths {
			row[i] = OneLine(row[i])
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range rows {
		head := ""
		for i, w := range widths {
			head += row[i] + strings.Repeat(" ", w+2-utf8.RuneCountInString(row[i]))
		}
		t.Wrapped(head, utf8.RuneCountInString(head), row[len(row)-1])
	}
}

// Wrapped writes head and, from column indent on, text wrapped to the terminal's
// width. If the rest of the line would be too narrow, the text stands below, less
// indented. The text may come from anybody.
func (t *Terminal) Wrapped(head string, indent int, text string) {
	width := t.Width(0)
	text = OneLine(text)
	lines := []string{text}
	if width > 0 {
		if width-indent < 24 {
			t.Printf("%s\n", strings.TrimRight(head, " "))
			head, indent = "    ", 4
		}
		lines = Wrap(text, width-indent)
	}
	for i, l := range lines {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		t.Printf("%s\n", strings.TrimRight(head+l, " "))
	}
}

// Paragraphs writes text wrapped to at most maxParagraph columns, each line
// behind an indent.
func (t *Terminal) Paragraphs(indent int, paragraphs ...string) {
	width := min(t.Width(defaultWidth), maxParagraph)
	for _, p := range paragraphs {
		for _, line := range Wrap(p, max(width-indent, 20)) {
			t.Printf("%s%s\n", strings.Repeat(" ", indent), line)
		}
	}
}

// maxParagraph is the widest that text is easy to read at.
const maxParagraph = 100

// ShellQuote quotes a word for a shell.
func ShellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Milliseconds is a duration in JSON, as exact as a microsecond.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
