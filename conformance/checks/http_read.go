package checks

import (
	"bytes"
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// A 2xx alone does not show that a body was read: a receiver may take one that it has not
// got for an event that it need not know, and answer that it ignores it. The effect shows
// it, or a download, or an answer that others do not get.

// acceptRead judges a delivery as AcceptDelivery does, and that it was read.
func acceptRead(p *conformance.Probe, label string, d mocksender.Delivery) {
	judgeRead(p, p.Offer(label, d))
}

// judgeRead judges x, which has another form on the wire.
func judgeRead(p *conformance.Probe, x *exchange.Exchange) {
	p.JudgeAccepted(x)
	if !x.Accepted() {
		return
	}
	notDroppedForThis(p, x)
	if usual := answeredUnlikeOthers(p, x); usual != nil {
		p.Later(func() {
			if !p.Effects().Shown(x) { // what has an effect may be answered as it likes
				p.On(x, usual).Violation("%s: answered as no other %s is (%d, %.60q), as if it had not been read",
					x.Label, x.Delivery.Event.Type, x.Last().Outcome.Status, x.Last().Outcome.Body)
			}
		})
	}
}

// answeredUnlikeOthers returns a plain delivery of the type of x if the answer to x differs
// from those that such deliveries get, and nil if it does not, or no two answers are alike.
func answeredUnlikeOthers(p *conformance.Probe, x *exchange.Exchange) *exchange.Exchange {
	as := func(x *exchange.Exchange) func(*exchange.Exchange) bool {
		return func(other *exchange.Exchange) bool {
			return other.Accepted() && other.Delivery.Event.Type == x.Delivery.Event.Type && sameAnswer(x, other)
		}
	}
	if slices.ContainsFunc(p.Genuine(), as(x)) {
		return nil
	}
	plain, again := p.Deliver("a plain delivery", p.FreshAny()), p.Deliver("a plain delivery", p.FreshAny())
	if !plain.Accepted() || !as(plain)(again) || sameAnswer(plain, x) || !as(x)(p.Try(x.Label, fresh(p, x.Delivery.Mutations...))) {
		return nil
	}
	return plain
}

// sameAnswer reports whether two answers have the same status and body.
func sameAnswer(a, b *exchange.Exchange) bool {
	one, two := a.Last().Outcome, b.Last().Outcome
	return one.Status == two.Status && bytes.Equal(one.Body, two.Body)
}

// linksOfChunked judges, where the target follows download links, whether it does so if
// they come in chunks.
func linksOfChunked(p *conformance.Probe) {
	t := p.LinkedType()
	// The plain twin comes last: a target that downloads later has had more time for the
	// other.
	x := p.Offer(string(t)+" in three chunks", mocksender.Delivery{Event: p.Fresh(t), Mutations: []mutation.Mutation{chunked()}})
	plain := p.Deliver(string(t), p.Fresh(t))
	if !plain.Accepted() || !x.Accepted() {
		return
	}
	p.Later(func() {
		if p.Effects().Followed(plain) && !p.Effects().Followed(x) {
			p.On(x, plain).Violation("%s: accepted, but its download link was not followed, while that of its plain twin was", x.Label)
		}
	})
}
