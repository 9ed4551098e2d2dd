package observe

import (
	"context"
	"time"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
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
	c.mu.Lock()
	due := c.unsettled
	c.unsettled = false
	c.mu.Unlock()
	if due {
		c.settle(ctx)
	}
	c.snapshot(ctx)
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
	c.backlog.settled = p.began
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
