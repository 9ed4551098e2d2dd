package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// RestartHint says what lets a run start a target anew.
const RestartHint = "give the command that starts it (-- COMMAND) or --restart-cmd"

// CanRestart reports whether the target can be started anew.
func (p *Probe) CanRestart() bool { return p.LacksRestart() == "" }

// Restart ends the target's process at once and starts it again. When it
// returns, the target accepts connections, none of before is used any more, and
// what it has accepted before it was ended has had the time to take effect. If
// it does not start, that is taken down as inconclusive; where nothing was seen
// of the end of the process, it is taken down that this cannot be judged. Only
// exclusive checks may.
func (p *Probe) Restart() bool {
	p.DrainEffects()
	return p.Kill()
}

// DrainEffects gives what the target has accepted the time to take effect.
func (p *Probe) DrainEffects() { p.run.calm(p.ctx) }

// Kill is Restart without a thought for what the target has yet to do.
func (p *Probe) Kill() bool { return p.hasRestarted(p.run.restart(p.ctx)) }

// KillUnder is Kill while the key endpoint fails with f. For a target that does
// not start without its key the fault is lifted, and nothing is held against it.
func (p *Probe) KillUnder(f wellknown.Fault) bool {
	all := &p.run.outages
	if !all.unstartable {
		p.SetKeyFault(f)
		err := p.run.restart(p.ctx)
		if err == nil {
			return true
		}
		if !p.CanRestart() {
			p.SetKeyFault(wellknown.None)
			return p.hasRestarted(err)
		}
		all.unstartable = p.ctx.Err() == nil
	}
	p.SetKeyFault(wellknown.None)
	return p.Kill()
}

// StartsWithKeyAlone reports whether the target was seen not to start while it
// could not have its key.
func (p *Probe) StartsWithKeyAlone() bool { return p.run.outages.unstartable }

// restart has the target started anew and waits until it accepts connections.
func (r *run) restart(ctx context.Context) error {
	switch {
	case r.o.Target.Restart == nil:
		return errors.New("conformance: nobody knows how: " + RestartHint)
	case r.unfit != nil:
		return r.unfit
	}
	began := time.Now()
	defer func() { r.waited(time.Since(began)) }()
	r.restarts++
	r.dropConnections() // a target that serves one at a time could not be watched beside them
	err := r.o.Target.Restart.Restart(ctx)
	r.dropConnections()
	if errors.As(err, &r.unfit) {
		r.processes.nextProcess() // the process may be a new one all the same
	}
	if err != nil {
		return err
	}
	if err := r.awaitListening(ctx); err != nil {
		return err
	}
	r.breaker.reset()
	r.processes.nextProcess()
	return nil
}

// dropConnections closes idle connections: their other end is gone.
func (r *run) dropConnections() {
	for _, s := range []*mocksender.Sender{r.genuine, r.suspicious, r.plain, r.single, r.patient} {
		s.CloseIdle()
	}
}

// The steps in which a target that was started anew is asked for a connection.
const (
	knockFirst = 10 * time.Millisecond
	knockMost  = 500 * time.Millisecond
)

// awaitListening opens connections to the target until one is accepted, for as long as
// the warm-up allows, and sends nothing.
func (r *run) awaitListening(ctx context.Context) error {
	e, err := r.events.opening()
	if err != nil {
		return err
	}
	d, err := r.selfCheck(AsSampled, mocksender.Delivery{Event: e})
	if err != nil {
		return err
	}
	began := time.Now()
	for wait := knockFirst; ; wait = min(2*wait, knockMost) {
		c, err := r.single.OpenIdle(ctx, r.o.Target.URL, d, mocksender.IdleAtOnce)
		if err == nil {
			return c.Close()
		}
		if refused := new(mocksender.NetError); !errors.As(err, &refused) || ctx.Err() != nil {
			return err
		}
		if time.Since(began)+wait > r.o.WarmUp {
			return fmt.Errorf("conformance: it accepts no connection within %s: %w", r.o.WarmUp, err)
		}
		pause(ctx, wait)
	}
}

// calm waits, before the target is killed, until what it has accepted must have
// taken effect. What a kill destroys is not to be held against it, but for the
// check that is about just that.
func (r *run) calm(ctx context.Context) {
	r.abate(ctx)
	r.snapshotEffects(ctx)
}

func (r *run) abate(ctx context.Context) {
	r.mu.Lock()
	due := r.restless && r.o.Target.Effects != nil
	r.restless = false
	var mark *Exchange
	for _, s := range slices.Concat(r.genuineSent, r.nonstandards) {
		// Oddities are genuine where somebody looks at their effect.
		if s.Answer == Accepted && !r.idle[s.Delivery.Event.Type] && (s.Delivery.Genuine() || s.watch != unwatched) && (mark == nil || s.ended.After(mark.ended)) {
			mark = s
		}
	}
	r.mu.Unlock()
	if !due || mark == nil {
		return
	}
	began := time.Now()
	defer func() { r.waited(time.Since(began)) }()
	quiet := r.o.Quiet
	for first := true; ; first = false {
		n, err := r.o.Target.Effects.Count(ctx, mark.query)
		if n > 0 && !first {
			quiet = max(quiet, 2*time.Since(mark.ended)) // it has been seen to come
		}
		if n > 0 {
			break
		}
		if err != nil || ctx.Err() != nil || r.exited() != "" || time.Since(mark.ended) > r.o.EffectsTimeout {
			// Its type means nothing to the target, it seems: not once more.
			r.mu.Lock()
			r.idle[mark.Delivery.Event.Type] = true
			r.mu.Unlock()
			break
		}
		pause(ctx, pollEvery)
	}
	pause(ctx, quiet-time.Since(mark.ended))
}

// waited adds to the time that the run has spent waiting.
func (r *run) waited(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Waited += d
}
