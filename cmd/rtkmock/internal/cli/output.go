package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// sink is an output stream for concurrent use that remembers the first failure
// to write: a full disk must not look like success.
type sink struct {
	mu      sync.Mutex
	w       io.Writer
	name    string
	failure error
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil || s.w == nil {
		return 0, s.failure
	}
	n, err := s.w.Write(p)
	if err != nil {
		s.failure = fmt.Errorf("%s: %s", s.name, fileProblem(err))
	}
	return n, err
}

// Output formats of --output.
const (
	outputText = "text"
	outputJSON = "json"
)

// printJSON writes v as indented JSON to standard output.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return a.wrote(enc.Encode(v))
}

// printJSONLine writes v as one line of JSON to standard output.
func (a *app) printJSONLine(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return a.wrote(enc.Encode(v))
}

// wrote passes an error on unless it is about the stream, which finish reports.
func (a *app) wrote(err error) error {
	if a.out.failure != nil {
		return nil
	}
	return err
}

// Colours of the terminal.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

// colored reports whether a stream gets colours. NO_COLOR counts when it is
// set and not empty, as no-color.org has it; --color outweighs it.
func (a *app) colored(tty bool) bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return tty && a.env["NO_COLOR"] == "" && a.env["TERM"] != "dumb"
}

// paint wraps text in a colour if on is set.
func paint(on bool, code, text string) string {
	if !on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// width is the number of columns for text on standard output: that of the
// terminal, or fallback where there is none.
func (a *app) width(fallback int) int {
	if a.streams.Width == nil || !a.streams.OutIsTTY {
		return fallback
	}
	if w := a.streams.Width(); w > 0 {
		return w
	}
	return fallback
}

// table writes rows as aligned columns. The last column is wrapped to the
// terminal's width; where nobody reads at a terminal, lines stay whole.
func (a *app) table(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	widths := make([]int, len(rows[0])-1)
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	indent := 0
	for _, w := range widths {
		indent += w + 2
	}
	for _, row := range rows {
		var line strings.Builder
		for i, w := range widths {
			line.WriteString(row[i])
			line.WriteString(strings.Repeat(" ", w+2-utf8.RuneCountInString(row[i])))
		}
		a.writeWrapped(line.String(), indent, row[len(row)-1])
	}
}

// writeWrapped writes head and, from column indent on, text wrapped to the
// terminal's width. Where the rest of the line would be too narrow, the text
// stands below, less indented.
func (a *app) writeWrapped(head string, indent int, text string) {
	width := a.width(0)
	lines := []string{text}
	if width > 0 {
		if width-indent < 24 {
			a.printf("%s\n", strings.TrimRight(head, " "))
			head, indent = "    ", 4
		}
		lines = wrap(text, width-indent)
	}
	for i, l := range lines {
		if i > 0 {
			head = strings.Repeat(" ", indent)
		}
		a.printf("%s\n", strings.TrimRight(head+l, " "))
	}
}

// wrap breaks text at spaces into lines of at most width columns; a longer
// word has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
