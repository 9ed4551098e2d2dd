package selftest

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// Result is one receiver's run, compared with what is known of the receiver.
type Result struct {
	Subject receivers.Spec
	Outcome conformance.Outcome
	// Report is the account of the run. Run leaves it out where the suite was
	// right.
	Report *conformance.Report
	// Reported are the ids of the checks that the receiver did not meet,
	// whatever their level made of that.
	Reported []string
	// Wrong says what the suite got wrong about the receiver, one line each.
	// It is empty where the verdict is as it must be.
	Wrong []string
	Took  time.Duration
}

// newResult compares a report with what is known of s.
func newResult(s receivers.Spec, report *conformance.Report) *Result {
	r := &Result{Subject: s, Report: report, Outcome: report.Outcome, Reported: reported(report), Took: time.Duration(report.Took)}
	wrong := func(format string, args ...any) { r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...)) }
	for _, v := range report.Verdicts {
		switch id := string(v.ID); {
		case v.Status == conformance.Error:
			wrong("the harness failed in %s: %s", id, v.Reason)
		case s.Expects(id) && !slices.Contains(r.Reported, id):
			wrong("%s did not catch it", id)
		}
	}
	for _, id := range r.Reported {
		if !s.Allows(id) {
			wrong("%s reported it, and it does not list that check", id)
		}
	}
	switch {
	case (s.Kind == receivers.KindReference || s.Kind == receivers.KindTwin) && report.Outcome != conformance.Conformant:
		wrong("it came out %s: %s", report.Outcome, report.Headline)
	case s.Kind == receivers.KindDegenerate && report.Outcome == conformance.Conformant:
		wrong("it came out conformant")
	}
	return r
}

// reported returns the ids of the checks that were not met. A gate that stops
// the run is inconclusive, and was not met either.
func reported(report *conformance.Report) []string {
	out := []string{}
	for _, v := range report.Verdicts {
		switch v.Status {
		case conformance.Fail, conformance.Warn, conformance.Note:
		case conformance.Inconclusive:
			if v.Level != conformance.Gate {
				continue
			}
		default:
			continue
		}
		out = append(out, string(v.ID))
	}
	return out
}

// OK reports that the suite was right about the receiver.
func (r *Result) OK() bool { return len(r.Wrong) == 0 }

// WrongVerdicts returns the verdicts that the suite got wrong. Run leaves none
// where it was right.
func (r *Result) WrongVerdicts() []conformance.Verdict {
	if r.OK() || r.Report == nil {
		return nil
	}
	var out []conformance.Verdict
	for _, v := range r.Report.Verdicts {
		id := string(v.ID)
		met := !slices.Contains(r.Reported, id)
		if r.Subject.Expects(id) && met || !met && !r.Subject.Allows(id) || v.Status == conformance.Error {
			out = append(out, v)
		}
	}
	return out
}
