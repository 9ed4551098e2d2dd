package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/delivery"
	"github.com/rtkmock/rtkmock/conformance/internal/events"
	"github.com/rtkmock/rtkmock/conformance/internal/observe"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// ErrOptions is wrapped by the errors of Run about its options.
var ErrOptions = errors.New("conformance: unusable options")

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
	r.report.Took = time.Since(r.report.Began)
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

// run is one run under way.
type run struct {
	o        Options
	events   *events.Source
	delivery *delivery.Client
	effects  *observe.Collector
	controls controls
	process  processState
	nextKey  *rtk.Keyring         // for the checks of the phase Final
	shared   map[reflect.Type]any // by exclusive checks
	progress progress
	report   *Report

	mu sync.Mutex // guards report.Waited
}

// newRun wires the parts of a run: the source of its events, what sends them, and
// what reads their effects.
func newRun(o Options) (*run, error) {
	o = o.withDefaults()
	if o.Endpoints == nil || o.Target.URL == "" || len(o.Checks) == 0 {
		return nil, fmt.Errorf("%w: Endpoints, Target.URL and Checks are required", ErrOptions)
	}
	if i := slices.Index(o.Checks, nil); i >= 0 {
		return nil, fmt.Errorf("%w: Checks[%d] is nil", ErrOptions, i)
	}
	r := &run{o: o, nextKey: o.Endpoints.Next, shared: map[reflect.Type]any{}}
	r.progress = progress{call: o.Progress, total: len(o.Checks)}
	var err error
	r.events, err = events.New(events.Options{
		Seed: o.Seed, Start: o.Start, MeetingID: o.MeetingID,
		LinksURL: o.Endpoints.ArtifactsURL(), Subscribed: o.Target.Events,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	r.controls.first = r.events.First()
	sender := o.Sender
	sender.Keys, sender.WebhookID, sender.Header = o.Endpoints.Keys, o.WebhookID, o.Header
	sender.IDs = rtk.NewIDs(o.Seed, "delivery")
	r.delivery, err = delivery.New(delivery.Options{
		URL: o.Target.URL, Sender: sender, Timeout: o.Timeout, WarmUp: o.WarmUp,
		Profile: o.Profile, Rate: o.Rate, Serial: o.Parallel == 1, Production: o.Production, Seed: o.Seed,
		Exited: r.exited, Override: o.override, Subscribed: r.subscribed,
		KeyFails: func() bool { return o.Endpoints.KeyServer.Fault() != wellknown.None },
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	r.effects = observe.New(observe.Options{
		Counter: o.Target.Effects, Artifacts: o.Endpoints.Artifacts, LinksURL: o.Endpoints.ArtifactsURL(),
		Seed: o.Seed, Timeout: o.EffectsTimeout, Quiet: o.Quiet,
		Sent: r.delivery.Log.Exchanges, Control: r.controls.controlType, Waited: r.waited,
		Exited: func() bool { return r.exited() != "" },
	})
	r.report = r.newReport()
	return r, nil
}

// judge runs every check that can be run and returns the probes by check.
func (r *run) judge(ctx context.Context) map[*Check]*Probe {
	probes := map[*Check]*Probe{}
	for _, c := range r.checks(First) {
		p := r.runCheck(ctx, c, "")
		probes[c] = p
		r.progress.announce(p)
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

// checks returns the checks of a phase.
func (r *run) checks(phase Phase) []*Check {
	return slices.DeleteFunc(slices.Clone(r.o.Checks), func(c *Check) bool { return c.Phase != phase })
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

// runPhase runs the checks of a phase, one after the other.
func (r *run) runPhase(ctx context.Context, phase Phase, probes map[*Check]*Probe) {
	for _, c := range r.checks(phase) {
		if ctx.Err() == nil {
			probes[c] = r.runCheck(ctx, c, "")
			r.progress.announce(probes[c])
		}
	}
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

// callLater has the checks look at what could not be seen before.
func (r *run) callLater(probes map[*Check]*Probe) {
	for _, c := range r.o.Checks {
		if p := probes[c]; p != nil {
			for _, f := range p.later {
				f()
			}
			p.later = nil
		}
	}
}

// runCheck runs one check. A check that panics is a failure of the harness, not of
// the target, and no reason to lose the other verdicts.
func (r *run) runCheck(ctx context.Context, c *Check, group string) (p *Probe) {
	p = r.newProbe(ctx, c, group)
	if how, down := r.delivery.Breaker.Open(); down && (c.Phase == InGroup || c.Phase == Last || c.Phase == Final) {
		p.On().Inconclusive("not run: %s", how)
		return p
	}
	began := time.Now()
	defer func() {
		p.took = time.Since(began)
		if v := recover(); v != nil {
			p.HarnessError(fmt.Errorf("the check %s panicked: %v", c.ID, v))
		}
	}()
	c.Run(p)
	return p
}

func (r *run) subscribed(t rtk.EventType) bool { return slices.Contains(r.o.Target.Events, t) }

// exited says how the target's process has ended by itself, if that is known.
func (r *run) exited() string {
	if r.o.Target.Exited == nil {
		return ""
	}
	how, _ := r.o.Target.Exited()
	return how
}

// waited adds to the time that the run has spent waiting.
func (r *run) waited(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Waited += d
}
