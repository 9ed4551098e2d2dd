package conformance

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/schemas"
)

// ending is how the target stopped working, and what came right before that.
type ending struct {
	how     string // "the command ended by itself (exit status 7)"
	printed string // what the process printed last, if that is known
	by      *exchange.Exchange
	cause   cause
}

// cause is who could have sent what ended a target.
type cause int

const (
	byGenuine  cause = iota // the real sender does
	byAnybody               // anybody can
	byNonsense              // only the real sender could, and it does not
)

func (e *ending) String() string {
	text := e.how
	if e.printed != "" {
		text += "; it printed last: " + e.printed
	}
	if e.by == nil {
		return text
	}
	text += fmt.Sprintf("; the last delivery that reached it: %s (rtk-uuid %s)", e.by.Label, e.by.Delivery.UUID)
	if e.by.Check != "" {
		text += ", sent by " + e.by.Check
	}
	return text
}

// endingOf says what came before a target stopped working during a check. Without
// one, it is what came last.
//
// A process may end a moment after it has answered, when the next delivery is there
// already. That one is genuine: forgeries and nonsense come between such. What was
// not answered is the likeliest.
func (r *run) endingOf(how string, check ID) *ending {
	e := &ending{how: how}
	if r.o.Target.Exited != nil {
		_, e.printed = r.o.Target.Exited()
	}
	reached := r.delivery.Log.Reached()
	for _, x := range slices.Backward(reached) {
		if e.by == nil {
			e.by = x
			if check == "" {
				check = ID(x.Check)
			}
		}
		c := r.causeOf(x)
		if c == byGenuine || ID(x.Check) != check {
			continue
		}
		if e.cause == byGenuine {
			e.by, e.cause = x, c
		}
		if x.Answer == exchange.Cut || x.Answer == exchange.Silent {
			e.by, e.cause = x, c
			break
		}
	}
	return e
}

// causeOf says who could send x.
func (r *run) causeOf(x *exchange.Exchange) cause {
	tried := false
	for c, p := range r.probes {
		tried = tried || string(c.ID) == x.Check && slices.Contains(p.tried, x)
	}
	e := x.Delivery.Event
	switch {
	case !r.signed(x):
		return byAnybody
	case tried, slices.ContainsFunc(x.Delivery.Mutations, func(m mutation.Mutation) bool { return m.ID != mutation.FreshConnection }), !e.Type.Known(), schemas.Validate(string(e.Type), schemas.Open, e.Body) != nil:
		return byNonsense
	default:
		return byGenuine
	}
}

// signed reports whether all of x was sent, with a signature that verifies.
func (r *run) signed(x *exchange.Exchange) bool {
	key, err := r.o.Endpoints.Keys.Key()
	if err != nil {
		return false
	}
	q := x.Last().Request
	if at := q.Framing.CutAt; at > 0 && at < len(q.Body) {
		return false
	}
	for _, values := range q.Header {
		for _, value := range values {
			if rtk.Verify(&key.PublicKey, q.Body, value) == nil || r.oldKey != nil && rtk.Verify(&r.oldKey.PublicKey, q.Body, value) == nil {
				return true
			}
		}
	}
	return false
}

// down reports whether the target has stopped working, and says how.
func (r *run) down() (how string, down bool) {
	if r.ended != nil {
		return r.ended.how, true
	}
	how, down = r.delivery.Breaker.Open()
	if r.rests.Load() >= enoughRests || down && r.delivery.Rest() > 0 && r.delivery.Breaker.Failing() {
		return "the target answers 5xx to nearly everything, and takes the same later; if it limits its rate, " + r.rateAdvice(), true
	}
	return how, down
}

// noteEnd looks whether the target has ended during a check that is over. Nonsense
// that only the real sender could send is no more than a note of its check; what
// anybody can send is for the gates. A target that no sender would have ended is
// started again.
func (r *run) noteEnd(ctx context.Context, p *Probe) {
	if r.ended != nil || ctx.Err() != nil {
		return
	}
	how := r.exited()
	risky := p.check.Phase == Risky || p.check.Phase == Wedging
	if how == "" && risky && !p.notRun {
		how = r.gone(ctx, p.check.Phase)
	}
	if how == "" {
		return
	}
	r.ended = r.endingOf(how, p.check.ID)
	if p.check.Phase == Wedging {
		r.ended.cause = byNonsense // it takes a key endpoint that does so
	}
	switch {
	case r.ended.cause == byNonsense:
		if p.verdict().Status.Severity() > Note.Severity() {
			p.Comment("%s", r.ended) // a note would not show
		}
		p.On(r.ended.by).AddFinding(Note, "%s", r.ended)
	case risky:
		r.failGates(ctx, r.ended)
	}
	if r.ended.cause == byNonsense {
		r.revive(ctx)
	}
}

// noteEndBefore looks whether the target has ended by itself before a check restarts it,
// which would hide that. What a key endpoint that failed on purpose has ended is judged by
// the checks of that.
func (r *run) noteEndBefore(p *Probe) {
	how := r.exited()
	failed := func(f wellknown.Fetch) bool { return f.Fault != wellknown.None && f.At.After(p.began) }
	if how == "" || r.ended != nil || p.ctx.Err() != nil || p.check.ID.Group() == "key" || slices.ContainsFunc(p.Keys().Log(), failed) {
		return
	}
	if e := r.endingOf(how, ""); e.cause == byNonsense {
		p.On(e.by).AddFinding(Note, "%s", e)
	} else {
		r.failGates(p.ctx, e)
	}
}

// gone looks whether the target still accepts a genuine delivery, and says how not. One
// that answers does not hang.
func (r *run) gone(ctx context.Context, after Phase) (how string) {
	x := r.tryGenuine(ctx)
	answers := x.Answer == exchange.Refused || x.Answer == exchange.Failing
	if x.Answer == exchange.Cut || x.Answer == exchange.Silent || answers && after != Wedging {
		return "the target does not work any more: a genuine delivery: " + x.Answered()
	}
	return ""
}

// tryGenuine makes one attempt of a genuine delivery. A target that fails now and then,
// or has forgotten the session, gets another one, with its retries.
func (r *run) tryGenuine(ctx context.Context) *exchange.Exchange {
	x := r.attempt(ctx)
	if x.Accepted() || x.Answer == exchange.Unanswered {
		return x
	}
	p := r.newProbe(ctx, &Check{}, "")
	p.Events().EndSession()
	return p.Control()
}

func (r *run) attempt(ctx context.Context) *exchange.Exchange {
	p := r.newProbe(ctx, &Check{}, "")
	return p.send.Once(exchange.Nonstandard, "a genuine delivery", mocksender.Delivery{Event: p.FreshAny()})
}

// failGates adds to the gates that are looked at after each group.
func (r *run) failGates(ctx context.Context, e *ending) {
	for _, c := range r.checks(AfterGroup) {
		p := r.probes[c]
		if p == nil {
			p = r.newProbe(ctx, c, "")
			r.probes[c] = p
		}
		p.On(e.by).Violation("%s", e)
	}
}

// Whoever watches over a target may start it again.
const (
	othersRevive = 2 * time.Second
	reviveEvery  = 100 * time.Millisecond
)

// revive starts the target again, if that can be done, or waits whether somebody
// else does.
func (r *run) revive(ctx context.Context) {
	p := r.newProbe(ctx, &Check{}, "")
	if p.Process().CanRestart() {
		r.progress.say(r.o.Target.RestartLimit, "the target is started again")
		if p.Process().TryKill() == nil {
			r.effects.Crashed(ctx)
		}
		return
	}
	for began := time.Now(); r.exited() == "" && ctx.Err() == nil && time.Since(began) < othersRevive; p.Pause(reviveEvery) {
		if r.attempt(ctx).Accepted() {
			r.ended = nil
			r.effects.Crashed(ctx)
			return
		}
	}
}

// runRisky runs the checks that a target may not survive. Nothing else is left to
// be judged by then.
func (r *run) runRisky(ctx context.Context) {
	if len(r.checks(Risky))+len(r.checks(Wedging)) == 0 || ctx.Err() != nil {
		return
	}
	r.useKeyHeld(ctx)
	r.runPhase(ctx, Risky)
	r.runPhase(ctx, Wedging)
	if r.report.Stopped == "" {
		r.effects.CollectRest(ctx)
	}
	r.callLater()
}

// useKeyHeld goes back to the key before the change, if the target does not accept
// the new one.
func (r *run) useKeyHeld(ctx context.Context) {
	if _, down := r.down(); down || r.oldKey == nil {
		return
	}
	if x := r.tryGenuine(ctx); x.Answer != exchange.Refused && x.Answer != exchange.Failing {
		return
	}
	r.o.Endpoints.Keys.Rotate(r.oldKey)
	r.oldKey = nil
	if !r.tryGenuine(ctx).Accepted() {
		r.revive(ctx)
	}
}

// noteLeft says in the report that the target does not work any more. If something
// was not judged for that, the run is not complete.
func (r *run) noteLeft() {
	if r.ended == nil {
		how := r.exited()
		if how == "" {
			return
		}
		r.ended = r.endingOf(how, "")
	}
	if r.unjudged || r.ended.cause == byGenuine {
		r.report.Stopped = r.ended.String()
	} else {
		r.report.Gone = r.ended.String()
	}
}
