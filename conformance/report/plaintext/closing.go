package plaintext

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// closing repeats the verdict below the details, with the checks that it rests on and
// the way to all evidence: a terminal shows the last lines alone.
func (w *writer) closing(d *report.Document, o Options) {
	w.gap()
	w.verdict(d)
	lines := worstLines
	for _, status := range []conformance.Status{conformance.Error, conformance.Fail, conformance.Inconclusive, conformance.Warn} {
		badge, names := w.causes(d, status)
		lines = w.standing(badge, names, lines)
	}
	if d.Stopped == "" { // else it is most of them
		w.standing("not judged", w.skipped(d), otherLines)
	}
	if len(o.Fewer) > 0 {
		w.command("type", o.Fewer)
		w.labelled("", "leaves out the events that are refused, if they are not wanted")
	}
	for _, k := range d.Stale() {
		w.labelled("stale", report.StaleText(k))
	}
	for i := range d.Checks {
		if c := &d.Checks[i]; c.Diagnosis != nil {
			w.labelled("cause", printable.Text(c.Diagnosis.Cause))
			fixes := c.Fixes()
			if left := len(fixes) - closingFixes; left > 0 {
				fixes = append(fixes[:closingFixes:closingFixes], fmt.Sprintf("%d more, which stand above", left))
			}
			w.each("fix", "or", fixes)
			w.next(c)
			break
		}
	}
	if d.Outcome == conformance.Undecided {
		w.undecided(d)
	}
	if text := d.PrintedText(); text != "" {
		w.labelled("note", "the receiver printed a sign of a defect that no answer shows: "+text)
	}
	if w.left {
		w.more(o, "--verbose, or the HTML or JSON report")
	}
	if d.Stopped == interrupted {
		w.labelled("partial", fmt.Sprintf("the run was interrupted after %d of %s", judged(d), printable.Count(len(d.Checks), "check")))
	}
}

// closingFixes is how many ways to fix a refusal are repeated: all of them would push the
// verdict off the screen.
const closingFixes = 2

// next writes the command for one of the remedies, if there is one.
func (w *writer) next(c *report.CheckResult) {
	if len(c.Diagnosis.Next) > 0 {
		words := slices.Clone(c.Diagnosis.Next)
		for i := range words {
			words[i] = printable.Bounded(words[i])
		}
		w.command("type", words)
	}
}

// maxReasons is how many reasons for undecided checks are repeated, in maxReason
// characters each.
const (
	maxReasons = 3
	maxReason  = 300
)

// undecided says why checks are undecided where neither the verdict nor a cause does, and
// what is missing to see what was required.
func (w *writer) undecided(d *report.Document) {
	for _, in := range d.Instruments {
		if slices.Contains(d.Missing(), in.Name) {
			w.labelled("lacks", printable.Name(in.Name)+": "+report.InstrumentDetail(in))
		}
	}
	var reasons []string
	by := map[string][]*report.CheckResult{}
	for _, c := range d.WorstFirst() {
		reason := c.ReasonText()
		if c.Status != conformance.Inconclusive || c.Known != nil || c.Diagnosis != nil || w.nesting.Home(c) != nil || strings.Contains(d.Title(), reason) {
			continue
		}
		if by[reason] == nil {
			reasons = append(reasons, reason)
		}
		by[reason] = append(by[reason], c)
	}
	for _, reason := range reasons[:min(len(reasons), maxReasons)] {
		w.labelled("why", some(strings.Split(names(by[reason]), ", "))+": "+printable.Cut(reason, maxReason))
	}
	if left := len(reasons) - maxReasons; left > 0 {
		w.labelled("", fmt.Sprintf("and %d more reasons, which stand above", left))
	}
}

// interrupted is why a run stopped that its user has ended.
const interrupted = "interrupted"

// judged is how many checks a run came to.
func judged(d *report.Document) int {
	n := 0
	for _, c := range d.Checks {
		if !strings.HasPrefix(c.Reason, "not run: ") && !strings.HasPrefix(c.Reason, "not finished: ") {
			n++
		}
	}
	return n
}

// How many lines name the checks, or steps, of the worst status, and of each other one.
const (
	worstLines = 6
	otherLines = 2
)

// standing writes names behind a badge, if there are any, or as many as fit into so many
// lines. It returns how many lines are for the next status.
func (w *writer) standing(badge string, names []string, lines int) (next int) {
	if len(names) == 0 {
		return lines
	}
	indent := max(labelWidth, Columns(badge)+4)
	text := strings.Join(names, ", ")
	for shown := len(names) - 1; shown > 0 && len(Wrap(text, w.width-indent)) > lines; shown-- {
		text = fmt.Sprintf("%s, and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	w.row("  "+badge, indent, text)
	return otherLines
}

// causes returns the badge and the ids of the checks of a status that stand by
// themselves, and how many others each causes.
func (w *writer) causes(d *report.Document, status conformance.Status) (badge string, names []string) {
	for _, c := range d.WorstFirst() {
		if c.Status != status || c.Known != nil || w.nesting.Home(c) != nil {
			continue
		}
		badge = w.badge(c)
		name, caused := printable.Line(string(c.ID)), 0
		for _, f := range w.nesting.Followers(c) {
			caused += len(f.Checks)
		}
		if caused > 0 {
			name += fmt.Sprintf(" (and %d caused by it)", caused)
		}
		names = append(names, name)
	}
	return badge, names
}

// skipped returns the ids of checks of a MUST that were skipped, and not for good.
func (w *writer) skipped(d *report.Document) (names []string) {
	for _, c := range d.NotJudged() {
		if c.Status == conformance.Skip {
			names = append(names, printable.Line(string(c.ID)))
		}
	}
	return names
}

// more says where the evidence is that was left out; otherwise is what to say where o
// does not know.
func (w *writer) more(o Options, otherwise string) {
	const what = "all evidence, with curl lines"
	switch {
	case len(o.Files) > 0:
		w.labelled("more", what+": "+printable.Text(strings.Join(o.Files, ", ")))
	case len(o.Again) > 0:
		w.command("more", o.Again)
		w.labelled("", "shows "+what+"; --report html=FILE keeps it")
	default:
		w.labelled("more", what+": "+otherwise)
	}
}
