package conformance

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Run judges the target and returns the account of that. The error is about the
// options alone: a target that cannot be reached, and a harness that fails, are
// outcomes. When ctx ends, Run returns soon with what it has, and the report is
// not complete.
func Run(ctx context.Context, o Options) (*Report, error) {
	r, err := newRun(o)
	if err != nil {
		return nil, err
	}
	defer r.delivery.Close()
	r.report.Began = time.Now()
	probes := r.judge(ctx)
	r.noteExit()
	r.conclude(ctx, probes)
	r.report.Took = ledger.Round(time.Since(r.report.Began))
	return r.report, nil
}

// NotBegun is the report of a run that could not send anything, for the reason
// why: nothing is judged, and the outcome is Undecided.
func NotBegun(o Options, why string) (*Report, error) {
	r, err := newRun(o)
	if err != nil {
		return nil, err
	}
	defer r.delivery.Close()
	r.report.Began, r.report.Stopped = time.Now(), why
	r.conclude(context.Background(), nil)
	return r.report, nil
}

// judge runs every check that can be run and returns the probes by check.
func (r *run) judge(ctx context.Context) map[*Check]*Probe {
	probes := map[*Check]*Probe{}
	for _, c := range r.checks(First) {
		p := r.runCheck(ctx, c, "")
		probes[c] = p
		r.announce(p)
		if p.verdict().Status != Pass {
			r.report.Stopped = "the control was not accepted"
			r.judgeDespite(ctx, p, probes)
			return probes
		}
	}
	if !r.o.Production {
		r.chooseControls(ctx)
	}
	if r.report.Stopped != "" {
		return probes
	}
	for _, group := range r.groups() {
		r.progress.say("group %s", group)
		r.runGroup(ctx, group, probes)
		if ctx.Err() != nil {
			break
		}
	}
	if r.nextKey == nil && len(r.checks(Final)) > 0 {
		r.nextKey = rtk.GenerateKeyring() // in the background, while the run mostly waits
	}
	r.runPhase(ctx, Last, probes)
	r.collectEffects(ctx)
	r.callLater(probes)
	r.runPhase(ctx, Final, probes)
	for _, c := range r.checks(AtEnd) {
		if ctx.Err() == nil {
			probes[c] = r.runCheck(ctx, c, "")
		}
	}
	return probes
}

// judgeDespite runs the checks that can judge something although the gate p did not
// pass.
func (r *run) judgeDespite(ctx context.Context, p *Probe, probes map[*Check]*Probe) {
	for _, c := range r.o.Checks {
		if p.alsoJudge != nil && p.alsoJudge(c) && ctx.Err() == nil {
			probes[c] = r.runCheck(ctx, c, "")
		}
	}
	r.callLater(probes)
}

// collectEffects reads what deliveries have brought about, after a last control.
func (r *run) collectEffects(ctx context.Context) {
	if r.o.Production {
		return
	}
	if r.o.Target.Effects != nil {
		r.progress.say("waiting for effects")
	}
	r.effects.Collect(ctx, func() *exchange.Exchange {
		if last := r.newProbe(ctx, &Check{}, "").Control(); last.Accepted() {
			return last
		}
		return nil
	})
}

// chooseControls finds the event type of controls: the first that the target
// accepts, of those that a session can have any number of. It also finds out
// whether download links to the harness are accepted.
//
// A target that does not answer the first of them within the time-out is too slow
// to be judged: every check would wait that long, and prove nothing.
func (r *run) chooseControls(ctx context.Context) {
	r.progress.say("looking for an event that can serve as control")
	slow := false
	first := func(types ...rtk.EventType) rtk.EventType {
		for _, t := range types {
			if slow || !r.subscribed(t) || ctx.Err() != nil {
				continue
			}
			p := r.newProbe(ctx, &Check{}, "")
			x := p.AcceptQuietly(p.Fresh(t))
			if x.Accepted() {
				return t
			}
			slow = slow || x.Answer == exchange.Silent
		}
		return ""
	}
	control := first(rtk.MeetingParticipantJoined, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate, rtk.MeetingParticipantLeft)
	linked := control
	if control != rtk.RecordingStatusUpdate {
		linked = first(rtk.RecordingStatusUpdate, rtk.MeetingTranscript, rtk.MeetingSummary, rtk.MeetingChatSynced)
	}
	if slow && control == "" {
		r.report.Stopped = fmt.Sprintf("after the first delivery there was no answer within %s; if the target is only slow, raise --timeout", r.o.Timeout)
	}
	r.control = cmp.Or(control, r.control)
	r.linked = cmp.Or(linked, r.control)
}
