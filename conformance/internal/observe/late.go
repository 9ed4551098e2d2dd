package observe

import (
	"context"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
)

// CollectRest reads, after Collect, the effects of what was sent since, once.
func (c *Collector) CollectRest(ctx context.Context) {
	var rest []*exchange.Exchange
	for _, x := range c.observed() {
		if x.Ended.After(c.at) {
			rest = append(rest, x)
		}
	}
	if !c.collected || len(rest) == 0 {
		return
	}
	if c.found.on {
		pause.For(ctx, c.o.Quiet)
	}
	for _, x := range rest {
		key := c.key(x)
		if _, ok := c.found.counts[key]; ok || !c.found.on {
			continue
		}
		n, err := c.o.Counter.Count(ctx, c.requested(x).query)
		if err != nil || ctx.Err() != nil {
			return // what was read before stands
		}
		c.found.counts[key] = n + c.processes.before(key)
	}
	c.readCanaries()
	c.readCalls()
}

// Crashed says that the process of the target has ended by itself, and that there is
// a new one: nobody has read before what the old one counted in its memory. If an
// effect that it had shows, the count is not in the memory.
func (c *Collector) Crashed(ctx context.Context) {
	p := &c.processes
	if !c.Counted() || p.kept || p.lost {
		return
	}
	for _, x := range c.samples(nil) {
		if n, err := c.o.Counter.Count(ctx, c.requested(x).query); err == nil && n > 0 {
			p.kept = true
			return
		}
	}
	p.lost = true
}
