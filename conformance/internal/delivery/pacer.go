package delivery

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
)

// pacer spreads requests over time: as the user wants it, and slower once the
// target has said that it gets too many, or has been found to limit its rate
// without saying so.
type pacer struct {
	limiter *rate.Limiter
	turn    sync.Mutex // held during a request once requests go one by one
	// inFlight is how many requests are under way that need no turn.
	inFlight atomic.Int64

	mu       sync.Mutex // guards the rest
	serial   bool
	saidSo   bool       // the target has asked for time when a genuine delivery came
	oneByOne bool       // deliveries that were sent at a time have failed, and passed alone
	wanted   rate.Limit // what the user wants, or less if FindPace has found that
	before   rate.Limit // wanted, before FindPace has found less
	worked   rate.Limit // the last rate at which a delivery was accepted one by one
	asked    float64    // requests a second that the target names; 0: it names none
	tooMany  bool       // the target has answered 429
	inARow   int        // deliveries that stayed limited

	late   int          // deliveries that were answered 5xx first, and accepted when they came again
	lateAt [2]time.Time // the first of them, the last

	found    bool // FindPace has found a limit
	foundAt  time.Time
	statuses map[int]bool // by which the target limits its rate, though nothing says so
	stuck    bool         // FindPace has found a target that accepts nothing, and nothing was accepted since
	chance   int          // how often FindPace has found failures at any pace
	vain     int          // how often it has found a target that accepts nothing
}

func newPacer(perSecond float64) *pacer {
	limit := rate.Inf
	if perSecond > 0 {
		limit = rate.Limit(perSecond)
	}
	return &pacer{limiter: rate.NewLimiter(limit, 1), wanted: limit, statuses: map[int]bool{}}
}

// acquire waits until the next request may go; release ends the request.
func (p *pacer) acquire(ctx context.Context) (release func(), err error) {
	p.mu.Lock()
	serial := p.serial || p.oneByOne
	if !serial {
		p.inFlight.Add(1)
	}
	p.mu.Unlock()
	release = func() { p.inFlight.Add(-1) }
	if serial {
		p.turn.Lock()
		release = p.turn.Unlock
	}
	if err := p.limiter.Wait(ctx); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// reserve returns how long a retry has to wait that would come after wait: longer where
// the user has set a rate or FindPace has found one. What is answered 429 backs off by
// itself.
func (p *pacer) reserve(wait time.Duration) time.Duration {
	p.mu.Lock()
	known := p.wanted != rate.Inf
	p.mu.Unlock()
	if !known {
		return wait
	}
	now := time.Now()
	return max(wait, p.limiter.ReserveN(now.Add(wait), 1).DelayFrom(now))
}

// awaitTurn waits until an attempt may go that is not made again. A target that has
// answered 429, and has not taken enough since, gets the time that it has asked for. A 503
// that names a time may be about the key.
func (p *pacer) awaitTurn(ctx context.Context) {
	_ = p.limiter.Wait(ctx) // the caller's ctx has ended
	p.mu.Lock()
	said, asked := p.tooMany && !p.found && p.limiter.Limit() < politeRate, p.asked
	p.mu.Unlock()
	if said {
		pause.For(ctx, min(time.Duration(float64(time.Second)/cmp.Or(asked, slowestRate)), limitedMaxWait))
	}
}

// limits reports whether an outcome asks the sender to come back later.
func (p *pacer) limits(o mocksender.Outcome) bool {
	if p == nil || exchange.RateLimited(o) {
		return exchange.RateLimited(o)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return o.Err == nil && p.statuses[o.Status]
}

// asksForTime reports whether an answer to a forgery that asks the sender to come back
// later may be about the key: a receiver that may not fetch it again yet says so too. Once
// it was said to a genuine delivery, it is about the rate. Until then it counts as a 5xx,
// and FindPace finds out whether genuine deliveries pass meanwhile.
func (p *pacer) asksForTime(kind exchange.Kind, o mocksender.Outcome) bool {
	if p == nil || kind != exchange.Forgery && kind != exchange.Unverifiable || o.Status != http.StatusServiceUnavailable {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.saidSo && !p.found
}

// Requests a second to a target that limits its rate, and how they recover.
const (
	politeRate   = 40
	slowestRate  = 2
	slowestFound = 0.5 // where FindPace has found the rate
	recovery     = 1.5
)

// alwaysLimitedAfter is how many deliveries in a row have to stay limited, however
// long the sender backed off, before no more time is spent on that.
const alwaysLimitedAfter = 3

// learn takes what there is to learn from a delivery that is over. The first limit makes requests go one
// by one. Each limit halves the rate, and each delivery that was judged raises it again.
func (p *pacer) learn(x *exchange.Exchange) {
	limited := func(a mocksender.Attempt) bool { return p.limits(a.Outcome) && !p.asksForTime(x.Kind, a.Outcome) }
	hit := x.Answer != exchange.Failing && slices.ContainsFunc(x.Attempts, limited)
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.Answer == exchange.Limited {
		p.inARow++
	} else {
		p.inARow = 0
	}
	p.stuck = p.stuck && !x.Accepted()
	if x.Accepted() && x.FirstStatus() >= 500 {
		if p.lateAt[1] = x.Last().At; p.late == 0 {
			p.lateAt[0] = p.lateAt[1]
		}
		p.late++
	}
	switch limit := p.limiter.Limit(); {
	case hit:
		p.serial, p.saidSo = true, true
		for _, a := range x.Attempts {
			p.tooMany = p.tooMany || a.Outcome.Status == http.StatusTooManyRequests
			if perSecond, ok := exchange.RateAskedFor(a.Outcome.Header, time.Now()); ok {
				p.asked = perSecond
			}
		}
		if !p.refuted() {
			p.slower()
		}
	case p.serial && (x.Accepted() || x.Answer == exchange.Refused):
		if x.Accepted() {
			p.worked = limit
		}
		p.limiter.SetLimit(min(limit*recovery, p.wanted, politeRate))
	}
}

// slower halves the rate. It reports false if the rate is as low as it gets; mu is
// held.
func (p *pacer) slower() bool {
	slowest := rate.Limit(slowestRate)
	if p.found {
		slowest = slowestFound
	}
	before := p.limiter.Limit()
	p.limiter.SetLimit(max(min(before, politeRate)/2, min(slowest, before)))
	return p.limiter.Limit() < before
}

// alwaysLimited reports that the target limits the rate whatever the run does.
func (p *pacer) alwaysLimited() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inARow >= alwaysLimitedAfter
}

// Found is the rate that FindPace has found, in requests a second; 0: none.
func (c *Client) Found() float64 {
	c.pace.mu.Lock()
	defer c.pace.mu.Unlock()
	if !c.pace.found {
		return 0
	}
	return float64(c.pace.wanted)
}

// lateRate is how many deliveries a second came through of those that were answered 5xx
// first; 0: too few did. mu is held.
func (p *pacer) lateRate() rate.Limit {
	if span := p.lateAt[1].Sub(p.lateAt[0]).Seconds(); span > 0 {
		return rate.Limit(float64(p.late-1) / span)
	}
	return 0
}

// longestRest is how long a target may need to take a delivery again.
const longestRest = 10 * time.Second

// Rest is how long to send nothing to a target, so that it does not answer 5xx because
// too much comes; 0: nothing speaks for that, as it has never taken what it had answered
// 5xx before.
func (c *Client) Rest() time.Duration {
	c.pace.mu.Lock()
	defer c.pace.mu.Unlock()
	if perSecond := c.pace.lateRate(); perSecond > 0 {
		return min(time.Duration(2/float64(perSecond)*float64(time.Second)), longestRest)
	}
	return 0
}

// Advice is how many requests a second the target takes: what it names, or else what
// worked. 0: nobody knows.
func (c *Client) Advice() float64 { return c.pace.advice() }

func (p *pacer) advice() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	perSecond := p.asked
	switch {
	case perSecond > 0:
	case p.found:
		perSecond = float64(p.limiter.Limit())
	default:
		perSecond = float64(cmp.Or(p.worked, p.lateRate()))
	}
	if perSecond < 10 {
		return math.Floor(perSecond*10) / 10
	}
	return math.Floor(perSecond)
}
