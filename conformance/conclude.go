package conformance

import (
	"context"
	"fmt"
)

// conclude fills the report from what the probes have found.
func (r *run) conclude(ctx context.Context, probes map[*Check]*Probe) {
	why := "not run: the run was interrupted"
	if r.report.Stopped != "" {
		why = "not run: " + r.report.Stopped
	}
	for _, c := range r.o.Checks {
		v := c.Verdict(Skip, why)
		switch p := probes[c]; {
		case p != nil:
			v = p.verdict()
		case c.Phase == AfterGroup && r.report.Stopped == "" && ctx.Err() == nil:
			v.Reason = "not run: no check of the selection belongs to a group that it comes after"
		}
		r.report.Verdicts = append(r.report.Verdicts, v)
	}
	if ctx.Err() != nil && r.report.Stopped == "" {
		r.report.Stopped = "interrupted"
	}
	r.report.Complete = r.report.Stopped == ""
	r.report.Ledger = r.delivery.Log.Ledger()
	r.report.Instruments, r.report.Required = r.instruments(), r.required()
	if unchecked := r.delivery.Unchecked(); len(unchecked) > 0 {
		r.report.Assumptions = append(r.report.Assumptions, Assumption{"self-check of the events",
			fmt.Sprintf("not applied to %s, which the changes make invalid", joined(unchecked, ", ")), "--set, --unset"})
	}
	r.report.Judge()
}

// noteExit reports that the target's process has ended, and what it got last.
func (r *run) noteExit() {
	how := r.exited()
	if how == "" {
		return
	}
	r.report.Stopped = how
	if _, printed := r.o.Target.Exited(); printed != "" {
		r.report.Stopped += "; it printed last: " + printed
	}
	if last := r.delivery.Log.LastReached(); last != nil {
		r.report.Stopped += fmt.Sprintf("; the last delivery that reached it: %s (rtk-uuid %s)", last.Label, last.Delivery.UUID)
	}
}
