package plaintext

import (
	"strings"

	"github.com/muesli/reflow/ansi"
	"github.com/muesli/reflow/wordwrap"
	"github.com/muesli/reflow/wrap"
)

// Wrap breaks text at spaces into lines of at most width columns. It breaks a
// longer word too, unless the word is a URL: half a URL leads nowhere.
func Wrap(text string, width int) []string {
	w := wordwrap.NewWriter(width)
	w.Breakpoints = nil // hyphens belong to ids and header names
	_, _ = w.Write([]byte(text))
	_ = w.Close() // neither can fail: they write to memory
	var lines []string
	for line := range strings.SplitSeq(w.String(), "\n") {
		if strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://") {
			lines = append(lines, line)
			continue
		}
		lines = append(lines, strings.Split(wrap.String(line, width), "\n")...)
	}
	return lines
}

// Columns returns how many columns of a terminal s fills. Colours fill none.
func Columns(s string) int { return ansi.PrintableRuneWidth(s) }
