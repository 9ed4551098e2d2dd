package report

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

// paint colours s, if the page has colours. Whether it has is the caller's
// choice alone, not the environment's.
func (p *page) paint(s string, attributes ...color.Attribute) string {
	if !p.color || s == "" || len(attributes) == 0 {
		return s
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(s)
}

// Only what holds is green.
func tint(s conformance.Status) []color.Attribute {
	switch s {
	case conformance.Pass:
		return []color.Attribute{color.FgGreen}
	case conformance.Warn:
		return []color.Attribute{color.FgYellow, color.Bold}
	case conformance.Inconclusive:
		return []color.Attribute{color.FgMagenta, color.Bold}
	case conformance.Skip:
		return []color.Attribute{color.FgCyan}
	case conformance.Note:
		return []color.Attribute{color.FgBlue}
	default:
		return []color.Attribute{color.FgRed, color.Bold}
	}
}

// tintOf is the tint of a verdict. What was known alarms nobody.
func tintOf(v conformance.Verdict) []color.Attribute {
	if v.Known != nil {
		return []color.Attribute{color.FgCyan, color.Bold}
	}
	return tint(v.Status)
}

func (p *page) line(s string) { p.WriteString(strings.TrimRight(s, " ") + "\n") }

// gap leaves one line empty, never two, and none at the top.
func (p *page) gap() {
	if s := p.String(); s != "" && !strings.HasSuffix(s, "\n\n") {
		p.WriteByte('\n')
	}
}

// row writes head, which takes up indent columns, and text beside it, wrapped.
func (p *page) row(head string, indent int, text string) {
	pad := max(indent-printed(head), 1)
	for i, l := range fold(text, p.width-indent) {
		if i > 0 {
			head, pad = "", indent
		}
		p.line(head + strings.Repeat(" ", pad) + l)
	}
}

// labelWidth is the column at which the text of a labelled row begins.
const labelWidth = 9

// labelled writes a row of an entry: "  found  …".
func (p *page) labelled(label, text string) {
	if text != "" {
		p.row("  "+p.paint(label, color.Faint), labelWidth, text)
	}
}

// command writes a command line that can be copied as it stands: it is broken
// between words only, with a backslash, and a longer word stays whole.
func (p *page) command(label string, words []string) {
	head := "  " + p.paint(label, color.Faint)
	head += strings.Repeat(" ", max(labelWidth-printed(head), 1))
	line := ""
	for _, word := range words {
		// Two columns are kept for the backslash.
		if line != "" && labelWidth+printed(line)+1+printed(word)+2 > p.width {
			p.line(head + line + ` \`)
			head, line = strings.Repeat(" ", labelWidth), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	p.line(head + line)
}

// printed is the number of columns that s takes up, colours not counted.
func printed(s string) int { return ansi.PrintableRuneWidth(s) }

// fold breaks text at spaces into lines of at most limit columns. A word that
// is longer is broken too, unless it is a URL, which would no longer be one.
func fold(text string, limit int) []string {
	w := wordwrap.NewWriter(limit)
	w.Breakpoints = nil // hyphens belong to ids and header names
	_, _ = w.Write([]byte(text))
	_ = w.Close() // neither can fail: they write to memory
	var out []string
	for l := range strings.SplitSeq(w.String(), "\n") {
		if strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://") {
			out = append(out, l)
			continue
		}
		out = append(out, strings.Split(wrap.String(l, limit), "\n")...)
	}
	return out
}
