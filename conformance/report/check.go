package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// CheckResult is the verdict on one check.
type CheckResult struct {
	conformance.Verdict
	Evidence []Evidence `json:"evidence"`
}

func (s sanitizer) check(v conformance.Verdict) CheckResult {
	c := CheckResult{v, s.evidence(v.Receipts)}
	c.Receipts = nil
	c.ID, c.Title = conformance.ID(printable.UTF8(string(v.ID))), printable.UTF8(v.Title)
	c.From, c.Doc, c.Fix = append([]string{}, v.From...), printable.UTF8(v.Doc), printable.UTF8(v.Fix)
	c.Reason, c.Took = s.text(v.Reason), ledger.Round(time.Duration(v.Took))
	c.FollowsFrom = slices.Clone(v.FollowsFrom)
	for i, cause := range c.FollowsFrom {
		c.FollowsFrom[i] = conformance.Cause{Check: conformance.ID(printable.UTF8(string(cause.Check))), Because: s.text(cause.Because)}
	}
	if v.Known != nil {
		known := readable(*v.Known)
		c.Known = &known
	}
	if v.Diagnosis != nil {
		d := conformance.Diagnosis{Cause: s.text(v.Diagnosis.Cause), Seen: []string{}, Cure: []string{}}
		for _, text := range v.Diagnosis.Seen {
			d.Seen = append(d.Seen, s.text(text))
		}
		for _, text := range v.Diagnosis.Cure {
			d.Cure = append(d.Cure, s.text(text))
		}
		for _, word := range v.Diagnosis.Next {
			d.Next = append(d.Next, s.text(word))
		}
		c.Diagnosis = &d
	}
	return c
}

// readable returns e in UTF-8.
func readable(e conformance.KnownFailing) conformance.KnownFailing {
	e.Pattern, e.Reason = conformance.Pattern(printable.UTF8(string(e.Pattern))), printable.UTF8(e.Reason)
	e.Where, e.Stale = printable.UTF8(e.Where), printable.UTF8(e.Stale)
	return e
}

// KindKnown takes the place of a status for a violation that was known.
const KindKnown = "known"

// Kind is the status that a check is coloured and filtered by. A status that does
// not exist counts as the worst.
func (c *CheckResult) Kind() string {
	switch {
	case c.Known != nil:
		return KindKnown
	case !slices.Contains(conformance.Statuses(), c.Status):
		return string(conformance.Error)
	default:
		return string(c.Status)
	}
}

// rank orders checks, the worst first. A known violation comes after all that
// somebody has to look at.
func (c *CheckResult) rank() int {
	if c.Known != nil {
		return -2*conformance.Skip.Severity() - 1
	}
	return -2 * c.Status.Severity()
}

// byRank also puts what follows from another check after what stands by itself, and
// then orders by damage.
func byRank(a, b *CheckResult) int {
	follows := func(c *CheckResult) int { return min(len(c.FollowsFrom), 1) }
	return cmp.Or(a.rank()-b.rank(), follows(a)-follows(b), a.damage()-b.damage())
}

// damage orders violations of one status, the worst first: what lets forgeries in or
// loses events, what else there is, and what only an odd key endpoint brings about.
func (c *CheckResult) damage() int {
	switch {
	case !c.Violated() || len(c.Evidence) == 0:
		return 1
	case c.ID == "key/recovers" && c.Status == conformance.Warn:
		return 2 // it fails where it is about more
	case c.Evidence[0].Genuine() != c.Evidence[0].Last().Accepted():
		return 0
	default:
		return 1
	}
}

// StatusWords is the status, with "known" before it if the violation was known.
func (c *CheckResult) StatusWords() string {
	word := printable.Line(string(c.Status))
	if c.Known != nil {
		return KindKnown + " " + word
	}
	return word
}

// Violated reports that the target does not do what the check wants.
func (c *CheckResult) Violated() bool {
	return c.Status == conformance.Fail || c.Status == conformance.Warn
}

// Seen is what speaks for the cause of a refusal, a text each. It is empty where no
// cause was looked for.
func (c *CheckResult) Seen() []string {
	if c.Diagnosis == nil {
		return nil
	}
	return texts(c.Diagnosis.Seen)
}

// Fixes are the ways to fix what was found, of which one is enough.
func (c *CheckResult) Fixes() []string {
	switch {
	case c.Diagnosis != nil:
		return texts(c.Diagnosis.Cure)
	case c.Violated() && c.Fix != "":
		return []string{printable.Text(c.Fix)}
	}
	return nil
}

// NextCommand is a whole command for one of the Fixes, as a shell takes it. It is empty
// where there is none.
func (c *CheckResult) NextCommand() string {
	if c.Diagnosis == nil {
		return ""
	}
	return printable.Bounded(strings.Join(c.Diagnosis.Next, " "))
}

func texts(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = printable.Text(text)
	}
	return out
}

// ReasonText is the reason for the status. It is empty only for a check that passes.
func (c *CheckResult) ReasonText() string {
	if c.Reason == "" && c.Status != conformance.Pass {
		return "no reason was given"
	}
	return printable.Text(c.Reason)
}

// Follows says which checks a violation follows from, and why: "follows from
// sig/raw-bytes: bodies with `/`". It is empty for one that stands by itself.
func (c *CheckResult) Follows() string { return Follows(c.FollowsFrom) }

// Follows names causes in words, as Check.Follows does.
func Follows(causes []conformance.Cause) string {
	parts := make([]string, len(causes))
	for i, cause := range causes {
		parts[i] = fmt.Sprintf("from %s: %s", printable.Name(string(cause.Check)), printable.Text(cause.Because))
	}
	if len(parts) == 0 {
		return ""
	}
	return "follows " + strings.Join(parts, "; ")
}

// KnownReason says why a violation is accepted, and until when. It is empty if the
// violation was not known.
func (c *CheckResult) KnownReason() string {
	if c.Known == nil {
		return ""
	}
	place := printable.Name(c.Known.Where)
	if c.Known.Expires != "" {
		place += ", until " + printable.Name(c.Known.Expires)
	}
	return fmt.Sprintf("%s (%s)", printable.Text(c.Known.Reason), place)
}

// Weight is the level of a check and what the demand rests on: "MUST, S9",
// "SHOULD, inferred from S13 and S14", "MAY".
func (c *CheckResult) Weight() string {
	from := printable.Line(printable.List(c.From))
	basis := printable.Line(string(c.Basis))
	documented := c.Basis == conformance.Documented || c.Basis == ""
	switch {
	case from == "" && documented:
		return c.Level.String()
	case from == "":
		return fmt.Sprintf("%s, %s", c.Level, basis)
	case documented:
		return fmt.Sprintf("%s, %s", c.Level, from)
	default:
		return fmt.Sprintf("%s, %s from %s", c.Level, basis, from)
	}
}

// Guide returns the guide's sentences that a check rests on.
func (c *CheckResult) Guide() []conformance.Sentence {
	var out []conformance.Sentence
	for _, no := range c.From {
		if s, ok := conformance.SentenceOf(no); ok {
			out = append(out, s)
		}
	}
	return out
}

// Quotes returns the same sentences as text, each with its number.
func (c *CheckResult) Quotes() []string {
	var out []string
	for _, s := range c.Guide() {
		out = append(out, fmt.Sprintf(`%s: "%s"`, s.No, s.Quote))
	}
	return out
}

// StaleText says why a stale entry of the list of known violations has to be taken
// out.
func StaleText(e conformance.KnownFailing) string {
	return fmt.Sprintf("%s: %s: %s; take it out", printable.Name(e.Where), printable.Name(string(e.Pattern)), printable.Text(e.Stale))
}
