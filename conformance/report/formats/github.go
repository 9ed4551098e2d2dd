package formats

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// Bounds of the GitHub format. GitHub shows the first ten annotations of each
// kind that a step makes, and drops the others without a word.
const (
	maxAnnotations = 10
	maxMessage     = 1200 // characters, before escaping
)

// annotation is one workflow command.
type annotation struct {
	kind           string // error, warning, notice
	title, message string // one line; any number of lines
}

// annotations returns workflow commands of GitHub Actions, which make
// annotations of the run: first the outcome, then the violations, the worst
// first. Of each kind there are ten at most; the last counts those left out.
//
//	fail, error          error
//	inconclusive         error for a gate or a MUST, else warning
//	warn                 warning; error in a strict run
//	note                 notice
//	skip                 one notice that names the MUSTs not judged
//	pass                 none
//
// What follows from another check is named in the annotation of that. A known
// violation is a notice, and a stale entry of the list of known
// violations is an error.
func annotations(d *report.Document) (string, error) {
	all := []annotation{outcomeAnnotation(d)}
	for _, k := range d.Stale() {
		all = append(all, annotation{"error", "stale entry of the list of known violations", report.StaleText(k)})
	}
	nesting := d.Nesting()
	for _, c := range d.WorstFirst() {
		if kind := annotationKind(c, d.Strict); kind != "" && nesting.Home(c) == nil {
			all = append(all, checkAnnotation(kind, c, nesting.Followers(c)))
		}
	}
	if open := d.NotJudged(); len(open) > 0 {
		all = append(all, openAnnotation(open))
	}
	var b strings.Builder
	for _, kind := range []string{"error", "warning", "notice"} {
		for _, a := range ofKind(kind, all) {
			fmt.Fprintf(&b, "::%s title=%s::%s\n", a.kind, escapeProperty(a.title), escapeMessage(a.message))
		}
	}
	return b.String(), nil
}

func outcomeAnnotation(d *report.Document) annotation {
	kind := "error"
	if d.Outcome == conformance.Conformant {
		kind = "notice"
	}
	message := d.Title()
	if d.Ledger.Emitted > 0 {
		message += "\n" + d.Account() + "."
	}
	if text := d.InterceptionText(); text != "" {
		message += "\n" + text + "."
	}
	if text := d.PrintedText(); text != "" {
		message += "\nThe receiver printed a sign of a defect that no answer shows: " + text
	}
	if text := d.CallsText(); text != "" {
		message += "\n" + text + "."
	}
	return annotation{kind, report.ToolName, message}
}

func annotationKind(c *report.CheckResult, strict bool) string {
	switch {
	case c.Status == conformance.Pass || c.Status == conformance.Skip:
		return ""
	case c.Known != nil || c.Status == conformance.Note:
		return "notice"
	case c.FailsRun(strict):
		return "error"
	default:
		return "warning"
	}
}

func checkAnnotation(kind string, c *report.CheckResult, followers []report.Followers) annotation {
	lines := []string{c.ReasonText()}
	for _, f := range followers {
		ids := make([]string, len(f.Checks))
		for i, c := range f.Checks {
			ids[i] = printable.Name(string(c.ID))
		}
		lines = append(lines, fmt.Sprintf("From this follows: %s %s (%s)", f.Checks[0].StatusWords(), strings.Join(ids, ", "), f.Because))
	}
	if c.Known != nil {
		lines = append(lines, "Known: "+c.KnownReason())
	}
	if c.Violated() {
		lines = append(lines, c.Quotes()...)
	}
	for _, text := range c.Seen() {
		lines = append(lines, "Seen: "+text)
	}
	for _, text := range c.Fixes() {
		lines = append(lines, "Fix: "+text)
	}
	if next := c.NextCommand(); next != "" {
		lines = append(lines, "Type: "+next)
	}
	title := fmt.Sprintf("%s %s (%s)", c.StatusWords(), printable.Name(string(c.ID)), c.Weight())
	return annotation{kind, title, strings.Join(lines, "\n")}
}

func openAnnotation(open []*report.CheckResult) annotation {
	lines := make([]string, len(open))
	for i, c := range open {
		lines[i] = printable.Name(string(c.ID)) + ": " + c.ReasonText()
	}
	return annotation{"notice", fmt.Sprintf("%d MUST not judged", len(open)), strings.Join(lines, "\n")}
}

// ofKind returns the annotations of one kind, as many as GitHub shows. The
// message of the last one counts those that are left out.
func ofKind(kind string, all []annotation) []annotation {
	var out []annotation
	left := 0
	for _, a := range all {
		switch {
		case a.kind != kind:
		case len(out) < maxAnnotations:
			a.message = printable.Cut(a.message, maxMessage)
			out = append(out, a)
		default:
			left++
		}
	}
	if left > 0 {
		out[len(out)-1].message += fmt.Sprintf("\nand %d more, which the other formats hold", left)
	}
	return out
}

// escapeMessage makes s the message of a workflow command.
func escapeMessage(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// escapeProperty makes s the value of a property of a workflow command.
func escapeProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeMessage(s))
}
