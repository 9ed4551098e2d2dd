package conformance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/delivery"
	"github.com/rtkmock/rtkmock/conformance/internal/observe"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Probe is what a check works with: it sends events, judges the answers, and
// records what was found. A probe belongs to one goroutine.
//
// Most checks need no more than its own methods. What a check does by itself, step
// by step, it does with one of the instruments: Send, Events, Effects, Keys and
// Process.
type Probe struct {
	run   *run
	check *Check
	ctx   context.Context
	group string
	send  *delivery.Session

	findings []finding
	comments []string
	receipts []mocksender.Receipt
	later    []func()
	tried    []*exchange.Exchange // what the real sender never sends
	took     time.Duration
	notRun   bool      // for want of a target
	began    time.Time // with over: guarded by run.mu
	over     bool

	diagnosis     *Diagnosis
	advice        string // in place of the check's remedy; empty: that
	notApplicable bool
	alsoJudge     func(*Check) bool
}

type finding struct {
	status Status
	reason string
	about  []*exchange.Exchange // the exchanges whose answers are all that it says
}

// receiptLimit bounds the receipts kept for one verdict.
const receiptLimit = 8

func (r *run) newProbe(ctx context.Context, c *Check, group string) *Probe {
	p := &Probe{run: r, check: c, ctx: ctx, group: group}
	p.send = r.delivery.Session(ctx, string(c.ID), c.Sends.validity(r.o.MeetingID != ""), p.harnessFailed)
	return p
}

// Context ends when the run is interrupted.
func (p *Probe) Context() context.Context { return p.ctx }

// Group is the group that has just ended, for AfterGroup checks.
func (p *Probe) Group() string { return p.group }

// Options returns the options of the run, with their defaults.
func (p *Probe) Options() Options { return p.run.o }

// Endpoints returns what the harness serves to the target.
func (p *Probe) Endpoints() *Endpoints { return p.run.o.Endpoints }

// Send sends deliveries step by step.
func (p *Probe) Send() *delivery.Session { return p.send }

// Effects answers what deliveries brought about.
func (p *Probe) Effects() *observe.Effects { return &p.run.effects.Effects }

// Subscribed reports whether the target is subscribed to t.
func (p *Probe) Subscribed(t rtk.EventType) bool { return p.run.subscribed(t) }

// ControlType is the event type of controls and twins.
func (p *Probe) ControlType() rtk.EventType { return p.run.control }

// LinkedType is an accepted event type with download links, or ControlType.
func (p *Probe) LinkedType() rtk.EventType { return p.run.linked }

// Genuine returns the genuine deliveries of the run so far.
func (p *Probe) Genuine() []*exchange.Exchange {
	return p.run.delivery.Log.Exchanges(exchange.Genuine)
}

// Forgeries returns the forgeries of the run so far. Only checks with Overall set
// may ask: in one shard alone, a check would miss what the others have sent.
func (p *Probe) Forgeries() []*exchange.Exchange {
	if !p.check.Overall {
		p.HarnessError(fmt.Errorf("%s judges what the whole run has sent, and is not marked as Overall", p.check.ID))
	}
	return p.run.delivery.Log.Exchanges(exchange.Forgery)
}

// Calls returns how often the target has called the REST API in the run so far.
func (p *Probe) Calls() int { return p.Endpoints().API.Calls() - p.run.called }

// LevelOf returns the level of the check of the run that sent x, and May for what the run
// itself has sent.
func (p *Probe) LevelOf(x *exchange.Exchange) Level {
	for _, c := range p.run.o.Checks {
		if string(c.ID) == x.Check {
			return c.Level
		}
	}
	return May
}

// On returns what records findings that rest on some exchanges, the most important one
// first.
func (p *Probe) On(evidence ...*exchange.Exchange) Evidence { return Evidence{p: p, xs: evidence} }

// Evidence are the exchanges that a finding rests on.
type Evidence struct {
	p     *Probe
	xs    []*exchange.Exchange
	about []*exchange.Exchange
}

// About names the exchanges whose answers are the whole finding: a forgery that was
// accepted, a genuine delivery that was refused, or one that came again and took effect
// again. Such a finding can follow from that of
// another check, with the same cause. A finding that says more, for example that
// something was fetched, must not have it.
func (e Evidence) About(answered ...*exchange.Exchange) Evidence {
	e.about = answered
	return e
}

// Violation records that the check's demand does not hold: a failure, a warning or a note,
// by the check's level.
func (e Evidence) Violation(format string, args ...any) {
	e.AddFinding(e.p.check.Level.violation(), format, args...)
}

// Inconclusive records that the answers prove nothing.
func (e Evidence) Inconclusive(format string, args ...any) {
	e.AddFinding(Inconclusive, format, args...)
}

// AddFinding records a result, and keeps the receipts that it rests on, up to a bound.
func (e Evidence) AddFinding(status Status, format string, args ...any) {
	e.p.findings = append(e.p.findings, finding{status, fmt.Sprintf(format, args...), e.about})
	for _, x := range e.xs {
		if x != nil && len(e.p.receipts) < receiptLimit {
			r := x.Receipt
			r.Delivery.Label = x.Label
			e.p.receipts = append(e.p.receipts, r)
		}
	}
}

// Violated reports whether a violation was recorded, or more.
func (p *Probe) Violated() bool {
	return slices.ContainsFunc(p.findings, func(f finding) bool { return f.status == Fail || f.status == Warn || f.status == Note })
}

// Skip records that nothing could be judged, and what would change that.
func (p *Probe) Skip(format string, args ...any) { p.On().AddFinding(Skip, format, args...) }

// NotApplicable records that the check has nothing to say about this target.
func (p *Probe) NotApplicable(format string, args ...any) {
	p.notApplicable = true
	p.Skip("not applicable: "+format, args...)
}

// Interrupted reports whether the run was interrupted, and records that the check
// is not finished then.
func (p *Probe) Interrupted() bool {
	if p.ctx.Err() == nil {
		return false
	}
	p.unfinished()
	return true
}

func (p *Probe) unfinished() { p.Skip("not finished: the run ended first") }

// Comment adds to the reason, whatever the status. The same text is added once.
func (p *Probe) Comment(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.comments, text) {
		p.comments = append(p.comments, text)
	}
}

// Advise replaces the remedy that the check has for every target by one for this target.
func (p *Probe) Advise(fix string) { p.advice = fix }

// Later calls f when the effects of the run have been read.
func (p *Probe) Later(f func()) { p.later = append(p.later, f) }

// AlsoJudge names the checks that can judge something although this one, which
// nothing goes on without, does not pass.
func (p *Probe) AlsoJudge(checks func(*Check) bool) { p.alsoJudge = checks }

// HarnessError records a failure of the harness itself.
func (p *Probe) HarnessError(err error) { p.harnessFailed("", err) }

// harnessFailed records that the harness could not, or should not, send something.
func (p *Probe) harnessFailed(label string, err error) {
	switch text := strings.TrimPrefix(err.Error(), "mocksender: "); {
	case errors.Is(err, mutation.ErrNotApplicable):
		p.Comment("%s could not be made of this delivery", label)
	case label == "":
		p.On().AddFinding(Error, "%s", text)
	default:
		p.On().AddFinding(Error, "%s: %s", label, text)
	}
}

// Progress reports in words what the check does, if that takes long, and how long it
// takes at most; 0: nobody knows.
func (p *Probe) Progress(most time.Duration, format string, args ...any) {
	p.run.progress.report(Progress{Kind: Doing, Check: p.check, Message: fmt.Sprintf(format, args...), Most: most})
}

// Waiting shows those who watch what is waited for, and how long at most, until the
// check calls over.
func (p *Probe) Waiting(most time.Duration, what string) (over func()) {
	say := func(text string, most time.Duration) {
		p.run.progress.report(Progress{Kind: Doing, Check: p.check, Message: text, Most: most, Quiet: true})
	}
	say(what, most)
	return func() { say(p.check.Title, 0) }
}

// longPause is a pause that somebody who watches notices.
const longPause = time.Second

// Pause waits for d or until the run is interrupted, and counts that as time spent
// waiting.
func (p *Probe) Pause(d time.Duration) {
	began := time.Now()
	if d >= longPause {
		defer p.Waiting(d, "waiting")()
	}
	pause.For(p.ctx, d)
	p.Waited(time.Since(began))
}

// Waited adds d to the time spent waiting.
func (p *Probe) Waited(d time.Duration) { p.run.waited(d) }

// Mutation returns a named change of a signed request. One that needs another key
// uses the attacker's.
func (p *Probe) Mutation(id string) mutation.Mutation {
	attacker, err := p.Endpoints().Attacker.Key()
	if err == nil {
		var m mutation.Mutation
		if m, err = mutation.ByID(mutation.Options{Attacker: attacker}, id); err == nil {
			return m
		}
	}
	p.HarnessError(err)
	return mutation.Mutation{ID: id, Apply: func(*mutation.Wire) error { return err }}
}

// Shared returns the T that the exclusive checks of a run have in common. It is
// zero at first.
func Shared[T any](p *Probe) *T {
	key := reflect.TypeFor[T]()
	if p.run.shared[key] == nil {
		p.run.shared[key] = new(T)
	}
	return p.run.shared[key].(*T)
}

// verdict sums up the findings: the worst status, with the reasons for it.
func (p *Probe) verdict() Verdict {
	v := p.check.Verdict(Pass, "")
	v.Receipts, v.Took = p.receipts, ledger.Round(p.took)
	var reasons []string
	for _, f := range p.findings {
		switch {
		case f.status.Severity() > v.Status.Severity():
			v.Status, reasons = f.status, []string{f.reason}
		case f.status == v.Status && f.reason != "" && !slices.Contains(reasons, f.reason):
			reasons = append(reasons, f.reason)
		}
	}
	v.Reason = strings.Join(append(reasons, p.comments...), "; ")
	v.NotApplicable = p.notApplicable && v.Status == Skip
	v.Fix = cmp.Or(p.advice, v.Fix)
	if v.Diagnosis = p.diagnosis; v.Diagnosis != nil {
		v.Fix = v.Diagnosis.fix()
	}
	return v
}
