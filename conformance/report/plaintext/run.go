package plaintext

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// Options say how text is written. The zero value of each field is its default.
type Options struct {
	Color   bool // with ANSI colours
	Width   int  // in columns; 0: DefaultWidth, never below MinWidth
	Verbose bool // checks that pass, too, and all evidence in full
}

// Widths of a page, in columns.
const (
	DefaultWidth = 80
	MinWidth     = 40
)

// writer writes a report, laid out in columns.
type writer struct {
	strings.Builder
	width   int
	color   bool
	verbose bool
	curl    bool // a curl line was written
	nesting report.Nesting
}

func newWriter(o Options) *writer {
	return &writer{width: max(cmp.Or(o.Width, DefaultWidth), MinWidth), color: o.Color, verbose: o.Verbose}
}

// Run returns the report of a run.
func Run(d *report.Document, o Options) string {
	w := newWriter(o)
	w.wrapped(d.Title(), color.Bold, map[report.Tone]color.Attribute{
		report.Good: color.FgGreen, report.Open: color.FgYellow, report.Unsure: color.FgMagenta, report.Bad: color.FgRed,
	}[d.Tone()])
	w.gap()
	w.facts(d.Facts())
	var stale []string
	for _, k := range d.Stale() {
		stale = append(stale, report.StaleText(k))
	}
	w.nesting = d.Nesting()
	w.section("stale entries of the list of known violations", stale)
	w.groups(d.GroupsWorstFirst())
	w.instruments(d.Instruments)
	if d.Ledger.Emitted > 0 {
		w.ledger(d.Ledger)
	}
	w.section(called, lines(d.CallsByPath()))
	w.section(accepted, lines(d.AnswersByEvent()))
	w.section(assumed, assumptions(d.Assumptions))
	w.rerun(d.Rerun())
	w.effectsHint(d.EffectsHint)
	return w.String()
}

// effectsHint says how the target could report its effects. Code keeps its lines, so
// that it can be copied.
func (w *writer) effectsHint(h *conformance.EffectsHint) {
	if h == nil {
		return
	}
	where := ""
	if len(h.Code) > 0 {
		where = fmt.Sprintf(" In %s (recognised by %s) that takes these lines:", printable.Line(h.Stack), printable.Line(h.By))
	}
	w.section("what came of the deliveries was not seen", []string{
		printable.Count(h.Checks, "check") + " would see more, such as events that are lost or done twice, if the receiver reported what it does." + where,
	})
	w.gap()
	for _, line := range h.Code {
		w.line("    " + printable.Line(strings.ReplaceAll(line, "\t", "    ")))
	}
	w.gap()
	w.row("", 2, printable.Text(h.Then))
}

func lines(facts []report.Fact) []string {
	var out []string
	for _, f := range facts {
		out = append(out, f.Name+": "+f.Value)
	}
	return out
}

const called = "calls to the REST API"

const accepted = "what accepted deliveries were answered, a hint at what came of them"

const assumed = "assumed where the guide is silent"

// Check returns all that a report says about one check.
func Check(c *report.CheckResult, o Options) string {
	w := newWriter(o)
	w.check(c, nil)
	return w.String()
}

// factWidth is the column at which the facts about the run begin.
const factWidth = 10

func (w *writer) facts(facts []report.Fact) {
	for _, f := range facts {
		w.row(w.paint(f.Name, color.Faint), factWidth, f.Value)
	}
}

func (w *writer) groups(groups []report.Group) {
	compact := false // the group before this one took one line
	for _, g := range groups {
		why, idle := w.idle(g)
		oneLine := (idle || g.Checks[0].Status == conformance.Pass) && !w.verbose
		if !oneLine || !compact {
			w.gap()
		}
		compact = oneLine
		head, indent := w.paint(g.Name, color.Bold), Columns(g.Name)+2
		if idle && oneLine {
			w.row(head, indent, why)
			continue
		}
		for _, l := range Wrap(g.Counts(), w.width-indent) {
			w.row(head, indent, w.paint(l, checkTint(g.Checks[0])...))
			head = ""
		}
		w.checks(g)
	}
}

// idle sums up a group that was skipped completely, for one reason.
func (w *writer) idle(g report.Group) (why string, ok bool) {
	first := g.Checks[0]
	for _, c := range g.Checks {
		if c.Status != conformance.Skip || c.Reason != first.Reason {
			return "", false
		}
	}
	return g.Counts() + ": " + first.ReasonText(), len(g.Checks) > 1
}

func (w *writer) checks(g report.Group) {
	written := map[*report.CheckResult]bool{} // beside another of the same cause
	if !w.verbose {
		w.elsewhere(g, written)
	}
	for i := 0; i < len(g.Checks); i++ {
		switch c := g.Checks[i]; {
		case written[c]:
		case c.Known != nil && !w.verbose:
			w.row(w.title(c), Columns(w.title(c))+2, c.KnownReason())
			w.row("", labelWidth, c.ReasonText())
		case c.Status == conformance.Pass:
			if w.verbose {
				w.inShort(g.Checks[i : i+1])
			}
		case c.Known == nil && (c.Status == conformance.Skip || c.Status == conformance.Note):
			end := i + 1
			for end < len(g.Checks) && g.Checks[end].Status == c.Status && g.Checks[end].Reason == c.Reason && g.Checks[end].Known == nil {
				end++
			}
			w.inShort(g.Checks[i:end])
			i = end - 1
		default:
			var alike []*report.CheckResult
			if c.Status == conformance.Inconclusive && !w.verbose {
				alike = sameCause(g, c)
			}
			for _, other := range alike {
				written[other] = true
			}
			w.gap()
			w.check(c, alike)
			w.gap()
		}
	}
}

// elsewhere names the checks that are shown under one of another group, and marks as
// written all that are shown under another.
func (w *writer) elsewhere(g report.Group, written map[*report.CheckResult]bool) {
	type place struct{ status, follows string }
	var places []place
	at := map[place][]*report.CheckResult{}
	for _, c := range g.Checks {
		home := w.nesting.Home(c)
		if home == nil {
			continue
		}
		written[c] = true
		if home.ID.Group() == c.ID.Group() {
			continue
		}
		p := place{c.StatusWords(), c.Follows()}
		if at[p] == nil {
			places = append(places, p)
		}
		at[p] = append(at[p], c)
	}
	for _, p := range places {
		indent := len(p.status) + 1
		w.row(w.badge(at[p][0]), indent, ids(at[p]))
		w.row("", indent, p.follows)
	}
}

// sameCause returns the other checks of g that are undecided for the same cause
// as c: the same answers, whatever was sent.
func sameCause(g report.Group, c *report.CheckResult) []*report.CheckResult {
	var out []*report.CheckResult
	for _, other := range g.Checks {
		if other != c && other.Status == conformance.Inconclusive && cause(other) == cause(c) {
			out = append(out, other)
		}
	}
	return out
}

// cause is the reason of a check without the names of what was sent.
func cause(c *report.CheckResult) string {
	var parts []string
	for part := range strings.SplitSeq(c.Reason, "; ") {
		if _, rest, ok := strings.Cut(part, ": "); ok {
			part = rest
		}
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

// inShort writes checks of one status and reason.
func (w *writer) inShort(alike []*report.CheckResult) {
	first := alike[0]
	indent := len(first.Status) + 1
	w.row(w.badge(first), indent, ids(alike))
	why := first.ReasonText()
	if first.Status == conformance.Pass && why == "" {
		why = printable.Text(first.Title)
	}
	w.row("", indent, why)
}

// ids lists the ids of checks, and marks those that weigh most.
func ids(checks []*report.CheckResult) string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = printable.Line(string(c.ID))
		if c.Level >= conformance.Must && !c.NotApplicable {
			names[i] += " (" + c.Level.String() + ")"
		}
	}
	return strings.Join(names, ", ")
}

// title is the status, the id and the weight of a check.
func (w *writer) title(c *report.CheckResult) string {
	return fmt.Sprintf("%s %s (%s)", w.badge(c), printable.Line(string(c.ID)), c.Weight())
}

func (w *writer) badge(c *report.CheckResult) string {
	return w.paint(strings.ToUpper(c.StatusWords()), checkTint(c)...)
}

// checkTint is the colour of a check. What was known alarms nobody.
func checkTint(c *report.CheckResult) []color.Attribute {
	if c.Known != nil {
		return []color.Attribute{color.FgCyan, color.Bold}
	}
	return tint(c.Status)
}

// check writes all there is to say about a check, and names others that are
// undecided for the same cause.
func (w *writer) check(c *report.CheckResult, alike []*report.CheckResult) {
	w.wrapped(w.title(c))
	w.labelled("want", printable.Text(c.Title))
	w.labelled("found", c.ReasonText())
	w.labelled("cause", c.Follows())
	w.labelled("known", c.KnownReason())
	w.each("seen", "", c.Seen())
	for _, f := range w.nesting.Followers(c) {
		w.labelled("causes", fmt.Sprintf("%s %s: %s", w.badge(f.Checks[0]), ids(f.Checks), f.Because))
	}
	if len(alike) > 0 {
		w.labelled("alike", "for the same cause: "+ids(alike))
	}
	if c.Violated() {
		w.each("guide", "", c.Quotes())
	}
	if c.Diagnosis != nil {
		w.each("fix", "or", c.Fixes())
	}
	w.evidence(c.Evidence)
	if c.Violated() {
		w.labelled("why", printable.Text(c.Doc))
		w.each("fix", "or", c.Fixes())
	}
}

// each writes texts below each other. next is the label of all but the first.
func (w *writer) each(label, next string, texts []string) {
	for _, text := range texts {
		w.labelled(label, text)
		label = next
	}
}

// maxBeside is how many deliveries beside the decisive one are listed.
const maxBeside = 3

// evidence writes the decisive delivery in full and some others in short.
func (w *writer) evidence(list []report.Evidence) {
	for i := range list {
		switch e := &list[i]; {
		case i == 0 || w.verbose:
			w.delivery(e)
		case i <= maxBeside:
			w.labelled("also", e.Sent()+": "+e.Got())
		default:
			w.labelled("also", fmt.Sprintf("%d more, which the JSON report holds", len(list)-i))
			return
		}
	}
}

func (w *writer) delivery(e *report.Evidence) {
	w.labelled("sent", e.Sent())
	w.labelled("", e.Changes())
	w.labelled("got", e.Got())
	w.labelled("body", e.AnswerBody())
	if len(e.Curl) > 0 {
		w.curl = true
		w.command("again", e.Curl)
		w.labelled("", e.CurlNote)
	}
}

func (w *writer) instruments(list []conformance.Instrument) {
	if len(list) == 0 {
		return
	}
	w.heading("instruments")
	for _, in := range list {
		state, attribute := "off", color.FgCyan
		if in.On {
			state, attribute = "on", color.FgGreen
		}
		head := fmt.Sprintf("  %-9s %s", printable.Line(in.Name), w.paint(state, attribute))
		w.row(head, 17, report.InstrumentDetail(in))
	}
}

func assumptions(list []conformance.Assumption) []string {
	var lines []string
	for _, a := range list {
		line := printable.Text(a.Name) + ": " + printable.Text(a.Value)
		if a.Flag != "" {
			line += " (" + printable.Line(a.Flag) + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

func (w *writer) rerun(flags string) {
	lines := []string{flags + ", with the same key and URLs"}
	if w.curl {
		lines = append(lines, report.ReplayNote)
	}
	w.section("the same deliveries again", lines)
}

// section writes lines below a heading, if there are lines.
func (w *writer) section(heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	w.heading(heading)
	for _, l := range lines {
		w.row("", 2, l)
	}
}
