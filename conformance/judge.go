package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// Judge fills Outcome and Headline from the rest of the report.
func (r *Report) Judge() {
	r.Outcome = r.outcome()
	r.Headline = r.headline()
}

// Unexpected returns the number of verdicts with status s that are not known
// to be so.
func (r *Report) Unexpected(s Status) int {
	n := 0
	for _, v := range r.Verdicts {
		if v.Status == s && v.Known == nil {
			n++
		}
	}
	return n
}

// KnownViolations returns the number of verdicts that were expected to fall
// short, and did.
func (r *Report) KnownViolations() int {
	n := 0
	for _, v := range r.Verdicts {
		if v.Known != nil {
			n++
		}
	}
	return n
}

// fell reports a verdict that makes the run fail.
func (r *Report) fell() bool {
	return r.Unexpected(Fail) > 0 || r.Strict && r.Unexpected(Warn) > 0
}

func (r *Report) outcome() Outcome {
	undecided := !r.Complete || len(r.Missing()) > 0 || !r.judgedAny()
	for _, v := range r.Verdicts {
		if v.Status == Inconclusive && v.Check.Level >= Must {
			undecided = true
		}
	}
	switch {
	case r.Count(Error) > 0:
		return Broken
	case r.fell(), len(r.Stale()) > 0:
		return Nonconformant
	case undecided:
		return Undecided
	default:
		return Conformant
	}
}

// judgedAny reports whether anything was judged but gates. A run of skips alone
// proves nothing, unless it is one of several.
func (r *Report) judgedAny() bool {
	others := 0
	for _, v := range r.Verdicts {
		if v.Check.Level == Gate {
			continue
		}
		if others++; v.Status != Skip {
			return true
		}
	}
	return others == 0 || len(r.Shards) == 1
}

// headline says the outcome in one line. What was not judged is always in it.
func (r *Report) headline() string {
	known := r.KnownViolations()
	parts := []string{map[Outcome]string{
		Conformant: "conformant", Nonconformant: "not conformant",
		Undecided: "inconclusive", Broken: "the harness failed",
	}[r.Outcome]}
	add := func(n int, one, many string) {
		switch n {
		case 0:
		case 1:
			parts = append(parts, "1 "+one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	if r.Outcome == Conformant && r.Unbracketed() {
		parts[0] = "refuses forgeries; unbracketed, so whether it accepts genuine deliveries is not known"
	}
	switch {
	case r.Outcome == Conformant && known == 1:
		parts[0] += " but for 1 known shortfall"
	case r.Outcome == Conformant && known > 1:
		parts[0] += fmt.Sprintf(" but for %d known shortfalls", known)
	case r.Outcome == Nonconformant && !r.fell():
		parts[0] = "the list of known shortfalls is stale"
	}
	add(r.Count(Error), "error", "errors")
	add(r.Unexpected(Fail), "failure", "failures")
	add(r.Count(Inconclusive), "undecided", "undecided")
	add(r.Unexpected(Warn), "warning", "warnings")
	add(len(r.Stale()), "stale entry", "stale entries")
	if r.Outcome != Conformant {
		add(known, "known shortfall", "known shortfalls")
	}
	add(len(r.NotJudged()), "MUST not judged", "MUST not judged")
	if missing := r.Missing(); len(missing) > 0 {
		parts = append(parts, "required but off: "+strings.Join(missing, ", "))
	}
	if r.Stopped == "" && !r.judgedAny() {
		parts = append(parts, "nothing was judged")
	}
	if r.Stopped != "" {
		parts = append(parts, "stopped early: "+r.Stopped)
	}
	return strings.Join(parts, ", ")
}

// Unbracketed reports that nothing genuine could be sent, so that what a target
// refuses is all that is known of it.
func (r *Report) Unbracketed() bool {
	return slices.ContainsFunc(r.Instruments, func(in Instrument) bool { return in.Name == InstrumentRefusals })
}

// Missing returns the required instruments that were off.
func (r *Report) Missing() []string {
	var out []string
	for _, name := range r.Required {
		on := slices.ContainsFunc(r.Instruments, func(in Instrument) bool { return in.Name == name && in.On })
		if !on {
			out = append(out, name)
		}
	}
	return out
}
