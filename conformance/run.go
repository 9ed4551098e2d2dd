package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
	r.judge(ctx)
	r.noteLeft()
	r.conclude(ctx)
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
	r.report.Stopped = why
	r.conclude(context.Background())
	return r.report, nil
}

// judge runs every check that can be run.
func (r *run) judge(ctx context.Context) {
	for _, c := range r.checks(First) {
		p := r.runCheck(ctx, c, "")
		r.announce(p)
		if ctx.Err() != nil {
			r.callLater()
			return // whatever it found, the user has ended the run
		}
		if p.verdict().Status != Pass {
			r.report.Stopped = "the control was not accepted"
			r.judgeDespite(ctx, p)
			return
		}
	}
	if !r.o.Production {
		r.chooseControls(ctx)
		r.noteAnswer()
	}
	if r.report.Stopped != "" {
		return
	}
	for _, group := range r.groups() {
		r.progress.say(0, "group %s", group)
		r.runGroup(ctx, group)
		if ctx.Err() != nil {
			break
		}
	}
	if r.nextKey == nil && len(r.checks(Final)) > 0 {
		r.nextKey = rtk.GenerateKeyring() // in the background, while the run mostly waits
	}
	r.runPhase(ctx, Last)
	r.collectEffects(ctx)
	r.callLater()
	r.runPhase(ctx, Final)
	for _, c := range r.checks(AtEnd) {
		if ctx.Err() == nil {
			r.runCheck(ctx, c, "")
		}
	}
	r.runRisky(ctx)
}

// judgeDespite runs the checks that can judge something although the gate p did not
// pass.
func (r *run) judgeDespite(ctx context.Context, p *Probe) {
	for _, c := range r.o.Checks {
		if p.alsoJudge != nil && p.alsoJudge(c) && ctx.Err() == nil {
			r.runCheck(ctx, c, "")
		}
	}
	r.callLater()
}

// collectEffects reads what deliveries have brought about, after a last control.
func (r *run) collectEffects(ctx context.Context) {
	if r.o.Production {
		return
	}
	if r.o.Target.Effects != nil {
		r.progress.say(r.o.EffectsTimeout, "waiting for effects")
	}
	r.effects.Collect(ctx, func() *exchange.Exchange {
		if last := r.newProbe(ctx, &Check{}, "").Control(); last.Accepted() {
			return last
		}
		return nil
	}, func(forged *exchange.Exchange) *exchange.Exchange {
		d := forged.Delivery
		d.UUID, d.Event = "", forged.Made
		return r.newProbe(ctx, &Check{}, "").send.Send(exchange.Nonstandard, forged.Label+", once more and alone", d)
	})
}

// chooseControls finds the event type of controls: the first that the target
// accepts, of those that a session can have any number of. It also finds out
// whether download links to the harness are accepted.
//
// A target that does not answer the first of them within the time-out is too slow
// to be judged: every check would wait that long, and prove nothing.
func (r *run) chooseControls(ctx context.Context) {
	r.progress.say(0, "looking for an event that can serve as control")
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

// conclude fills the report from what the checks have found.
func (r *run) conclude(ctx context.Context) {
	why := "not run: the run was interrupted"
	if r.report.Stopped != "" {
		why = "not run: " + r.report.Stopped
	}
	causes := r.causes()
	for _, c := range r.o.Checks {
		v := c.Verdict(Skip, why)
		switch p := r.probes[c]; {
		case p != nil:
			v = p.verdict()
			v.FollowsFrom = causes[c.ID]
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
	r.report.Calls = CountCalls(r.calls())
	r.report.Answers = acceptedAnswers(r.delivery.Log.Exchanges(exchange.Genuine))
	r.report.Instruments, r.report.Required = r.instruments(), r.required()
	if found := r.delivery.Found(); found > 0 {
		r.report.Assumptions = append(r.report.Assumptions, Assumption{"requests a second",
			fmt.Sprintf("about %.2g, as the target answers 5xx to what comes faster", found), "--rate"})
	}
	if unchecked := r.delivery.Unchecked(); len(unchecked) > 0 {
		r.report.Assumptions = append(r.report.Assumptions, Assumption{"self-check of the events",
			fmt.Sprintf("not applied to %s, which the changes make invalid", joined(unchecked, ", ")), "--set, --unset"})
	}
	r.report.Judge()
}

// causes returns, for the checks that violate something, what that follows from.
func (r *run) causes() map[ID][]Cause {
	var accounts []account
	for _, c := range r.o.Checks {
		if p := r.probes[c]; p != nil {
			// The reason of a verdict names its worst findings alone.
			status := p.verdict().Status
			worst := slices.DeleteFunc(slices.Clone(p.findings), func(f finding) bool { return f.status != status })
			if status == Fail || status == Warn || status == Note {
				accounts = append(accounts, account{c, worst})
			}
		}
	}
	return follow(accounts, r.delivery.Log.Exchanges(exchange.Genuine, exchange.Nonstandard, exchange.Forgery, exchange.Unverifiable), r.effects.Count)
}
