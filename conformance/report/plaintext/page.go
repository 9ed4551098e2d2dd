package plaintext

import (
	"strings"

	"github.com/fatih/color"
	"github.com/muesli/reflow/ansi"
	"github.com/muesli/reflow/wordwrap"
	"github.com/muesli/reflow/wrap"

	"github.com/rtkmock/rtkmock/conformance"
)

// page is text laid out in columns.
type page struct {
	strings.Builder
	width int
	color bool
}

// paint colours s, if the page has colours. The caller alone decides that, not
// the environment.
func (p *page) paint(s string, attributes ...color.Attribute) string {
	if !p.color || s == "" || len(attributes) == 0 {
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

func (p *page) line(s string) { p.WriteString(strings.TrimRight(s, " ") + "\n") }

// gap leaves one line empty, never two, and none at the top.
func (p *page) gap() {
	if s := p.String(); s != "" && !strings.HasSuffix(s, "\n\n") {
		p.WriteByte('\n')
	}
}

func (p *page) heading(s string) {
	p.gap()
	p.line(p.paint(s, color.Bold))
}

// wrapped writes text over the width of the page.
func (p *page) wrapped(text string, attributes ...color.Attribute) {
	for _, l := range Wrap(text, p.width) {
		p.line(p.paint(l, attributes...))
	}
}

// row writes head, which fills indent columns, and text beside it.
func (p *page) row(head string, indent int, text string) {
	pad := max(indent-Columns(head), 1)
	for i, l := range Wrap(text, p.width-indent) {
		if i > 0 {
			head, pad = "", indent
		}
		p.line(head + strings.Repeat(" ", pad) + l)
	}
}

// table writes rows of two columns. The first is as wide as its widest text.
func (p *page) table(rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, Columns(r[0]))
	}
	for _, r := range rows {
		p.row("  "+r[0], width+4, r[1])
	}
}

// labelWidth is the column at which the text of a labelled row begins.
const labelWidth = 9

// labelled writes a row of an entry, "  found  …", if there is text.
func (p *page) labelled(label, text string) {
	if text != "" {
		p.row("  "+p.paint(label, color.Faint), labelWidth, text)
	}
}

// command writes a command line that can be copied as it is: it is broken only
// between words, with a backslash, and a longer word stays whole.
func (p *page) command(label string, words []string) {
	head := "  " + p.paint(label, color.Faint)
	head += strings.Repeat(" ", max(labelWidth-Columns(head), 1))
	line := ""
	for _, word := range words {
		// Two columns are kept for the backslash.
		if line != "" && labelWidth+Columns(line)+1+Columns(word)+2 > p.width {
			p.line(head + line + ` \`)
			head, line = strings.Repeat(" ", labelWidth), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	p.line(head + line)
}

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
