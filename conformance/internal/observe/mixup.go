package observe

import (
	"context"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
)

// mixup says that effects appeared under ids of other deliveries: a handler that keeps
// memory of a request that the next one overwrites stores the work of a genuine delivery
// under the id of whatever came next, which may be a forgery.
type mixup struct {
	forgeries []*exchange.Exchange // refused, and with an effect that is not theirs
	genuine   []*exchange.Exchange // accepted, and without an effect of their own
}

// triedAlone is how many of the forgeries are sent once more.
const triedAlone = 3

// findMixup finds out whose the effects of refused forgeries are. If genuine deliveries
// lack theirs, some of the forgeries are sent again, while nothing else is under way: one
// that has no effect then did not have the other one either.
func (c *Collector) findMixup(ctx context.Context, lag time.Duration, again func(*exchange.Exchange) *exchange.Exchange) {
	var m mixup
	for _, x := range c.o.Sent(exchange.Forgery) {
		if effect, known := c.Stray(x); known && effect && x.Answer.Rejected() {
			m.forgeries = append(m.forgeries, x)
		}
	}
	if len(m.forgeries) == 0 {
		return
	}
	if m.genuine = c.withoutTheirs(ctx); len(m.genuine) == 0 {
		return
	}
	step := max(1, len(m.forgeries)/triedAlone)
	for i := 0; i < len(m.forgeries); i += step {
		pause.For(ctx, max(c.o.Quiet, 2*lag))
		x := again(m.forgeries[i])
		if x == nil || !x.Answer.Rejected() || ctx.Err() != nil {
			return
		}
		pause.For(ctx, max(c.o.Quiet, 2*lag))
		if n, err := c.o.Counter.Count(ctx, c.requested(x).query); err != nil || n > 0 {
			return // it acts on forgeries
		}
	}
	c.found.mixup = m
}

// withoutTheirs returns the accepted genuine deliveries that had no effect, though
// others of their variant had one.
func (c *Collector) withoutTheirs(ctx context.Context) []*exchange.Exchange {
	var out []*exchange.Exchange
	for _, x := range c.o.Sent(exchange.Genuine) {
		if !x.Accepted() || !c.backlog.shows[c.variant(x)] {
			continue
		}
		n, err := c.o.Counter.Count(ctx, c.requested(x).query)
		if err == nil && n+c.processes.before(c.key(x)) == 0 && !c.processes.gone(x) {
			out = append(out, x)
		}
	}
	return out
}

// MixedUp returns the forgeries under whose ids effects of other deliveries appeared, and
// the genuine deliveries without an effect of their own. After that no effect says
// anything about the delivery that it is counted for. Both are empty otherwise.
func (e *Effects) MixedUp() (forgeries, genuine []*exchange.Exchange) {
	return e.found.mixup.forgeries, e.found.mixup.genuine
}

func (e *Effects) mixedUp() bool { return len(e.found.mixup.forgeries) > 0 }
