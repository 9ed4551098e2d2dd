package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Bounds of what is shown to people of one text, and of one name.
const (
	maxTold = 2000
	maxName = 200
)

// view is a report made ready for reading: without secrets, in letters that
// are safe to show, and in an order that puts the worst first.
type view struct {
	report   *conformance.Report
	options  Options
	redactor *redact.Redactor
	curler   *curler

	catalogue []group // in the order of the report
	groups    []group // the worst first, within each group too
}

// group is the verdicts of one group of checks.
type group struct {
	name     string
	verdicts []conformance.Verdict
}

func newView(r *conformance.Report, o Options) (*view, error) {
	if r == nil {
		return nil, errEmpty
	}
	if slices.ContainsFunc(r.Verdicts, func(v conformance.Verdict) bool { return v.Check == nil }) {
		return nil, errEmpty
	}
	v := &view{report: hold(r, newRedactor(r), o.BodyDir != ""), options: o}
	v.redactor = newRedactor(v.report)
	v.curler = &curler{v.redactor, o.BodyDir}
	for _, verdict := range v.report.Verdicts {
		v.add(verdict)
	}
	for _, g := range v.catalogue {
		v.groups = append(v.groups, group{g.name, slices.Clone(g.verdicts)})
	}
	for _, g := range v.groups {
		slices.SortStableFunc(g.verdicts, byRank)
	}
	slices.SortStableFunc(v.groups, func(a, b group) int {
		return byRank(a.verdicts[0], b.verdicts[0])
	})
	return v, nil
}

func (v *view) add(verdict conformance.Verdict) {
	title := name(verdict.Check.ID.Group())
	i := slices.IndexFunc(v.catalogue, func(g group) bool { return g.name == title })
	if i < 0 {
		i = len(v.catalogue)
		v.catalogue = append(v.catalogue, group{name: title})
	}
	v.catalogue[i].verdicts = append(v.catalogue[i].verdicts, verdict)
}

// badness orders statuses, the worst first. A status that is not known counts
// as the worst.
func badness(s conformance.Status) int { return slices.Index(conformance.Statuses(), s) }

// counts says how often each status occurs, the worst first: "2 fail, 9 pass".
func (g group) counts() string {
	var words []string
	count := map[string]int{}
	for _, v := range g.verdicts {
		count[status(v)]++
	}
	for _, v := range slices.SortedStableFunc(slices.Values(g.verdicts), byRank) {
		if word := status(v); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for i, word := range words {
		words[i] = fmt.Sprintf("%d %s", count[word], word)
	}
	return strings.Join(words, ", ")
}

// tell makes text that may repeat the target's words fit to be shown.
func (v *view) tell(s string) string { return cut(prose(v.redactor.Text(s)), maxTold) }

// name makes an id or another name fit to be shown.
func name(s string) string { return cut(clean(s), maxName) }

// reason is the verdict's reason, and never empty where something is wrong.
func (v *view) reason(verdict conformance.Verdict) string {
	if verdict.Reason == "" && verdict.Status != conformance.Pass {
		return "no reason was given"
	}
	return v.tell(verdict.Reason)
}

// weight is the level of a check and what it rests on: "MUST, S9",
// "SHOULD, inferred from S13 and S14", "MAY".
func weight(c *conformance.Check) string {
	from := list(c.From)
	switch {
	case from == "" && (c.Basis == conformance.Documented || c.Basis == ""):
		return c.Level.String()
	case from == "":
		return fmt.Sprintf("%s, %s", c.Level, c.Basis)
	case c.Basis == conformance.Documented || c.Basis == "":
		return fmt.Sprintf("%s, %s", c.Level, from)
	default:
		return fmt.Sprintf("%s, %s from %s", c.Level, c.Basis, from)
	}
}

// list joins words: "a", "a and b", "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// evidence returns the receipts of a verdict, each once: a twin may stand
// beside several forgeries.
func evidence(verdict conformance.Verdict) []mocksender.Receipt {
	var out []mocksender.Receipt
	for _, r := range verdict.Evidence {
		if !slices.ContainsFunc(out, func(o mocksender.Receipt) bool { return same(o, r) }) {
			out = append(out, r)
		}
	}
	return out
}

// same reports whether a and b are the account of one delivery. An id alone
// does not say so: it may have been sent twice on purpose.
func same(a, b mocksender.Receipt) bool {
	return a.Delivery.UUID == b.Delivery.UUID && len(a.Attempts) > 0 && len(b.Attempts) > 0 &&
		a.Attempts[0].At.Equal(b.Attempts[0].At)
}

// quotes returns the guide's sentences that a check rests on, each with its
// number.
func quotes(c *conformance.Check) []string {
	var out []string
	for _, no := range c.From {
		if s, ok := conformance.SentenceOf(no); ok {
			out = append(out, fmt.Sprintf(`%s: "%s"`, s.No, s.Quote))
		}
	}
	return out
}

// worstFirst returns all verdicts, the worst first, else in the order of the
// report.
func (v *view) worstFirst() []conformance.Verdict {
	out := slices.Clone(v.report.Verdicts)
	slices.SortStableFunc(out, byRank)
	return out
}
