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
	sampleSize  = 32 // deliveries of a backlog that are looked at
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
	missed  bool            // one that shows otherwise had none
	slowest time.Duration   // the longest time to an effect so far
	spent   time.Duration   // beyond Timeout, of the run
}

// settle waits until what the target has accepted must have taken effect: until the
// last delivery has, or until nothing more has happened for Timeout. As long as
// effects of a backlog still come, it is worked on, and gets more time.
func (c *Collector) settle(ctx context.Context) {
	open := c.outstanding()
	c.backlog.settled = time.Now()
	if len(open) == 0 {
		return
	}
	last := open[len(open)-1]
	began := time.Now()
	shown, moved := c.awaitLast(ctx, last, &open)
	c.backlog.spent += max(0, time.Since(began)-c.o.Timeout)
	if !shown || ctx.Err() != nil {
		return
	}
	lag := moved.Sub(last.Ended)
	c.backlog.slowest = max(c.backlog.slowest, lag)
	// Other workers may be busy with the deliveries before it.
	for limit := min(max(c.o.Quiet, lag), c.o.Timeout); lag > 0 && time.Since(moved) < limit; {
		if c.sweep(ctx, &open) {
			moved = time.Now()
		}
		if ctx.Err() != nil || !c.anyShows(open) {
			break
		}
		pause.For(ctx, c.o.Timeout/sweepsInAll)
	}
	// What nothing announces, such as the effect of a forgery, is not much later.
	pause.For(ctx, max(c.o.Quiet-time.Since(last.Ended), min(lag, c.o.Timeout/4)))
}

// awaitLast waits for the effect of last, and reports whether it has shown. moved is
// when an effect was seen to show: not before the end of last.
func (c *Collector) awaitLast(ctx context.Context, last *exchange.Exchange, open *[]*exchange.Exchange) (shown bool, moved time.Time) {
	b := &c.backlog
	moved = last.Ended
	began, swept, told := time.Now(), time.Time{}, false
	for first := true; ; first = false {
		n, err := c.o.Counter.Count(ctx, c.requested(last).query)
		if n > 0 {
			b.shows[c.variant(last)] = true
			if !first {
				moved = time.Now()
			}
			return true, moved
		}
		if err != nil || ctx.Err() != nil || c.o.Exited() {
			return false, moved
		}
		if time.Since(began) > c.o.Quiet && time.Since(swept) > c.o.Timeout/sweepsInAll {
			if c.sweep(ctx, open) && !swept.IsZero() {
				moved = time.Now()
			}
			swept = time.Now()
		}
		if time.Since(began) > c.o.Timeout/2 && !told {
			told = true
			c.o.Say("waiting for the effects of what the target has accepted, as long as more of them come")
		}
		if time.Since(moved) > c.patience(last, *open) {
			c.miss(last, *open)
			return false, moved
		}
		if b.spent+time.Since(began) > backlogTimes*c.o.Timeout {
			c.found.unfinished = true
			return false, moved
		}
		pause.For(ctx, pollEvery)
	}
}

// patience is how long the effect of last is waited for after the last sign of work.
func (c *Collector) patience(last *exchange.Exchange, open []*exchange.Exchange) time.Duration {
	b := &c.backlog
	switch {
	case b.missed && b.shows[c.variant(last)]: // one like it was dropped before
	case len(b.shows) > 0 && !b.shows[c.variant(last)] && !c.anyShows(open): // it may mean nothing to the target
	default:
		return c.o.Timeout
	}
	return min(c.o.Timeout, max(4*c.o.Quiet, 4*b.slowest))
}

// anyShows reports whether the effect of one of xs is to be expected.
func (c *Collector) anyShows(xs []*exchange.Exchange) bool {
	return slices.ContainsFunc(xs, func(x *exchange.Exchange) bool { return c.backlog.shows[c.variant(x)] })
}

// timesWithout is how often a variant may have no effect before it is not waited for any
// more.
const timesWithout = 2

// miss notes that last had no effect, though nothing before it is being worked on, and
// neither had the deliveries that are still open.
func (c *Collector) miss(last *exchange.Exchange, open []*exchange.Exchange) {
	b := &c.backlog
	b.missed = b.missed || b.shows[c.variant(last)]
	for _, x := range open {
		if v := c.variant(x); len(b.shows) == 0 {
			b.without[v] = timesWithout
		} else if !b.shows[v] {
			b.without[v]++
		}
	}
}

// sweep takes the deliveries that have had an effect out of open, and reports
// whether there were any.
func (c *Collector) sweep(ctx context.Context, open *[]*exchange.Exchange) bool {
	before := len(*open)
	*open = slices.DeleteFunc(*open, func(x *exchange.Exchange) bool {
		n, err := c.o.Counter.Count(ctx, c.requested(x).query)
		if err != nil || n == 0 {
			return false
		}
		c.backlog.shows[c.variant(x)] = true
		return true
	})
	return len(*open) < before
}

// outstanding returns a sample of the deliveries that were accepted since the last
// time, and by the present process, ordered by time, with the last one at the end.
func (c *Collector) outstanding() []*exchange.Exchange {
	var all []*exchange.Exchange
	keys := map[string]bool{}
	for _, x := range c.o.Sent(exchange.Genuine, exchange.Nonstandard) {
		// A nonstandard delivery may have an effect where a check looks at it.
		mayShow := x.Accepted() && x.Ended.After(c.backlog.settled) && c.backlog.without[c.variant(x)] < timesWithout &&
			(x.Delivery.Genuine() || c.requested(x).watch != unwatched)
		if key := c.key(x); mayShow && !keys[key] {
			keys[key] = true
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
