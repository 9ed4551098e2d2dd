package delivery

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/time/rate"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

// pacer spreads requests over time: as the user wants it, and slower once the
// target has said that it gets too many.
type pacer struct {
	limiter *rate.Limiter
	turn    sync.Mutex // held during a request once requests go one by one
	mu      sync.Mutex
	serial  bool
	wanted  rate.Limit // what the user wants
	inARow  int        // deliveries that stayed limited
}

func newPacer(perSecond float64) *pacer {
	limit := rate.Inf
	if perSecond > 0 {
		limit = rate.Limit(perSecond)
	}
	return &pacer{limiter: rate.NewLimiter(limit, 1)}
}

// acquire waits until the next request may go; release ends the request.
func (p *pacer) acquire(ctx context.Context) (release func(), err error) {
	p.mu.Lock()
	serial := p.serial
	p.mu.Unlock()
	release = func() {}
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

// Requests a second to a target that limits its rate, and how they recover.
const (
	politeRate  = 40
	slowestRate = 2
	recovery    = 1.5
)

// hopelessAfter is how many deliveries in a row have to stay limited, however
// long the sender backed off, before no more time is spent on that.
const hopelessAfter = 3

// heed learns from a delivery that is over. The first limit makes requests go one
// by one. Each limit halves the rate, and each accepted delivery raises it again.
func (p *pacer) heed(x *exchange.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.Answer == exchange.Limited {
		p.inARow++
	} else {
		p.inARow = 0
	}
	limited := func(a mocksender.Attempt) bool { return exchange.RateLimited(a.Outcome) }
	switch limit := p.limiter.Limit(); {
	case x.Answer != exchange.Failing && slices.ContainsFunc(x.Attempts, limited):
		if !p.serial {
			p.serial = true
			p.wanted = limit
		}
		p.limiter.SetLimit(max(min(limit, politeRate)/2, slowestRate))
	case p.serial && x.Accepted():
		p.limiter.SetLimit(min(limit*recovery, p.wanted, politeRate))
	}
}

// hopeless reports that the target limits the rate whatever the run does.
func (p *pacer) hopeless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inARow >= hopelessAfter
}
