package plaintext

import (
	"strings"
	"unicode"

	"github.com/fatih/color"
	"github.com/muesli/reflow/ansi"
	"github.com/muesli/reflow/wrap"

	"github.com/rtkmock/rtkmock/conformance"
)

// paint colours s, if the text has colours. The caller alone decides that, not
// the environment.
func (w *writer) paint(s string, attributes ...color.Attribute) string {
	if !w.color || s == "" || len(attributes) == 0 {
		return s
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(s)
}

// tint is the colour of a status. Only a pass is green.
func tint(s conformance.Status) []color.Attribute {
	known, ok := map[conformance.Status][]color.Attribute{
		conformance.Pass:         {color.FgGreen},
		conformance.Warn:         {color.FgYellow, color.Bold},
		conformance.Inconclusive: {color.FgMagenta, color.Bold},
		conformance.Skip:         {color.FgCyan},
		conformance.Note:         {color.FgBlue},
	}[s]
	if !ok {
		return []color.Attribute{color.FgRed, color.Bold}
	}
	return known
}

func (w *writer) line(s string) { w.WriteString(strings.TrimRight(s, " ") + "\n") }

// gap leaves one line empty, never two, and none at the top.
func (w *writer) gap() {
	if s := w.String(); s != "" && !strings.HasSuffix(s, "\n\n") {
		w.WriteByte('\n')
	}
}

func (w *writer) heading(s string) {
	w.gap()
	w.line(w.paint(s, color.Bold))
}

// wrapped writes text over the whole width.
func (w *writer) wrapped(text string, attributes ...color.Attribute) {
	for _, l := range Wrap(text, w.width) {
		w.line(w.paint(l, attributes...))
	}
}

// row writes head, which fills indent columns, and text beside it.
func (w *writer) row(head string, indent int, text string) {
	pad := max(indent-Columns(head), 1)
	for i, l := range Wrap(text, w.width-indent) {
		if i > 0 {
			head, pad = "", indent
		}
		w.line(head + strings.Repeat(" ", pad) + l)
	}
}

// table writes rows of two columns. The first is as wide as its widest text.
func (w *writer) table(rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, Columns(r[0]))
	}
	for _, r := range rows {
		w.row("  "+r[0], width+4, r[1])
	}
}

// labelWidth is the column at which the text of a labelled row begins.
const labelWidth = 9

// labelled writes a row of an entry, "  found  …", if there is text.
func (w *writer) labelled(label, text string) {
	if text != "" {
		w.row("  "+w.paint(label, color.Faint), labelWidth, text)
	}
}

// command writes a command line that can be copied.
func (w *writer) command(label string, words []string) {
	head := "  " + w.paint(label, color.Faint)
	head += strings.Repeat(" ", max(labelWidth-Columns(head), 1))
	for _, line := range WrapCommand(words, w.width-labelWidth) {
		w.line(head + line)
		head = strings.Repeat(" ", labelWidth)
	}
}

// WrapCommand joins the words of a command to lines of at most width columns that can
// be copied as they are: they are broken only between words, with a backslash, and a
// longer word stays whole.
func WrapCommand(words []string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words {
		// Two columns are kept for the backslash.
		if line != "" && Columns(line)+1+Columns(word)+2 > width {
			lines = append(lines, line+` \`)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// Wrap breaks text at spaces into lines of at most width columns. It breaks a
// longer word too, unless the word is a URL: half a URL leads nowhere.
func Wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line, columns := "", 0
		for rest := strings.TrimRightFunc(paragraph, unicode.IsSpace); rest != ""; {
			word := strings.TrimLeftFunc(rest, unicode.IsSpace)
			space := rest[:len(rest)-len(word)]
			if end := strings.IndexFunc(word, unicode.IsSpace); end >= 0 {
				word = word[:end]
			}
			rest = rest[len(space)+len(word):]
			needs := Columns(space) + Columns(word)
			if line != "" && columns+needs > width {
				lines = append(lines, breakWord(line, width)...)
				line, columns = word, Columns(word)
				continue
			}
			line += space + word
			columns += needs
		}
		lines = append(lines, breakWord(line, width)...)
	}
	return lines
}

// breakWord breaks a line that is too long, which is a single word.
func breakWord(line string, width int) []string {
	if strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://") {
		return []string{line}
	}
	return strings.Split(wrap.String(line, width), "\n")
}

// Columns returns how many columns of a terminal s fills. Colours fill none.
func Columns(s string) int { return ansi.PrintableRuneWidth(s) }
