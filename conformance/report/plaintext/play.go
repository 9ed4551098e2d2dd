package plaintext

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Bounds of what is written about a play; the JSON report holds more.
const (
	maxFullSteps  = 5  // in full
	maxShortSteps = 30 // reasons of further ones, in a line each
	maxWorst      = 8  // deliveries
	maxHealth     = 12 // changes
)

// Play returns the report of a scenario that was played.
func Play(d *report.PlayDocument, o Options) string {
	w := newWriter(o)
	w.playVerdict(d)
	w.gap()
	w.facts(d.Facts(w.verbose))
	w.gap()
	if hint := d.Hint(); hint != "" {
		w.fill(hint)
		w.gap()
	}
	w.steps(d.Steps)
	l := d.Ledger
	alike := l.Lost == l.Emitted && !w.verbose // then no event type, and no moment, was worse
	if l.Emitted > 0 {
		w.ledger(fmt.Sprintf("of %d genuine: %s", l.Emitted, report.Fates(l.Account)), l, alike)
	}
	for _, note := range d.Notes() {
		w.row("", 2, note)
	}
	if !alike {
		w.worst(d)
	}
	w.health(d)
	w.section(called, lines(d.CallsByPath()))
	w.section(assumed, assumptions(d.Assumptions))
	w.rerun(d.Rerun())
	w.playClosing(d, o)
	return w.String()
}

func (w *writer) playVerdict(d *report.PlayDocument) {
	w.wrapped(printable.Text(d.Headline), color.Bold, map[report.PlayOutcome]color.Attribute{
		report.PlayMet: color.FgGreen, report.PlayInconclusive: color.FgMagenta, report.PlayUnmet: color.FgRed, report.PlayFailed: color.FgRed,
	}[d.Outcome])
}

// playClosing is closing for a play.
func (w *writer) playClosing(d *report.PlayDocument, o Options) {
	w.gap()
	w.playVerdict(d)
	lines := worstLines
	for _, status := range []scenarios.Status{scenarios.Unmet, scenarios.Inconclusive} {
		failed := slices.DeleteFunc(slices.Clone(d.Steps), func(s report.Step) bool { return s.Status != status })
		if len(failed) > 0 {
			lines = w.standing(w.stepBadge(failed[0]), stepNames(failed), lines)
		}
	}
	if w.left {
		w.more(o, "--verbose, or the JSON report")
	}
	if d.Stopped == interrupted {
		w.labelled("partial", "the play was interrupted")
	}
}

// fill writes text over the width of the page, further lines indented.
func (w *writer) fill(text string) {
	indent := ""
	for _, l := range Wrap(text, w.width-2) {
		w.line(indent + l)
		indent = "  "
	}
}

// steps writes the steps that failed. Those that failed for one reason are written once
// in full, and named in a line. Steps that were met are written only if all is asked for.
func (w *writer) steps(steps []report.Step) {
	var notPlayed, rest []string // rest are reasons
	full := 0
	alike := map[string][]report.Step{} // by reason, those that are not written in full
	written := map[string]bool{}
	for _, s := range steps {
		failed := s.Status == scenarios.Unmet || s.Status == scenarios.Inconclusive
		cause := string(s.Status) + "\n" + string(s.Expect) + "\n" + s.Reason
		switch {
		case s.Status == scenarios.NotPlayed:
			notPlayed = append(notPlayed, printable.Name(s.Number))
		case failed && (w.verbose || full < maxFullSteps && !written[cause]):
			full++
			written[cause] = true
			w.step(s)
		case failed:
			if alike[cause] == nil {
				rest = append(rest, cause)
			}
			alike[cause] = append(alike[cause], s)
		case w.verbose:
			w.stepInShort(s)
		}
	}
	for i, cause := range rest {
		if i == maxShortSteps {
			w.fill(fmt.Sprintf("and steps that failed for %d other reasons, which the JSON report holds", len(rest)-i))
			break
		}
		w.stepsInShort(alike[cause])
	}
	if n := len(notPlayed); n > 0 {
		w.gap()
		which := "step " + notPlayed[0]
		if n > 1 {
			which = fmt.Sprintf("%d steps, from %s on", n, which)
		}
		w.fill("not played: " + which)
	}
}

// stepsInShort names steps that failed for one reason.
func (w *writer) stepsInShort(alike []report.Step) {
	if len(alike) == 1 {
		w.stepInShort(alike[0])
		return
	}
	w.fill(w.stepBadge(alike[0]) + " " + some(stepNames(alike)) + ": " + printable.Text(alike[0].Reason))
}

// stepNames is "step 2", or "steps 2", "3", "7".
func stepNames(steps []report.Step) []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = printable.Name(s.Number)
	}
	names[0] = map[bool]string{true: "step ", false: "steps "}[len(steps) == 1] + names[0]
	return names
}

// step writes all there is to say about a step.
func (w *writer) step(s report.Step) {
	w.gap()
	w.wrapped(w.stepTitle(s))
	w.labelled("want", printable.Line(string(s.Expect)))
	w.labelled("found", cmp.Or(printable.Text(s.Reason), "no reason was given"))
	w.labelled("note", printable.Text(s.Note))
	w.evidence(s.Evidence)
	if more := s.Counts.Unmet - len(s.Evidence); more > 0 && len(s.Evidence) > 0 {
		w.labelled("also", fmt.Sprintf("%d more of its deliveries did not end as expected", more))
	}
	w.gap()
}

func (w *writer) stepInShort(s report.Step) {
	line := w.stepTitle(s)
	if s.Reason != "" {
		line += ": " + printable.Text(s.Reason)
	}
	w.fill(line)
}

// stepTitle is the status and the words of a step.
func (w *writer) stepTitle(s report.Step) string {
	return w.stepBadge(s) + " step " + printable.Name(s.Number) + ": " + printable.Name(printable.Text(s.Do))
}

func (w *writer) stepBadge(s report.Step) string {
	return w.paint(strings.ToUpper(printable.Line(string(s.Status))), stepTint(s.Status)...)
}

// stepTint colours a step as a check whose status means as much.
func stepTint(s scenarios.Status) []color.Attribute {
	return tint(cmp.Or(map[scenarios.Status]conformance.Status{
		scenarios.Met: conformance.Pass, scenarios.Unmet: conformance.Fail, scenarios.Inconclusive: conformance.Inconclusive,
	}[s], conformance.Skip))
}

// worst writes the deliveries that fared worst.
func (w *writer) worst(d *report.PlayDocument) {
	shown := slices.Clone(d.Ledger.Worst)
	if !w.verbose {
		shown = shown[:min(len(shown), maxWorst)]
	}
	// They are ordered by how bad they are. Those that are equally bad are easier
	// to read in the meeting's order.
	slices.SortStableFunc(shown, func(a, b ledger.Entry) int {
		if a.Fate != b.Fate || a.Fate == mocksender.Delivered {
			return 0
		}
		return a.MeetingTime.Compare(b.MeetingTime)
	})
	var rows [][2]string
	for _, e := range shown {
		rows = append(rows, [2]string{
			offset(d, e.MeetingTime),
			fmt.Sprintf("%s %s, rtk-uuid %s", report.EventName(e.Event), entryFate(e), printable.Name(e.UUID)),
		})
	}
	w.list("the worst moments, by the meeting's clock", rows, len(d.Ledger.Worst))
}

// health writes when the sender reduced its attempts, and when it stopped that.
func (w *writer) health(d *report.PlayDocument) {
	shown := d.Health
	if !w.verbose {
		shown = shown[:min(len(shown), maxHealth)]
	}
	var rows [][2]string
	for _, h := range shown {
		rows = append(rows, [2]string{offset(d, h.MeetingTime), healthWords(h)})
	}
	w.list("the sender's health at this target", rows, len(d.Health))
}

func healthWords(h report.HealthChange) string {
	event := report.EventName(h.Event)
	switch h.State {
	case mocksender.Reduced:
		return "reduced: " + event + " was not tried"
	case mocksender.Probing:
		return "probing: " + event + " was tried once, to see"
	default:
		return printable.Name(string(h.State)) + ": " + event + " had all its attempts"
	}
}

// list writes rows, and how many of all are missing.
func (w *writer) list(heading string, rows [][2]string, all int) {
	if len(rows) == 0 {
		return
	}
	w.heading(heading)
	w.table(rows)
	if more := all - len(rows); more > 0 {
		w.row("", 2, fmt.Sprintf("and %d more, which the JSON report holds", more))
	}
}

// offset is how long after the start of the script's meetings t is, by their own
// clock. It is empty where t is not known.
func offset(d *report.PlayDocument, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	since := t.Sub(d.Start).Round(time.Millisecond)
	if since < 0 {
		return since.String()
	}
	return "+" + since.String()
}
