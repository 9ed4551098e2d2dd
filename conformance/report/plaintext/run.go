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

	// Files are other reports of the same run that hold all evidence. Again are the words
	// of a command that shows it, which are given where there are no Files.
	Files, Again []string
	// Fewer are the words of a command that leaves out the events that are refused.
	Fewer []string
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
	alone   bool // one check is written, and no whole report
	curls   bool // curl lines are wanted
	curl    bool // one was written
	nesting report.Nesting
	stopped string                         // why the run stopped early
	full    map[*report.CheckResult]bool   // checks with all that there is to say; nil: all
	said    map[string]*report.CheckResult // texts, by the check that they were first written for
	left    bool                           // evidence was left out
}

func newWriter(o Options) *writer {
	return &writer{width: max(cmp.Or(o.Width, DefaultWidth), MinWidth), color: o.Color, verbose: o.Verbose, curls: o.Verbose}
}

// Run returns the report of a run.
func Run(d *report.Document, o Options) string {
	w := newWriter(o)
	w.verdict(d)
	w.gap()
	w.facts(d.Facts())
	var stale []string
	for _, k := range d.Stale() {
		stale = append(stale, report.StaleText(k))
	}
	w.nesting, w.stopped = d.Nesting(), printable.Text(d.Stopped)
	w.chooseFull(d)
	w.section("stale entries of the list of known violations", stale)
	w.groups(d.GroupsWorstFirst())
	w.instruments(d.Instruments)
	if d.Ledger.Emitted > 0 {
		w.ledger("o"+d.Account()[1:], d.Ledger, false)
	}
	w.section(called, lines(d.CallsByPath()))
	w.section(accepted, lines(d.AnswersByEvent()))
	if d.Outcome != conformance.Undecided || w.verbose { // else no verdict rests on them
		w.section(assumed, assumptions(d.Assumptions))
	}
	if d.Ledger.Emitted > 0 || w.verbose {
		w.rerun(d.Rerun())
	}
	w.hint(d.Hint())
	w.closing(d, o)
	return w.String()
}

func (w *writer) verdict(d *report.Document) {
	w.wrapped(d.Title(), color.Bold, map[report.Tone]color.Attribute{
		report.Good: color.FgGreen, report.Open: color.FgYellow, report.Unsure: color.FgMagenta, report.Bad: color.FgRed,
	}[d.Tone()])
}

// maxFull is how many checks are written in full unless all is asked for.
const maxFull = 5

// chooseFull chooses the checks that are written in full: the worst of those that
// stand by themselves.
func (w *writer) chooseFull(d *report.Document) {
	if w.verbose {
		return
	}
	w.full, w.said = map[*report.CheckResult]bool{}, map[string]*report.CheckResult{}
	for _, c := range d.WorstFirst() {
		if len(w.full) < maxFull && w.nesting.Home(c) == nil {
			w.full[c] = true
		}
	}
}

// hint keeps the lines of its code, so that they can be copied.
func (w *writer) hint(h *report.Hint) {
	if h == nil {
		return
	}
	w.section(strings.ToLower(h.Title), []string{h.Lead})
	w.gap()
	for line := range strings.Lines(h.Code) {
		w.line("    " + strings.TrimSuffix(line, "\n"))
	}
	w.gap()
	w.row("", 2, h.Then)
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

// Check returns all that a report says about one check, with the lines that send
// the deliveries again.
func Check(c *report.CheckResult, o Options) string {
	w := newWriter(o)
	w.alone, w.curls = true, true
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
	for i := 0; i < len(groups); i++ {
		g := groups[i]
		why, idle := w.idle(g)
		for ; idle && !w.verbose && i+1 < len(groups); i++ { // one line for all that were skipped for one reason
			if next, ok := w.idle(groups[i+1]); !ok || next != why {
				break
			}
			g = report.Group{Name: g.Name + ", " + groups[i+1].Name, Checks: slices.Concat(g.Checks, groups[i+1].Checks)}
		}
		oneLine := (idle || !slices.ContainsFunc(g.Checks, w.worthALine)) && !w.verbose
		if !oneLine || !compact {
			w.gap()
		}
		compact = oneLine
		head, indent := w.paint(g.Name, color.Bold), Columns(g.Name)+2
		if idle && oneLine {
			w.row(head, indent, counts(g)+": "+why)
			continue
		}
		for _, l := range Wrap(counts(g), w.width-indent) {
			w.row(head, indent, w.paint(l, checkTint(g.Checks[0])...))
			head = ""
		}
		w.checks(g)
	}
}

// worthALine reports that there is more to say about a check than its status.
func (w *writer) worthALine(c *report.CheckResult) bool {
	return c.Status != conformance.Pass && !(c.Status == conformance.Skip && c.NotApplicable)
}

// counts says how often each status occurs. Skips that leave nothing open are told
// from those that do.
func counts(g report.Group) string {
	judged, rest := report.Group{Name: g.Name}, 0
	for _, c := range g.Checks {
		if c.Status == conformance.Skip && c.NotApplicable && c.Known == nil {
			rest++
			continue
		}
		judged.Checks = append(judged.Checks, c)
	}
	text := judged.Counts()
	if rest > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s, %d not applicable", text, rest), ", ")
	}
	return text
}

// idle says why a group was skipped completely, if that is one reason.
func (w *writer) idle(g report.Group) (why string, ok bool) {
	first := g.Checks[0]
	for _, c := range g.Checks {
		if c.Status != conformance.Skip || c.Reason != first.Reason {
			return "", false
		}
	}
	return strings.TrimPrefix(w.reason(first), "not applicable: "), len(g.Checks) > 1
}

func (w *writer) checks(g report.Group) {
	written := map[*report.CheckResult]bool{} // beside another of the same cause
	if !w.verbose {
		w.elsewhere(g, written)
	}
	for _, c := range g.Checks {
		short := c.Known == nil && (c.Status == conformance.Skip || c.Status == conformance.Note)
		switch {
		case written[c]:
		case !w.verbose && !w.worthALine(c):
		case c.Known != nil && !w.verbose:
			w.row(w.title(c), Columns(w.title(c))+2, c.KnownReason())
			w.row("", labelWidth, c.ReasonText())
		case c.Status == conformance.Pass:
			w.inShort([]*report.CheckResult{c}, cmp.Or(c.ReasonText(), printable.Text(c.Title)))
		case short:
			alike := w.sameReason(g, c)
			for _, other := range alike {
				written[other] = true
			}
			w.inShort(alike, w.sharedReason(alike))
		default:
			alike := w.sameCause(g, c)
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
	type place struct {
		status string
		home   *report.CheckResult
	}
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
		p := place{c.StatusWords(), home}
		if at[p] == nil {
			places = append(places, p)
		}
		at[p] = append(at[p], c)
	}
	for _, p := range places {
		w.row(w.badge(at[p][0]), len(p.status)+1, ids(at[p])+": caused by "+printable.Line(string(p.home.ID)))
	}
}

// inShort writes checks of one status, and what there is to say about them.
func (w *writer) inShort(alike []*report.CheckResult, why string) {
	indent := len(alike[0].Status) + 1
	w.row(w.badge(alike[0]), indent, ids(alike))
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

// names lists the ids of checks alone.
func names(checks []*report.CheckResult) string {
	out := make([]string, len(checks))
	for i, c := range checks {
		out[i] = printable.Line(string(c.ID))
	}
	return strings.Join(out, ", ")
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

// check writes what there is to say about a check, and names others that nothing else
// can be said about.
func (w *writer) check(c *report.CheckResult, alike []*report.CheckResult) {
	full := w.full == nil || w.full[c]
	w.wrapped(w.title(c))
	w.labelled("want", printable.Text(c.Title))
	w.labelled("found", w.found(c))
	w.labelled("cause", c.Follows())
	w.labelled("known", c.KnownReason())
	w.each("seen", "", c.Seen())
	for _, f := range w.nesting.Followers(c) {
		w.labelled("causes", fmt.Sprintf("%s %s: %s", w.badge(f.Checks[0]), names(f.Checks), f.Because))
	}
	if len(alike) > 0 {
		w.labelled("alike", "for the same cause: "+ids(alike))
	}
	if full && c.Violated() {
		w.guide(c)
	}
	if c.Diagnosis != nil {
		w.each("fix", "or", c.Fixes())
		w.next(c)
	}
	if full {
		w.evidence(c.Evidence)
	}
	w.left = w.left || !full && len(c.Evidence) > 0
	if c.Violated() {
		w.advice(c, full)
	}
}

// each writes texts below each other. next is the label of all but the first.
func (w *writer) each(label, next string, texts []string) {
	for _, text := range texts {
		w.labelled(label, text)
		label = next
	}
}

func (w *writer) delivery(e *report.Evidence) {
	w.labelled("sent", e.Sent())
	w.labelled("", e.Changes())
	w.labelled("got", e.Got())
	w.labelled("body", e.AnswerBody())
	switch {
	case len(e.Curl) == 0:
	case !w.curls:
		w.left = true
	default:
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
