package conformance

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
)

// RestartHint says what lets a run restart a target.
const RestartHint = "give the command that starts it (-- COMMAND) or --restart-cmd"

// Process is the process of the target. Only exclusive checks may end it.
type Process struct{ p *Probe }

// Process ends the process of the target, and starts it again.
func (p *Probe) Process() Process { return Process{p} }

// CanRestart reports whether the target can be restarted.
func (t Process) CanRestart() bool { return t.LacksRestart() == "" }

// LacksRestart says what is missing for a restart of the target, in words that go
// on after a semicolon, or "" if nothing is.
func (t Process) LacksRestart() string {
	switch r := t.p.run; {
	case r.unfit != nil:
		return r.unfit.Why
	case r.o.Target.Restart == nil:
		return RestartHint
	}
	return ""
}

// Began is when the present process was started; zero: before the run.
func (t Process) Began() time.Time { return t.p.run.began }

// Stopped says how the target stopped working, and during which check, if it has.
func (t Process) Stopped() (how string, stopped bool) { return t.p.run.down() }

// Ended says how the target ended, and what came last, if it has, or if x was refused
// a connection. nonsense says that only the real sender could have sent that, and
// does not: it is no more than a note of the check that sent it.
func (t Process) Ended(x *exchange.Exchange) (how string, nonsense bool) {
	r := t.p.run
	e := r.ended
	if e == nil && x.Last().Outcome.Class == mocksender.ClassRefused {
		e = r.endingOf("the target accepts no connection any more", "")
		for c, p := range r.probes {
			if e.cause == byNonsense && string(c.ID) == e.by.Check {
				p.On(e.by).AddFinding(Note, "%s", e)
			}
		}
	}
	if e == nil {
		return "", false
	}
	return e.String(), e.cause == byNonsense
}

// goneSoon is how long after a cut connection the end of its process may show.
const goneSoon = 50 * time.Millisecond

// Gone reports whether the process has ended by itself, or nothing listens any more,
// after x was not answered.
func (t Process) Gone(x *exchange.Exchange) bool {
	if x.Answer != exchange.Cut {
		return false
	}
	t.p.Pause(goneSoon)
	refused, _ := t.p.send.Knock(mocksender.Delivery{Event: x.Made}, nil)
	return refused || t.Exited()
}

// Exited reports whether the process has ended by itself.
func (t Process) Exited() bool { return t.p.run.exited() != "" }

// Drain gives what the target has accepted the time to take effect.
func (t Process) Drain() { t.p.run.effects.Drain(t.p.ctx) }

// Restart ends the target's process at once and starts it again, after Drain. When
// it returns, the target accepts connections, and earlier ones are not used any
// more. It records why a target was not restarted: a target that does not start
// makes the verdict inconclusive; if nothing was seen of the end of the process,
// there is nothing to judge.
func (t Process) Restart() bool {
	t.Drain()
	return t.Kill()
}

// Kill is Restart without Drain.
func (t Process) Kill() bool {
	t.p.run.noteEndBefore(t.p)
	return t.Restarted(t.TryKill())
}

// TryKill is Kill, and records nothing.
func (t Process) TryKill() error {
	r := t.p.run
	switch {
	case r.o.Target.Restart == nil:
		return errors.New("conformance: nobody knows how: " + RestartHint)
	case r.unfit != nil:
		return r.unfit
	}
	began := time.Now()
	defer func() { t.p.Waited(time.Since(began)) }()
	defer t.p.Waiting(r.o.Target.RestartLimit, "starting the target again")()
	r.delivery.CloseIdle() // a target that serves one connection at a time could not be watched beside them
	err := r.o.Target.Restart.Restart(t.p.ctx)
	r.delivery.CloseIdle() // their other end is gone
	if errors.As(err, &r.unfit) {
		t.next() // the process may be a new one all the same
	}
	if err != nil {
		return err
	}
	ends := func(c io.Closer) bool { return mocksender.EndsAtOnce(c, time.Since(began)) }
	if r.o.Target.Embedded {
		ends = nil // nothing stands between it and its port
	}
	if err := t.awaitListening(ends); err != nil {
		return err
	}
	r.startUp = time.Since(began)
	r.delivery.Breaker.Reset()
	r.ended = nil
	t.next()
	return nil
}

// next begins the account of a new process.
func (t Process) next() {
	t.p.run.began = time.Now()
	t.p.run.effects.NextProcess()
}

// Restarted reports whether TryKill restarted the target, by its error, and
// records why not.
func (t Process) Restarted(err error) bool {
	p := t.p
	var unknown *NotRestarted
	switch {
	case err == nil:
		return true
	case p.Interrupted():
	case errors.As(err, &unknown) && unknown.Failed:
		p.On().Inconclusive("the target was not restarted: %s", unknown.Why)
	case errors.As(err, &unknown):
		p.Skip("whether the target was restarted is not known: %s", unknown.Why)
	default:
		why := strings.TrimPrefix(err.Error(), "conformance: ")
		p.run.delivery.Breaker.Trip(string(p.check.ID), why)
		p.On().Inconclusive("the target could not be restarted: %s", why)
	}
	return false
}

// The waits between two connections to a target that is starting.
const (
	listenFirstWait = 10 * time.Millisecond
	listenMaxWait   = 500 * time.Millisecond
)

// AwaitListening opens connections to the target until one is accepted, for as
// long as the warm-up allows, and sends nothing.
func (t Process) AwaitListening() error { return t.awaitListening(nil) }

// awaitListening is AwaitListening, and does not count a connection that ends, if that is
// not nil, says is ended at once: a proxy accepts those before the target listens behind it.
func (t Process) awaitListening(ends func(io.Closer) bool) error {
	p := t.p
	e, err := p.run.events.Opening()
	if err != nil {
		return err
	}
	began := time.Now()
	for wait := listenFirstWait; ; wait = min(2*wait, listenMaxWait) {
		refused, err := p.send.Knock(mocksender.Delivery{Event: e}, ends)
		if err == nil || !refused || p.ctx.Err() != nil {
			return err
		}
		if time.Since(began)+wait > p.run.o.WarmUp {
			return fmt.Errorf("conformance: it was not ready within %s: %w", p.run.o.WarmUp, err)
		}
		pause.For(p.ctx, wait)
	}
}
