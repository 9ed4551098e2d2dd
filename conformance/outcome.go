package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// Judge fills Summary, Outcome and Headline from the rest of the report.
func (r *Report) Judge() {
	with := func(s Status) int { return r.count(func(v Verdict) bool { return v.Status == s }) }
	r.Summary = Summary{
		Checks: len(r.Verdicts), Pass: with(Pass), Fail: with(Fail), Warn: with(Warn), Note: with(Note),
		Skip: with(Skip), Inconclusive: with(Inconclusive), Error: with(Error),
		MustNotJudged: r.count(Verdict.MustNotJudged),
		Known:         r.count(func(v Verdict) bool { return v.Known != nil }),
	}
	r.Outcome = r.outcome()
	r.Headline = r.headline()
}

func (r *Report) count(counts func(Verdict) bool) int {
	n := 0
	for _, v := range r.Verdicts {
		if counts(v) {
			n++
		}
	}
	return n
}

// unexpected returns the number of verdicts with status s that are not known.
func (r *Report) unexpected(s Status) int {
	return r.count(func(v Verdict) bool { return v.Status == s && v.Known == nil })
}

func (r *Report) outcome() Outcome {
	undecided := !r.Complete || len(r.Missing()) > 0 || !r.judgedAny() ||
		r.count(func(v Verdict) bool { return v.Status == Inconclusive && v.Level >= Must }) > 0
	switch {
	case r.Summary.Error > 0:
		return Broken
	case r.failed(), len(r.Stale()) > 0:
		return Nonconformant
	case undecided:
		return Undecided
	default:
		return Conformant
	}
}

// failed reports a verdict that makes the run fail.
func (r *Report) failed() bool {
	return r.unexpected(Fail) > 0 || r.Strict && r.unexpected(Warn) > 0
}

// judgedAny reports whether anything other than gates was judged. A run of skips proves
// nothing, unless it is one of several shards.
func (r *Report) judgedAny() bool {
	others := r.count(func(v Verdict) bool { return v.Level != Gate })
	judged := r.count(func(v Verdict) bool { return v.Level != Gate && v.Status != Skip })
	return judged > 0 || others == 0 || len(r.Shards) == 1
}

// headline says the outcome in one line. It always mentions what was not judged.
func (r *Report) headline() string {
	known := r.Summary.Known
	parts := []string{map[Outcome]string{
		Conformant: "conformant", Nonconformant: "not conformant",
		Undecided: "inconclusive", Broken: "the harness failed",
	}[r.Outcome]}
	if r.Outcome == Conformant && r.Unbracketed() {
		parts[0] = "refuses forgeries; unbracketed, so whether it accepts genuine deliveries is not known"
	}
	switch {
	case r.Outcome == Conformant && known > 0:
		parts[0] += " except for " + printable.Count(known, "known violation", "known violations")
	case r.Outcome == Nonconformant && !r.failed():
		parts[0] = "the list of known violations is stale"
	}
	add := func(n int, one, many string) {
		if n > 0 {
			parts = append(parts, printable.Count(n, one, many))
		}
	}
	add(r.Summary.Error, "error", "errors")
	add(r.unexpected(Fail), "failure", "failures")
	if n := r.count(func(v Verdict) bool { return v.Status == Fail && v.Known == nil && len(v.FollowsFrom) > 0 }); n > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%d of them caused by others)", n)
	}
	add(r.Summary.Inconclusive, "undecided", "undecided")
	add(r.unexpected(Warn), "warning", "warnings")
	add(len(r.Stale()), "stale entry", "stale entries")
	if r.Outcome != Conformant {
		add(known, "known violation", "known violations")
	}
	add(r.Summary.MustNotJudged, "MUST not judged", "MUST not judged")
	if missing := r.Missing(); len(missing) > 0 {
		parts = append(parts, "required but off: "+strings.Join(missing, ", "))
	}
	if r.Stopped == "" && !r.judgedAny() {
		parts = append(parts, "nothing was judged")
	}
	if r.Stopped != "" {
		parts = append(parts, "stopped early: "+r.Stopped)
	}
	if r.Gone != "" {
		parts = append(parts, "the target is gone: "+r.Gone)
	}
	return strings.Join(parts, ", ")
}

// Unbracketed reports that nothing genuine could be sent, so that only the target's
// refusals are known.
func (r *Report) Unbracketed() bool {
	return slices.ContainsFunc(r.Instruments, func(in Instrument) bool { return in.Name == InstrumentRefusals })
}

// Missing returns the required instruments that were off.
func (r *Report) Missing() []string {
	return slices.DeleteFunc(slices.Clone(r.Required), func(name string) bool {
		return slices.ContainsFunc(r.Instruments, func(in Instrument) bool { return in.Name == name && in.On })
	})
}

// Stale returns the entries of Known that have to be removed.
func (r *Report) Stale() []KnownFailing {
	return slices.DeleteFunc(slices.Clone(r.Known), func(e KnownFailing) bool { return e.Stale == "" })
}
