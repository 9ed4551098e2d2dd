package observe

import (
	"context"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
)

// Bounds of the wait for a queue of the target.
const (
	sampleSize  = 56 // deliveries of a backlog that are looked at
	newestOnes  = 8  // of these, the last ones: several workers do them side by side
	sweepsInAll = 20 // looks at a sample while Timeout passes
	// backlogTimes is how many times Timeout a run spends on queues that are still
	// worked on.
	backlogTimes = 24
)

// backlog is what is known of the target's pace.
type backlog struct {
	settled time.Time       // what was accepted before has been given its time
	shows   map[string]bool // variants of which a delivery has had an effect
	without map[string]int  // by variant: how often it was given time, and had none
	missed  bool            // one of which others have had one had none
	slowest time.Duration   // the longest time to an effect so far
	spent   time.Duration   // beyond Timeout, of the run
}

// settle waits until what the target has accepted must have taken effect: until the
// last delivery has, and a sample of those before it, or until nothing more has
// happened for Timeout. As long as more effects come, a queue is worked off, and it gets
// more time.
func (c *Collector) settle(ctx context.Context) {
	open := c.outstanding()
	c.backlog.settled = time.Now()
	if len(open) == 0 {
		return
	}
	w := &wait{last: open[len(open)-1], open: open, began: time.Now()}
	w.moved = w.last.Ended
	for !c.over(ctx, w) {
		pause.For(ctx, pollEvery)
	}
	c.backlog.spent += max(0, time.Since(w.began)-c.o.Timeout)
	if w.shown {
		// What nothing announces, such as the effect of a forgery, is not much later.
		c.backlog.slowest = max(c.backlog.slowest, w.lag)
		pause.For(ctx, max(c.o.Quiet-time.Since(w.last.Ended), min(w.lag, c.o.Timeout/4)))
	}
}

// wait is one wait for outstanding effects.
type wait struct {
	last  *exchange.Exchange   // accepted
	open  []*exchange.Exchange // a sample of what is outstanding
	began time.Time
	moved time.Time // when an effect was last seen to show, at first the end of last
	swept time.Time // when open was last looked at
	looks int
	// newest is the least age at which a delivery was seen to have had its effect: it took
	// no longer.
	newest time.Duration
	shown  bool          // last has had an effect
	lag    time.Duration // from the end of last to that
	told   bool          // people know
}

// over looks at what is outstanding, and reports that there is nothing more to wait for.
func (c *Collector) over(ctx context.Context, w *wait) bool {
	if !w.shown {
		n, err := c.o.Counter.Count(ctx, c.requested(w.last).query)
		if err != nil || c.o.Exited() {
			return true
		}
		if n > 0 {
			c.showed(w)
		}
	}
	if c.sweepDue(w) {
		again := !w.swept.IsZero()
		if c.sweep(ctx, w) && again {
			w.moved = time.Now()
		}
	}
	w.looks++
	switch {
	case ctx.Err() != nil, w.shown && !c.anyShows(w.open):
		return true
	case time.Since(w.moved) > c.waitAfterLast(w):
		c.miss(w)
		return true
	case c.backlog.spent+time.Since(w.began) > backlogTimes*c.o.Timeout:
		c.found.unfinished = true
		return true
	case time.Since(w.began) > c.o.Timeout/2 && !w.told:
		w.told = true
		c.o.Say(backlogTimes*c.o.Timeout-c.backlog.spent-time.Since(w.began), "waiting for the effects of what the target has accepted, as long as more of them come")
	}
	return false
}

// showed notes that the last delivery has had an effect.
func (c *Collector) showed(w *wait) {
	w.shown = true
	w.open = slices.DeleteFunc(w.open, func(x *exchange.Exchange) bool { return x == w.last })
	c.backlog.shows[c.variant(w.last)] = true
	if w.looks > 0 {
		w.moved, w.lag = time.Now(), time.Since(w.last.Ended)
		return
	}
	// Most targets do their work before they answer. A few looks show that.
	w.open = w.open[max(0, len(w.open)-newestOnes):]
}

// sweepDue reports that the sample is to be looked at: at first only if the last effect
// has shown or takes long.
func (c *Collector) sweepDue(w *wait) bool {
	if w.swept.IsZero() {
		return w.shown || time.Since(w.began) > c.o.Quiet
	}
	return time.Since(w.swept) > c.o.Timeout/sweepsInAll
}

// waitAfterLast is how long another effect is waited for after the last one.
func (c *Collector) waitAfterLast(w *wait) time.Duration {
	b := &c.backlog
	// Events of the variant of the last one may mean nothing to the target.
	pointless := !w.shown && !w.swept.IsZero() && len(b.shows) > 0 && !b.shows[c.variant(w.last)] && !c.anyShows(w.open)
	if b.missed || pointless && w.moved.Equal(w.last.Ended) {
		return min(c.o.Timeout, 4*max(c.o.Quiet, b.slowest, w.newest))
	}
	return c.o.Timeout
}

// anyShows reports whether the effect of one of xs is to be expected.
func (c *Collector) anyShows(xs []*exchange.Exchange) bool {
	return slices.ContainsFunc(xs, func(x *exchange.Exchange) bool { return c.backlog.shows[c.variant(x)] })
}

// timesWithout is how often a variant may have no effect before it is not waited for any
// more.
const timesWithout = 2

// miss notes what has had no effect, though nothing is being worked on.
func (c *Collector) miss(w *wait) {
	b := &c.backlog
	b.missed = b.missed || c.anyShows(w.open)
	had := map[string]bool{}
	for _, x := range w.open {
		v := c.variant(x)
		if !had[v] && !b.shows[v] {
			b.without[v]++
		}
		if had[v] = true; len(b.shows) == 0 {
			b.without[v] = timesWithout
		}
	}
}

// sweep takes the deliveries that have had an effect out of those that are open, and
// reports whether there were any.
func (c *Collector) sweep(ctx context.Context, w *wait) bool {
	w.swept = time.Now()
	before := len(w.open)
	w.open = slices.DeleteFunc(w.open, func(x *exchange.Exchange) bool {
		n, err := c.o.Counter.Count(ctx, c.requested(x).query)
		if err != nil || n == 0 {
			return false
		}
		c.backlog.shows[c.variant(x)] = true
		if age := time.Since(x.Ended); w.newest == 0 || age < w.newest {
			w.newest = age
		}
		return true
	})
	return len(w.open) < before
}

// outstanding returns a sample of the deliveries that were accepted since the last
// time, and by the present process, ordered by time, with the last one at the end.
func (c *Collector) outstanding() []*exchange.Exchange {
	first := map[string]*exchange.Exchange{} // accepted under a key: a duplicate has no effect
	for _, x := range c.o.Sent(exchange.Genuine, exchange.Nonstandard) {
		if other := first[c.key(x)]; x.Accepted() && (other == nil || x.Ended.Before(other.Ended)) {
			first[c.key(x)] = x
		}
	}
	var all []*exchange.Exchange
	for _, x := range first {
		// A nonstandard delivery may have an effect where a check looks at it.
		if x.Ended.After(c.backlog.settled) && c.backlog.without[c.variant(x)] < timesWithout &&
			(x.Delivery.Genuine() || c.requested(x).watch != unwatched) {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b *exchange.Exchange) int { return a.Ended.Compare(b.Ended) })
	return thinned(all)
}

// thinned returns the newest of all, and some of the others, evenly spread.
func thinned(all []*exchange.Exchange) []*exchange.Exchange {
	others := len(all) - newestOnes
	step := max(1, (others+sampleSize-newestOnes-1)/(sampleSize-newestOnes))
	var out []*exchange.Exchange
	for i, x := range all {
		if i >= others || i%step == 0 {
			out = append(out, x)
		}
	}
	return out
}

// FirstEffect waits up to limit until one of xs, which are of one variant, has an
// effect, and returns that one, or nil. known is false if no delivery of the variant is
// known to have one.
func (c *Collector) FirstEffect(ctx context.Context, limit time.Duration, xs ...*exchange.Exchange) (first *exchange.Exchange, known bool) {
	if !c.Counted() || !c.showsAny(ctx, c.variant(xs[0])) {
		return nil, false
	}
	for began := time.Now(); ; pause.For(ctx, pollEvery) {
		for _, x := range xs {
			if n, err := c.o.Counter.Count(ctx, c.requested(x).query); err == nil && n > 0 {
				return x, true
			}
		}
		if ctx.Err() != nil || c.o.Exited() || time.Since(began) > limit {
			return nil, true
		}
	}
}

// showsAny reports whether a delivery of a variant is known to have had an effect.
func (c *Collector) showsAny(ctx context.Context, variant string) bool {
	for _, x := range c.samples(nil) {
		if c.backlog.shows[variant] || c.variant(x) != variant {
			continue
		}
		if n, err := c.o.Counter.Count(ctx, c.requested(x).query); err == nil && n > 0 {
			c.backlog.shows[variant] = true
		}
	}
	return c.backlog.shows[variant]
}
