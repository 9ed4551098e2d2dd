package report

import (
	"strings"

	"github.com/fatih/color"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report/text"
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
func (p *page) row(head string, indent int, body string) {
	pad := max(indent-text.Columns(head), 1)
	for i, l := range text.Wrap(body, p.width-indent) {
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
	head += strings.Repeat(" ", max(labelWidth-text.Columns(head), 1))
	line := ""
	for _, word := range words {
		// Two columns are kept for the backslash.
		if line != "" && labelWidth+text.Columns(line)+1+text.Columns(word)+2 > p.width {
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
