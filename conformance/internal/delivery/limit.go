package delivery

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
)

// A gateway such as nginx answers a bare 503 to what comes too fast, genuine or not. It
// looks like a receiver that fails, or that keeps a forgery out.

// How a limit is looked for: some deliveries at the same pace, of which most have to pass,
// since one may by chance, with a limit or without. Then pauses that double up to
// the longest, then deliveries at full speed again, and last some at the pace that was
// found. A target that fails often, and by chance, does so at any pace.
const (
	samePace     = 3
	firstPause   = 50 * time.Millisecond
	longestPause = 800 * time.Millisecond
	fullSpeed    = 8
	foundPace    = 16
)

// How many searches may end at a target that fails at any pace, and how many at one that
// takes nothing, before no more are made: it fails by chance, or nobody knows.
const (
	chanceSearches = 3
	vainSearches   = 3
)

// margin is how much more time than it needs a target gets between two requests, since
// neither clocks nor networks are exact.
const margin = 1.1

// Pace is what FindPace has found.
type Pace int

const (
	PaceUnknown Pace = iota // the target takes nothing at all now
	PaceFine                // it takes genuine deliveries at the same pace, or fails at any pace
	PaceSlower              // it does not, and the run is slower now
	PaceOutage              // it took nothing for a moment
)

// FindPace is asked when the target has answered x with a 5xx. It finds out whether the
// target does that to whatever comes too fast, and slows the run down then. next makes
// genuine deliveries. A target that takes one of them has not stopped working.
func (s *Session) FindPace(x *exchange.Exchange, next func() mocksender.Delivery) Pace {
	defer s.c.pace.alone(s.ctx)()
	if s.c.pace.slowerSince(x) {
		return PaceSlower
	}
	search := &search{s: s, next: next, statuses: map[int]bool{}}
	pace, works := search.pace()
	failing := x.Kind == exchange.Genuine && x.Answer == exchange.Failing
	switch {
	case works:
		s.c.Breaker.Reset()
	case failing:
		s.c.Breaker.observe(s.check, x)
	}
	if pace == PaceFine && failing && !s.c.o.Serial && s.c.pace.goOneByOne() {
		return PaceSlower // what passes alone may be too much together
	}
	return pace
}

// pace also reports whether the target works: at that pace it takes what comes.
func (t *search) pace() (pace Pace, works bool) {
	p := t.s.c.pace
	if t.mostPass(samePace) {
		return PaceFine, t.works
	}
	if t.limited != nil {
		p.learn(t.limited)
		return PaceSlower, true // by as much as it asks for
	}
	if now, known := p.again(); known {
		return now, now == PaceSlower
	}
	interval := t.interval(firstPause, 2)
	if interval == 0 {
		p.giveUp()
		return PaceUnknown, false
	}
	if t.allPass(fullSpeed, 0) {
		return PaceOutage, t.works
	}
	// What passed after a long pause has left a part of what the next one needs. What passes
	// while it is asked for in small steps leaves no more than a step is worth.
	step := max(interval/8, firstPause/5)
	for range 2 {
		if whole := t.interval(step, 1); whole > 0 {
			interval = whole + step
		}
	}
	interval = time.Duration(float64(interval) * margin)
	if !t.allPass(foundPace, interval) {
		p.failsByChance()
		return PaceFine, false
	}
	p.keepTo(rate.Every(interval), t.statuses)
	return PaceSlower, t.works
}

// again reports what an earlier search makes needless.
func (p *pacer) again() (Pace, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.refuted(); {
	case p.found && p.slower():
		return PaceSlower, true
	case p.found, p.stuck, p.vain >= vainSearches:
		return PaceUnknown, true
	case p.chance >= chanceSearches:
		return PaceFine, true
	}
	return PaceUnknown, false
}

// giveUp searches no more until something is accepted.
func (p *pacer) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stuck = true
	p.vain++
}

// failsByChance notes that a search found failures at any pace.
func (p *pacer) failsByChance() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chance++
}

// refutedBy is how much slower than the limit that was found a target may still fail, as
// the windows of limits differ, before no limit is the reason.
const refutedBy = 8

// drained is how long a search waits for deliveries that are on their way: with their
// retries they would take what a limit leaves.
const drained = time.Second

// alone gives the caller the only turn, until the function that it returns is called.
func (p *pacer) alone(ctx context.Context) (over func()) {
	p.mu.Lock()
	was := p.serial
	p.serial = true
	p.mu.Unlock()
	p.turn.Lock()
	for began := time.Now(); p.inFlight.Load() > 0 && time.Since(began) < drained && ctx.Err() == nil; {
		pause.For(ctx, 5*time.Millisecond)
	}
	return func() {
		p.turn.Unlock()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.serial = was || p.found || p.saidSo
	}
}

// keepTo slows the run down for good. A target that answers any of statuses, on which
// nothing says so, limits the rate.
func (p *pacer) keepTo(limit rate.Limit, statuses map[int]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found, p.statuses, p.before, p.wanted = true, statuses, p.wanted, min(p.wanted, limit)
	p.limiter.SetLimit(p.wanted)
	p.foundAt = time.Now()
}

// goOneByOne has requests go one by one from now on, and reports whether they did not yet.
func (p *pacer) goOneByOne() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	did := p.oneByOne
	p.oneByOne = true
	return !did
}

// slowerSince reports whether a limit was found after the last attempt of x, which came
// too fast then.
func (p *pacer) slowerSince(x *exchange.Exchange) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.found && len(x.Attempts) > 0 && x.Last().At.Before(p.foundAt)
}

// refuted drops the limit that was found, if the target fails at a small part of that
// rate as well: it fails by chance. mu is held.
func (p *pacer) refuted() bool {
	if !p.found || p.limiter.Limit() > p.wanted/refutedBy {
		return false
	}
	p.found, p.statuses, p.wanted, p.chance = false, map[int]bool{}, p.before, chanceSearches
	p.limiter.SetLimit(p.wanted)
	return true
}

// search is one search for a limit.
type search struct {
	s        *Session
	next     func() mocksender.Delivery
	statuses map[int]bool       // that kept deliveries out
	passed   time.Time          // when one passed last
	works    bool               // one was accepted, or refused
	limited  *exchange.Exchange // that was asked to come back later
}

func (t *search) mostPass(n int) bool {
	passed, kept := 0, 0
	for passed <= n/2 && kept <= n/2 {
		if t.passes(0) {
			passed++
		} else {
			kept++
		}
	}
	return passed > kept
}

func (t *search) allPass(n int, wait time.Duration) bool {
	for range n {
		if !t.passes(wait) {
			return false
		}
	}
	return true
}

// passes reports whether a delivery reaches the receiver after wait.
func (t *search) passes(wait time.Duration) bool {
	pause.For(t.s.ctx, wait)
	if t.s.c.o.Exited() != "" || t.s.c.pace.limiter.Wait(t.s.ctx) != nil {
		return false
	}
	x, err := t.s.send(t.s.c.single, exchange.Nonstandard, "a genuine delivery at the same pace", t.next())
	if err != nil {
		t.s.failed(x.Label, err)
		return true
	}
	switch x.Answer {
	case exchange.Failing, exchange.Cut, exchange.Limited:
		if last := x.Last().Outcome; last.Err == nil {
			t.statuses[last.Status] = true
			if exchange.RateLimited(last) {
				t.limited = x
			}
		}
		return false
	}
	t.passed = time.Now()
	t.works = t.works || x.Accepted() || x.Answer == exchange.Refused
	return true
}

// interval waits until a delivery passes, in pauses that grow by factor, and returns how
// long that took since one passed before; 0: none does.
func (t *search) interval(wait time.Duration, factor time.Duration) time.Duration {
	began := t.passed
	if began.IsZero() {
		began = time.Now()
	}
	for limit := began.Add(2 * longestPause); wait <= longestPause && time.Now().Before(limit) && t.s.ctx.Err() == nil; wait *= factor {
		if t.passes(wait) {
			return time.Since(began)
		}
	}
	return 0
}
