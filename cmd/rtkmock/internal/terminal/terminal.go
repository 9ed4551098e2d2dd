// Package terminal writes what a person or a program reads of a call: results on
// standard output, notes and progress on standard error, with colours, tables
// and text that fit the terminal.
package terminal

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// Form is the form of a result.
type Form string

// The forms.
const (
	FormText Form = "text"
	FormJSON Form = "json"
)

// Terminal is where a call reads and writes.
type Terminal struct {
	Streams
	Out, Err *Output // in place of the streams of these names

	Color string // --color: "auto", "always" or "never"
	Form  Form   // --output

	colorless bool // NO_COLOR or TERM=dumb is set
	dumb      bool // TERM=dumb: it cannot draw over a line

	mu    sync.Mutex
	drawn string // the line on standard error that is drawn over
}

// New returns the terminal behind streams. env are the variables that may turn
// colours off.
func New(s Streams, env map[string]string) *Terminal {
	if s.Columns == nil {
		s.Columns = func() int { return 0 }
	}
	dumb := env["TERM"] == "dumb"
	return &Terminal{
		Streams: s,
		Out:     &Output{w: s.Out, name: "standard output"},
		Err:     &Output{w: s.Err, name: "standard error"},
		Color:   "auto",
		// NO_COLOR counts when it is set and not empty, as no-color.org has it.
		colorless: dumb || env["NO_COLOR"] != "",
		dumb:      dumb,
	}
}

// Printf writes to standard output.
func (t *Terminal) Printf(format string, args ...any) { fmt.Fprintf(t.Out, format, args...) }

// Logf writes one line to standard error, above the line that is drawn over.
func (t *Terminal) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	drawn := t.drawn
	t.redraw("")
	fmt.Fprintf(t.Err, format+"\n", args...)
	t.redraw(drawn)
}

// drawOver writes line in the place of the line before, without a line end. An empty
// one leaves nothing there.
func (t *Terminal) drawOver(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.redraw(line)
}

func (t *Terminal) redraw(line string) {
	if line == t.drawn {
		return
	}
	// Blanks work on every terminal, also on one without colours.
	rest := plaintext.Columns(t.drawn) - plaintext.Columns(line)
	if line == "" {
		rest += spare - 1
	}
	if t.drawn != "" {
		fmt.Fprint(t.Err, "\r")
	}
	fmt.Fprint(t.Err, line+strings.Repeat(" ", max(rest, 0)))
	if line == "" {
		fmt.Fprint(t.Err, "\r")
	}
	t.drawn = line
}

// Notef writes one line to standard error in the name of rtkmock. What it is
// given may come from anybody.
func (t *Terminal) Notef(format string, args ...any) {
	t.Logf("rtkmock: %s", visible(fmt.Sprintf(format, args...)))
}

// Warnf is Notef for what may not be meant.
func (t *Terminal) Warnf(format string, args ...any) { t.Notef("warning: "+format, args...) }

// Result writes the result of a call: v, where --output asks for JSON, and what
// print prints elsewhere.
func (t *Terminal) Result(v any, print func()) error {
	if t.Form == FormJSON {
		return t.JSON(v)
	}
	print()
	return nil
}

// Listing is Result for entries that are rows of a table, below a head.
func (t *Terminal) Listing(entries any, rows [][]string) error {
	return t.Result(entries, func() { t.Table(rows) })
}

// JSON writes v as indented JSON to standard output.
func (t *Terminal) JSON(v any) error { return t.encode(v, "  ") }

// JSONLine writes v as one line of JSON to standard output.
func (t *Terminal) JSONLine(v any) error { return t.encode(v, "") }

func (t *Terminal) encode(v any, indent string) error {
	enc := json.NewEncoder(t.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return t.Written(enc.Encode(v))
}

// Written passes on the error of something that wrote to standard output, except
// for a failure of the stream: that one is reported when the call ends.
func (t *Terminal) Written(err error) error {
	if t.Out.Failure() != nil {
		return nil
	}
	return err
}

// Bytes writes bytes as they are to standard output. Only a person at a terminal
// gets a line end after them.
func (t *Terminal) Bytes(data []byte) error {
	_, err := t.Out.Write(data)
	if err == nil && t.OutIsTTY && len(data) > 0 && data[len(data)-1] != '\n' {
		_, err = fmt.Fprintln(t.Out)
	}
	return t.Written(err)
}

// A Color is what Paint takes.
type Color string

// The colours, and ways to stress text.
const (
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
	Bold   Color = "1"
)

// Paint returns text in a colour if standard output gets colours.
func (t *Terminal) Paint(c Color, text string) string {
	if c == "" || text == "" || !t.Colored(t.OutIsTTY) {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// Colored reports whether a stream gets colours. --color outweighs NO_COLOR.
func (t *Terminal) Colored(tty bool) bool {
	switch t.Color {
	case "always":
		return true
	case "never":
		return false
	}
	return tty && !t.colorless
}

// Width is the number of columns for text on standard output: that of the
// terminal, or fallback if there is none.
func (t *Terminal) Width(fallback int) int {
	if w := t.Columns(); t.OutIsTTY && w > 0 {
		return w
	}
	return fallback
}

// List is list as JSON shows it: an empty one instead of none.
func List[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
