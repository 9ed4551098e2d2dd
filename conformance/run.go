package conformance

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrOptions is wrapped by the errors of Run about its options.
var ErrOptions = errors.New("conformance: unusable options")

// run is one run under way.
type run struct {
	o         Options
	endpoints *Endpoints
	events    *eventSource
	pace      *pacer
	uuids     *rtk.IDs // for deliveries whose uuid a check has to know

	senders
	deliveryLog
	presigner presigner
	breaker   breaker
	checked   checkedBodies
	seen      observations
	outages   outages
	processes processEffects
	rotated   *Rotation
	next      *rtk.Keyring // the key to come
	report    *Report

	progress sync.Mutex
	done     int           // verdicts announced; progress guards it
	restarts int           // of the target; exclusive checks alone write it
	unfit    *NotRestarted // why it is not tried again; as restarts
}

// deliveryLog are the accounts of a run; mu guards them.
type deliveryLog struct {
	mu           sync.Mutex
	ledger       *ledger.Ledger
	genuineSent  []*Exchange
	nonstandards []*Exchange
	forgeries    []*Exchange
	unverifiable []*Exchange
	control      rtk.EventType          // what controls are made of, once that is known
	linked       rtk.EventType          // the type with download links that was accepted, if any
	guard        *Exchange              // the delivery refused for its loopback links
	restless     bool                   // effects are awaited that may not have shown yet
	idle         map[rtk.EventType]bool // types without any effect
	undone       []rtk.EventType        // events that the self-check was not applied to
}

// Run judges the target and returns the account of it. The error is about the
// options alone: a target that cannot be reached, and a harness that fails, are
// outcomes. When ctx ends, Run returns soon with what it has, and the report is
// not complete.
func Run(ctx context.Context, o Options) (*Report, error) {
	r, err := newRun(o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	began := time.Now()
	r.report.Began = began
	probes := r.all(ctx)
	r.recordExit()
	r.conclude(ctx, probes)
	r.report.Took = time.Since(began)
	return r.report, nil
}

// NotBegun is the report of a run that did not come to send anything, for the
// reason why: nothing is judged, and the outcome is Undecided.
func NotBegun(o Options, why string) (*Report, error) {
	r, err := newRun(o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.report.Began, r.report.Stopped = time.Now(), why
	r.conclude(context.Background(), nil)
	return r.report, nil
}

func newRun(o Options) (*run, error) {
	o = o.withDefaults()
	if o.Endpoints == nil || o.Target.URL == "" || len(o.Checks) == 0 {
		return nil, fmt.Errorf("%w: Station, Target.URL and Checks are required", ErrOptions)
	}
	if i := slices.Index(o.Checks, nil); i >= 0 {
		return nil, fmt.Errorf("%w: Checks[%d] is nil", ErrOptions, i)
	}
	r := &run{o: o, endpoints: o.Endpoints, pace: newPacer(o.Rate), uuids: rtk.NewIDs(o.Seed, "check")}
	r.breaker.exited = r.exited
	r.checked = checkedBodies{seed: maphash.MakeSeed(), hashes: map[uint64]bool{}}
	r.ledger, r.idle = ledger.New(ledger.Options{}), map[rtk.EventType]bool{}
	stage, err := newEventSource(o)
	if err != nil {
		return nil, err
	}
	r.events = stage
	if err := r.makeSenders(); err != nil {
		return nil, err
	}
	r.next = o.Endpoints.Next
	r.report = r.newReport()
	return r, nil
}

func (r *run) subscribed(t rtk.EventType) bool { return slices.Contains(r.o.Target.Events, t) }

// controlType is the event type of controls and twins.
func (r *run) controlType() rtk.EventType {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.control == "" {
		return r.events.first
	}
	return r.control
}

// linkedType is the accepted event type with download links, or that of
// controls.
func (r *run) linkedType() rtk.EventType {
	r.mu.Lock()
	linked := r.linked
	r.mu.Unlock()
	if linked == "" {
		return r.controlType()
	}
	return linked
}

// guarded takes down that the target refuses links into its own network.
func (r *run) guarded(refused *Exchange) {
	r.events.usePublicLinks()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.guard == nil {
		r.guard = refused
	}
}

// all runs every check that can be run and returns the probes by check.
func (r *run) all(ctx context.Context) map[*Check]*Probe {
	probes := map[*Check]*Probe{}
	for _, c := range r.o.Checks {
		if c.Phase != First {
			continue
		}
		p := r.one(ctx, c, "")
		probes[c] = p
		r.announce(p)
		if p.verdict().Status != Pass {
			r.report.Stopped = "the control was not accepted"
			r.stranded(ctx, probes)
			return probes
		}
	}
	if !r.o.Production {
		r.choose(ctx)
	}
	if r.report.Stopped != "" {
		return probes
	}
	for _, group := range r.groups() {
		r.say("group %s", group)
		r.group(ctx, group, probes)
		if ctx.Err() != nil {
			break
		}
	}
	if r.next == nil && slices.ContainsFunc(r.o.Checks, func(c *Check) bool { return c.Phase == Final }) {
		r.next = rtk.GenerateKeyring() // while the run waits more than it works
	}
	r.phase(ctx, Last, probes)
	if !r.o.Production {
		r.collectEffects(ctx)
	}
	r.later(probes)
	r.phase(ctx, Final, probes)
	for _, c := range r.o.Checks {
		if c.Phase == AtEnd && ctx.Err() == nil {
			probes[c] = r.one(ctx, c, "")
		}
	}
	return probes
}

// phase runs the checks of a phase, one after the other.
func (r *run) phase(ctx context.Context, phase Phase, probes map[*Check]*Probe) {
	for _, c := range r.o.Checks {
		if c.Phase == phase && ctx.Err() == nil {
			probes[c] = r.one(ctx, c, "")
			r.announce(probes[c])
		}
	}
}

// later has the checks look at what could not be seen before.
func (r *run) later(probes map[*Check]*Probe) {
	for _, c := range r.o.Checks {
		if p := probes[c]; p != nil {
			for _, f := range p.later {
				f()
			}
			p.later = nil
		}
	}
}

// stranded has the checks that are about it judge an outage after which no
// control was accepted.
func (r *run) stranded(ctx context.Context, probes map[*Check]*Probe) {
	if r.outages.first == nil {
		return
	}
	r.outages.warmDone = true // there is nothing more to be had
	for _, c := range r.o.Checks {
		if c.Cold && ctx.Err() == nil {
			probes[c] = r.one(ctx, c, "")
		}
	}
	r.later(probes)
}
