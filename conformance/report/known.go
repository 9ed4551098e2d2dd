package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
)

// knownKind stands in the place of a status for what was known to fall short.
const knownKind = "known"

// rank orders verdicts, the worst first. What was known comes after what needs
// somebody to look at it.
func rank(v conformance.Verdict) int {
	if v.Known != nil {
		return 2*badness(conformance.Skip) - 1
	}
	return 2 * badness(v.Status)
}

func byRank(a, b conformance.Verdict) int { return rank(a) - rank(b) }

// status is the status of a verdict, in words that say whether it was known.
func status(v conformance.Verdict) string {
	word := clean(string(v.Status))
	if v.Known != nil {
		return knownKind + " " + word
	}
	return word
}

// known says why a shortfall is accepted, until when, and where that stands;
// empty if it is not.
func (v *view) known(verdict conformance.Verdict) string {
	e := verdict.Known
	if e == nil {
		return ""
	}
	place := name(e.Where)
	if !e.Expires.IsZero() {
		place += ", until " + e.Expires.Format(time.DateOnly)
	}
	return fmt.Sprintf("%s (%s)", v.tell(e.Reason), place)
}

// stale says which entries of the list of known shortfalls have to be taken
// out, and why, in a line each.
func (v *view) stale() []string {
	var out []string
	for _, e := range v.report.Stale() {
		out = append(out, fmt.Sprintf("%s: %s: %s; take it out", name(e.Where), name(string(e.Pattern)), v.tell(e.Stale)))
	}
	return out
}

// alike returns the other verdicts of a group that are undecided for the same
// cause as v: the same answers, whatever was sent.
func (g group) alike(v conformance.Verdict) []conformance.Verdict {
	var out []conformance.Verdict
	for _, other := range g.verdicts {
		if other.Check != v.Check && other.Status == conformance.Inconclusive && causeOf(other) == causeOf(v) {
			out = append(out, other)
		}
	}
	return out
}

// causeOf is the reason of a verdict without the names of what was sent.
func causeOf(v conformance.Verdict) string {
	var parts []string
	for part := range strings.SplitSeq(v.Reason, "; ") {
		if _, rest, ok := strings.Cut(part, ": "); ok {
			part = rest
		}
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}
