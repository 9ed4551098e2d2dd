package plaintext

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// finding is what a reason says of some of the things that were sent.
type finding struct {
	of   []string // what was sent; nil: the finding does not say
	text string
}

// findings takes a reason apart: "a: answered 401; b: answered 401" is one finding of
// two.
func findings(reason string) []finding {
	var out []finding
	for part := range strings.SplitSeq(reason, "; ") {
		of, text, ok := strings.Cut(part, ": ")
		if !ok {
			of, text = "", part
		}
		i := slices.IndexFunc(out, func(f finding) bool { return f.text == text && ok == (f.of != nil) })
		if i < 0 {
			i = len(out)
			out = append(out, finding{text: text})
		}
		if ok {
			out[i].of = append(out[i].of, of)
		}
	}
	return out
}

// cause is the reason of a check without the names of what was sent.
func cause(c *report.CheckResult) string {
	var texts []string
	for _, f := range findings(c.Reason) {
		texts = append(texts, f.text)
	}
	return strings.Join(texts, "; ")
}

// sameCause returns the other checks of g that there is nothing else to say about than
// about c: the same answers, whatever was sent, and the same advice.
func (w *writer) sameCause(g report.Group, c *report.CheckResult) []*report.CheckResult {
	var out []*report.CheckResult
	if w.verbose {
		return nil
	}
	for _, other := range g.Checks {
		if other == c || other.Status != c.Status || other.Known != nil || w.nesting.Home(other) != nil || len(w.nesting.Followers(other)) > 0 {
			continue
		}
		sameAdvice := other.Doc == c.Doc && other.Fix == c.Fix || c.Status == conformance.Inconclusive
		if sameAdvice && cause(other) == cause(c) {
			out = append(out, other)
		}
	}
	return out
}

// sameReason returns the checks of g that share the status and the reason of c, c too.
// For skips the end of the reason is enough: it says what to add.
func (w *writer) sameReason(g report.Group, c *report.CheckResult) []*report.CheckResult {
	var out []*report.CheckResult
	for _, other := range g.Checks {
		if other.Status == c.Status && other.Known == nil && other.NotApplicable == c.NotApplicable && w.gist(other) == w.gist(c) {
			out = append(out, other)
		}
	}
	return out
}

// gist is the end of the reason for a skip, and any other reason.
func (w *writer) gist(c *report.CheckResult) string {
	parts := strings.Split(c.ReasonText(), "; ")
	if w.verbose || c.Status != conformance.Skip || len(parts) < 3 {
		return c.ReasonText()
	}
	return strings.Join(parts[len(parts)-2:], "; ")
}

// sharedReason is what the reasons of checks have in common.
func (w *writer) sharedReason(alike []*report.CheckResult) string {
	for _, c := range alike {
		if c.Reason != alike[0].Reason {
			return w.gist(c)
		}
	}
	return w.reason(alike[0])
}

// reason is that of c. Why the run stopped, which is written above, is not said again for
// each group where it takes more than a line.
func (w *writer) reason(c *report.CheckResult) string {
	const prefix = "not run: "
	text := c.ReasonText()
	if !w.verbose && w.stopped != "" && text == prefix+w.stopped && Columns(text) > w.width {
		return prefix + "the run stopped early"
	}
	return text
}

// maxNamed is how many of the things with one answer are named.
const maxNamed = 4

// found is the reason of a check. What was found for many things is said once.
func (w *writer) found(c *report.CheckResult) string {
	if w.verbose || w.alone {
		return c.ReasonText()
	}
	var parts []string
	for _, f := range findings(c.ReasonText()) {
		switch {
		case f.of == nil:
			parts = append(parts, f.text)
		default:
			parts = append(parts, some(f.of)+": "+f.text)
		}
	}
	return strings.Join(parts, "; ")
}

// some lists names, or a few of them and how many more there are. Names that differ by
// what follows a comma, or stands in brackets, are one with that in brackets.
func some(names []string) string {
	var bases []string
	variants, whole := map[string][]string{}, map[string]string{}
	for _, name := range names {
		base, variant := name, ""
		if at := strings.IndexAny(name, ",("); at > 0 {
			base, variant = strings.TrimSpace(name[:at]), strings.Trim(name[at:], ",() ")
		}
		if variants[base] == nil {
			bases = append(bases, base)
			whole[base] = name
		}
		variants[base] = append(variants[base], variant)
	}
	for i, base := range bases {
		of := variants[base]
		switch named := slices.DeleteFunc(slices.Clone(of), func(v string) bool { return v == "" }); {
		case len(of) == 1:
			bases[i] = whole[base]
		case len(named) == 0:
			bases[i] += fmt.Sprintf(" (%d times)", len(of))
		default:
			bases[i] += " (" + few(named, len(of)) + ")"
		}
	}
	return few(bases, len(bases))
}

// few lists names of all, or a few and how many more there are.
func few(names []string, all int) string {
	if len(names) > maxNamed {
		names = names[:maxNamed-1]
	}
	text := strings.Join(names, ", ")
	if more := all - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// guide writes the sentences that a check rests on. Of those that were written for
// another check it names the numbers.
func (w *writer) guide(c *report.CheckResult) {
	var fresh, before []string
	for _, s := range c.Guide() {
		if w.saidBefore(c, s.Quote) != nil {
			before = append(before, s.No)
			continue
		}
		fresh = append(fresh, fmt.Sprintf(`%s: "%s"`, s.No, s.Quote))
	}
	if len(before) > 0 {
		fresh = append(fresh, printable.List(before)+", as above")
	}
	w.each("guide", "", fresh)
}

// advice writes why a violation matters, and how to fix it, or where that stands.
func (w *writer) advice(c *report.CheckResult, full bool) {
	fixes := c.Fixes()
	if before := w.saidBefore(c, strings.Join(fixes, "\n")); before != nil && len(fixes) > 0 {
		w.labelled("fix", "as for "+printable.Line(string(before.ID)))
		return
	}
	if full {
		w.labelled("why", printable.Text(c.Doc))
	}
	w.each("fix", "or", fixes)
}

// saidBefore returns the check that text was written for before. If there is none, it
// is written for c from now on.
func (w *writer) saidBefore(c *report.CheckResult, text string) *report.CheckResult {
	if w.said == nil {
		return nil
	}
	if w.said[text] == nil {
		w.said[text] = c
		return nil
	}
	return w.said[text]
}

// maxBeside is how many answers beside that to the decisive delivery are listed.
const maxBeside = 3

// evidence writes the decisive delivery in full, and the others in short.
func (w *writer) evidence(list []report.Evidence) {
	if len(list) == 0 {
		return
	}
	w.delivery(&list[0])
	rest := list[1:]
	if w.verbose {
		for i := range rest {
			w.delivery(&rest[i])
		}
		return
	}
	more := len(rest)
	for i, alike := range w.answeredAlike(rest) {
		switch first := alike[0]; {
		case !w.alone && first.Genuine() == list[0].Genuine() && answerWords(first) == answerWords(&list[0]):
			// The reason names them all.
		case i == maxBeside:
			w.labelled("also", fmt.Sprintf("%d more, which the JSON report holds", more))
			return
		case len(alike) == 1:
			w.labelled("also", first.Sent()+": "+first.Got())
		default:
			w.labelled("also", some(deliveryNames(alike))+": "+answerWords(first))
		}
		more -= len(alike)
	}
}

// answeredAlike puts deliveries of a whole report together that were answered alike.
func (w *writer) answeredAlike(list []report.Evidence) [][]*report.Evidence {
	var out [][]*report.Evidence
	for i := range list {
		e := &list[i]
		at := slices.IndexFunc(out, func(alike []*report.Evidence) bool {
			return !w.alone && alike[0].Genuine() == e.Genuine() && answerWords(alike[0]) == answerWords(e)
		})
		if at < 0 {
			at = len(out)
			out = append(out, nil)
		}
		out[at] = append(out[at], e)
	}
	return out
}

// answerWords are the answers to a delivery, in a word each.
func answerWords(e *report.Evidence) string {
	words := make([]string, len(e.Attempts))
	for i, a := range e.Attempts {
		words[i] = report.AnswerWord(a.Response.Status, a.Error.Class)
	}
	return strings.Join(words, ", then ")
}

// deliveryNames says in short what deliveries were.
func deliveryNames(list []*report.Evidence) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = cmp.Or(printable.Name(e.Case), report.EventName(e.Event))
		if e.Genuine() && e.Case == "" {
			names[i] += " " + printable.Name(e.UUID)
		}
		for _, m := range e.Mutations {
			if e.Case == "" {
				names[i] += " changed by " + printable.Name(m.ID)
			}
		}
	}
	return names
}
