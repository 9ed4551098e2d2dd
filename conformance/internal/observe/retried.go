package observe

import (
	"bytes"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// Retried returns the genuine deliveries of the run that failed at first, and were
// accepted when they came again, whatever check sent them. Where a check makes one fail,
// it is no part of that.
func (e *Effects) Retried() []*exchange.Exchange {
	failed := map[string]bool{} // by uuid
	var out []*exchange.Exchange
	for _, x := range e.o.Sent(exchange.Genuine) {
		switch {
		case !x.Accepted():
			failed[x.Delivery.UUID] = true
		case x.Late(), failed[x.Delivery.UUID]:
			out = append(out, x)
		}
	}
	return out
}

// watchRetried has the effects of retried deliveries read. A receiver that marks a
// delivery as done, and then fails, drops it when it comes again.
func (c *Collector) watchRetried() {
	for _, x := range c.Retried() {
		if c.requested(x).watch < compared {
			c.Compare(x)
		}
	}
}

// LostOnRetry reports that a retried delivery had no effect, though all others of its
// variant that are known had one. Bytes that were accepted before, under another uuid,
// may be known to the target.
func (e *Effects) LostOnRetry(x *exchange.Exchange) bool {
	if !e.Dropped(x) {
		return false
	}
	retried := map[*exchange.Exchange]bool{}
	for _, other := range e.Retried() {
		retried[other] = true
	}
	for _, other := range e.o.Sent(exchange.Genuine) {
		switch {
		case other == x || !other.Accepted():
		case bytes.Equal(other.Delivery.Event.Body, x.Delivery.Event.Body) && other.Ended.Before(x.Ended):
			return false
		case !retried[other] && e.variant(other) == e.variant(x) && e.requested(other).watch != unwatched && e.without(other):
			return false
		}
	}
	return true
}
