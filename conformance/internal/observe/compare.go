package observe

import (
	"context"
	"slices"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// Compare has the effects of accepted deliveries read, each beside an earlier
// delivery of the same variant. They are given time to show only if others of
// their variant had an effect: a target that ignores such events costs no time.
func (e *Effects) Compare(xs ...*exchange.Exchange) { e.compareAs(false, xs) }

// CompareAsBaseline is Compare for deliveries that take the usual course. Events
// that are dropped there are not dropped for what other deliveries have in
// particular.
func (e *Effects) CompareAsBaseline(xs ...*exchange.Exchange) { e.compareAs(true, xs) }

func (e *Effects) compareAs(baseline bool, xs []*exchange.Exchange) {
	if !e.Counted() {
		return
	}
	e.request(compared, xs)
	genuine := e.o.Sent(exchange.Genuine)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range xs {
		r := e.of(x)
		r.baseline = r.baseline || baseline
		if other := e.earlierLike(x, genuine); other != nil {
			other.watch = max(other.watch, watched)
		}
	}
}

// earlierLike returns the first accepted delivery of the same variant as x; mu is
// held.
func (e *Effects) earlierLike(x *exchange.Exchange, genuine []*exchange.Exchange) *request {
	for _, other := range genuine {
		if other != x && other.Accepted() && other.Delivery.Event.Type == x.Delivery.Event.Type && e.variantOf(other) == e.variantOf(x) {
			return e.of(other)
		}
	}
	return nil
}

// variantOf returns the variant of an exchange; mu is held.
func (e *Effects) variantOf(x *exchange.Exchange) string {
	r := e.of(x)
	if r.variant == "" {
		r.variant = exchange.Variant(x.Delivery.Event)
	}
	return r.variant
}

func (e *Effects) variant(x *exchange.Exchange) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.variantOf(x)
}

// Dropped reports that a compared delivery had no effect, though another of the
// same variant had one.
func (e *Effects) Dropped(x *exchange.Exchange) bool {
	return e.without(x) && e.found.variants[e.variant(x)]
}

// DroppedAtBaseline reports that a delivery of the same variant as x took the
// usual course and had no effect, though another had one.
func (e *Effects) DroppedAtBaseline(x *exchange.Exchange) bool {
	return e.found.dropped[e.variant(x)]
}

// Ignored reports that neither a compared delivery nor any other of the same
// variant had an effect, though others of its type had.
func (e *Effects) Ignored(x *exchange.Exchange) bool {
	return e.without(x) && e.found.types[x.Delivery.Event.Type] && !e.found.variants[e.variant(x)]
}

// without reports that a delivery was accepted and surely had no effect.
func (e *Effects) without(x *exchange.Exchange) bool { return x.Accepted() && e.None(x) && e.alone(x) }

// compare finds out which variants have effects, and gives compared deliveries
// time to show one if they should.
func (c *Collector) compare(ctx context.Context) error {
	c.found.variants = map[string]bool{}
	all := c.observed()
	for _, x := range all {
		if c.requested(x).watch != unwatched && c.alone(x) && c.found.counts[c.key(x)] > 0 {
			c.found.variants[c.variant(x)] = true
		}
	}
	for _, x := range all {
		if c.requested(x).watch < compared || !c.Dropped(x) {
			continue
		}
		n, err := c.awaitEffect(ctx, x)
		if err != nil {
			return err
		}
		c.found.counts[c.key(x)] += n
	}
	c.found.dropped = map[string]bool{}
	retried := c.Retried() // their retry may be the reason
	for _, x := range all {
		if c.requested(x).baseline && c.Dropped(x) && !slices.Contains(retried, x) {
			c.found.dropped[c.variant(x)] = true
		}
	}
	return ctx.Err()
}
