package observe

import (
	"context"
	"time"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
)

// processEffects adds up effects over the processes of a target, one after the
// other: a count in the memory of a process is gone with the process. So it is
// read before each kill, until it is known that the count survives one.
type processEffects struct {
	began   time.Time      // of the present process; zero: before the run
	counts  map[string]int // by key: what this process has shown
	past    map[string]int // by key: what all earlier processes had shown
	witness *effects.Query // an effect that an earlier process has shown
	kept    bool           // the count has survived a restart
	lost    bool           // it has not
}

// Drain waits, before the target is killed, until everything that it has accepted
// must have taken effect. What a kill destroys is not held against the target,
// except by the check that is about this. Then it reads the effects that the kill
// may take away.
func (c *Collector) Drain(ctx context.Context) {
	if !c.Counted() {
		return
	}
	began := time.Now()
	defer func() { c.o.Waited(time.Since(began)) }()
	c.watchRetried()
	c.settle(ctx)
	c.snapshot(ctx)
}

// settle waits for the effect of the delivery that was accepted last.
func (c *Collector) settle(ctx context.Context) {
	last := c.lastAccepted()
	if last == nil {
		return
	}
	quiet := c.o.Quiet
	for first := true; ; first = false {
		n, err := c.o.Counter.Count(ctx, c.requested(last).query)
		if n > 0 {
			if !first {
				quiet = max(quiet, 2*time.Since(last.Ended)) // it took this long to show
			}
			break
		}
		if err != nil || ctx.Err() != nil || c.o.Exited() || time.Since(last.Ended) > c.o.Timeout {
			c.idle[last.Delivery.Event.Type] = true // so that it is not waited for again
			break
		}
		pause.For(ctx, pollEvery)
	}
	pause.For(ctx, quiet-time.Since(last.Ended))
}

// lastAccepted returns the delivery whose effect shows last, if effects are
// awaited that may not have shown yet.
func (c *Collector) lastAccepted() *exchange.Exchange {
	c.mu.Lock()
	due := c.unsettled
	c.unsettled = false
	c.mu.Unlock()
	if !due {
		return nil
	}
	var last *exchange.Exchange
	for _, x := range c.o.Sent(exchange.Genuine, exchange.Nonstandard) {
		// A nonstandard delivery may have an effect where a check looks at it.
		mayShow := x.Accepted() && !c.idle[x.Delivery.Event.Type] && (x.Delivery.Genuine() || c.requested(x).watch != unwatched)
		if mayShow && (last == nil || x.Ended.After(last.Ended)) {
			last = x
		}
	}
	return last
}

// snapshot reads the effects that are gone if the target is killed now.
func (c *Collector) snapshot(ctx context.Context) {
	p := &c.processes
	if c.checkKept(ctx); p.kept {
		return
	}
	read := map[string]bool{}
	for _, x := range c.observed() {
		key := c.key(x)
		if read[key] || x.Ended.Before(p.began) {
			continue
		}
		read[key] = true
		query := c.requested(x).query
		n, err := c.o.Counter.Count(ctx, query)
		if err != nil || ctx.Err() != nil {
			return // what is wrong with the counter is reported at the end
		}
		p.counts[key] = n
		if n > 0 {
			p.witness = &query
		}
	}
}

// checkKept finds out whether the count has survived the last restart.
func (c *Collector) checkKept(ctx context.Context) {
	p := &c.processes
	if p.witness == nil || p.began.IsZero() || p.kept || p.lost {
		return
	}
	n, err := c.o.Counter.Count(ctx, *p.witness)
	if err == nil && ctx.Err() == nil {
		p.kept, p.lost = n > 0, n == 0
	}
}

// NextProcess begins the account of a new process of the target.
func (c *Collector) NextProcess() {
	p := &c.processes
	for key, n := range p.counts {
		p.past[key] += n
	}
	clear(p.counts)
	p.began = time.Now()
}

// before is what earlier processes have shown under key, and is not counted any
// more.
func (p *processEffects) before(key string) int {
	if !p.lost {
		return 0
	}
	return p.past[key]
}

// gone reports whether the effect of x can no longer be seen, because the process
// that had it took its count along.
func (p *processEffects) gone(x *exchange.Exchange) bool { return p.lost && x.Ended.Before(p.began) }
