package conformance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// conclude fills the report from what the probes have found.
func (r *run) conclude(ctx context.Context, probes map[*Check]*Probe) {
	why := "not run: the run was interrupted"
	if r.report.Stopped != "" {
		why = "not run: " + r.report.Stopped
	}
	for _, c := range r.o.Checks {
		v := Verdict{Check: c, Status: Skip, Reason: why}
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

func (r *run) newReport() *Report {
	o := r.o
	return &Report{
		Strict: o.Strict,
		Seed:   o.Seed,
		Start:  o.Start,
		Target: TargetInfo{
			URL:       redact.URL(o.Target.URL),
			KeyURL:    o.Endpoints.KeyURL(),
			Events:    o.Target.Events,
			WebhookID: o.WebhookID,
			MeetingID: o.MeetingID,
			Embedded:  o.Target.Embedded,
		},
		Assumptions: []Assumption{
			{"time-out of one attempt", o.Timeout.String(), "--timeout"},
			{"retries", o.Profile.Name + ": " + o.Profile.Doc, "--retry-profile"},
			{"waits between attempts in this run", cmp.Or(joined(o.RetryWaits, ", "), "none"), "--retry-schedule"},
			{"rtk-uuid on a retry", string(cmp.Or(o.Sender.RetryUUID, mocksender.SameUUID)), "--retry-uuid"},
			{"latency budget", o.LatencyBudget.String(), "--latency-budget"},
			{"recovery after an outage of the key endpoint", o.Recovery.String(), "--recovery"},
			{"recovery from one in the end", o.RecoveryEnd.String(), "--recovery-end"},
			{"time until a new key is taken", graceText(o.RotationGrace), "--rotation-grace"},
		},
		SecretHeaders: slices.Sorted(maps.Keys(o.Header)),
	}
}

func graceText(d time.Duration) string {
	if d == 0 {
		return "none: at once, or on a retry"
	}
	return d.String()
}

// joined writes values one after the other.
func joined[T any](values []T, separator string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, separator)
}
