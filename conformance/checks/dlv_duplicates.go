package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

const dedupeFix = "Store rtk-uuid under a unique constraint, in the same transaction as the effect; a look followed by an insert lets two through at once."

// duplicates is how many equal deliveries are sent together, and repeats how often one is
// sent again: one of several workers, each with a memory of its own, may get it twice.
const (
	duplicates = 8
	repeats    = 6
)

// gaps are the times between equal deliveries that are sent together. Some races of a real
// database are lost only by what comes a little later. Each is tried more than once: on a
// busy machine the first is sometimes over before the second arrives.
func gaps() []time.Duration {
	return slices.Repeat([]time.Duration{0, time.Millisecond, 3 * time.Millisecond}, 2)
}

// lostAttempts is how often a delivery is tried whose accepting answer is to be lost:
// a target that fails now and then answers otherwise.
const lostAttempts = 3

// duplicateChecks send a delivery again.
func duplicateChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "dlv/dup-sequential", Title: "a delivery that comes again is accepted and has one effect",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
			Needs: conformance.NeedEffects,
			Doc:   "A retry after a lost answer brings the same delivery twice. The guide gives rtk-uuid for recognising it.",
			Fix:   dedupeFix,
			Run: func(p *conformance.Probe) {
				first := p.Accept("the first of two equal deliveries", p.FreshAny())
				if !first.Accepted() {
					return
				}
				again := first
				for n := 0; n < repeats && again.Accepted(); n++ {
					p.Send().Reconnect()
					again = p.AcceptDelivery("the same delivery again", sameAs(first))
				}
				if again.Accepted() {
					once(p, again)
				}
			},
		},
		{
			ID: "dlv/dup-concurrent", Title: "equal deliveries at the same instant have one effect",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
			Needs: conformance.NeedEffects, Exclusive: true,
			Doc: "Two workers that look for the uuid at the same moment both find nothing. A retry that crosses a slow first attempt is enough.",
			Fix: dedupeFix,
			Run: func(p *conformance.Probe) {
				if !maySendAtOnce(p, duplicates, "are sent") {
					return
				}
				var accepted []*exchange.Exchange
				for _, gap := range gaps() {
					x, ok := atOnce(p, gap)
					if !ok {
						return
					}
					accepted = append(accepted, x)
				}
				once(p, accepted...)
			},
		},
		{
			ID: "dlv/response-lost-then-retry", Title: "a delivery whose answer was lost is accepted again and has one effect",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S7", "S13"},
			Needs: conformance.NeedEffects,
			Doc:   "The receiver has done the work and answered 2xx, but the answer never arrived; or the sender hung up while the receiver was still at work. The sender sees a network error and delivers again. A receiver that has marked the uuid by then, and gives up its work with the connection, loses the event.",
			Fix:   dedupeFix + " Answer the repetition 2xx as well. Do not end the work with the request: in Go, context.WithoutCancel(r.Context()).",
			Run: func(p *conformance.Probe) {
				first := loseAnswer(p)
				if first == nil {
					return
				}
				p.Send().Reconnect()
				if again := p.AcceptDelivery("the retry of a delivery whose answer was lost", sameAs(first)); again.Accepted() {
					once(p, again)
					hangUp(p, first.Last().Target.Took)
				}
			},
		},
	}
}

// loseAnswer sends a delivery whose accepting answer is lost. It returns nil if no such
// answer comes, and records that.
func loseAnswer(p *conformance.Probe) *exchange.Exchange {
	var x *exchange.Exchange
	for i := range lostAttempts {
		if i > 0 {
			p.Control() // gives a target that limits its rate the time it asks for
		}
		x = p.Send().Once(exchange.Nonstandard, "a delivery whose answer is lost", mocksender.Delivery{
			UUID: p.Send().NewUUID(), Event: p.FreshAny(),
			Faults: mocksender.FaultPlan{{Attempt: 1, After: mocksender.LoseResponse}},
		})
		if target := x.Last().Target; target != nil && target.OK() {
			return x
		}
	}
	if !p.Interrupted() {
		p.On(x).Inconclusive("no 2xx came that could have been lost: %s", answeredByTarget(x))
	}
	return nil
}

// hangUps are the times after which the sender hangs up. Those after the second are for
// targets that take so long.
func hangUps() []time.Duration {
	return []time.Duration{0, 20 * time.Millisecond, 60 * time.Millisecond, 200 * time.Millisecond}
}

// beforeRetry is the time from hanging up until the retry: the target notices by then.
const beforeRetry = 20 * time.Millisecond

// hangUp sends deliveries and hangs up while the target works on them, which takes took,
// and then sends them again. Another waits for its downloads, if the target does that.
func hangUp(p *conformance.Probe, took time.Duration) {
	retry := func(after time.Duration, e rtk.Event) bool {
		label := fmt.Sprintf("a delivery whose sender hangs up after %s", after)
		d := mocksender.Delivery{UUID: p.Send().NewUUID(), Event: e}
		p.Send().HangUp(after, label, d)
		p.Pause(beforeRetry)
		p.Send().Reconnect()
		again := p.Offer("the retry of "+label, d)
		switch again.Answer {
		case exchange.Accepted:
			onceAtLeast(p, again)
		case exchange.Failing: // it may have a claim on it that ends later
			p.Comment("%s, so it comes again", again)
		default:
			p.JudgeAccepted(again)
		}
		return again.Accepted()
	}
	for i, after := range hangUps() {
		if (i < 2 || after < took) && !retry(after, p.FreshAny()) {
			return
		}
	}
	if t := p.LinkedType(); t != p.ControlType() {
		e, artifacts := p.Fresh(t), p.Endpoints().Artifacts
		defer artifacts.SetDelay(artifacts.Delay())
		artifacts.SetDelay(artifacts.Delay() + artifactDelay)
		retry(hangUps()[1], e)
	}
}

// onceAtLeast is once for a delivery that its sender has hung up on before, and that is lost
// if it had no effect.
func onceAtLeast(p *conformance.Probe, x *exchange.Exchange) {
	p.Effects().Await(x)
	p.Later(func() {
		n, known := p.Effects().Count(x)
		switch {
		case known && n == 0 && !p.Effects().DroppedAtBaseline(x):
			// "Return a 2xx response only after your application has accepted the event."
			p.On(x).AddFinding(conformance.Fail, "%s: accepted, but it had no effect", x.Label)
		default:
			hadOneEffect(p, x, 1)
		}
	})
}

// atOnce sends equal deliveries together, with gap between them. It returns one of them,
// and whether all were accepted in the end.
func atOnce(p *conformance.Probe, gap time.Duration) (one *exchange.Exchange, ok bool) {
	d := mocksender.Delivery{UUID: p.Send().NewUUID(), Event: p.FreshAny()}
	all := make([]mocksender.Delivery, duplicates)
	for i := range all {
		all[i] = d
	}
	xs := p.Send().Staggered(gap, "one of eight equal deliveries", all)
	for _, x := range xs {
		switch x.Answer {
		case exchange.Accepted:
		case exchange.Limited, exchange.Failing, exchange.Cut:
			// The real sender would have waited longer, and tried again.
			if !p.AcceptDelivery(x.Label, sameAs(x)).Accepted() {
				return nil, false
			}
		default:
			p.JudgeAccepted(x)
			return nil, false
		}
	}
	return xs[0], true
}

// answeredByTarget says what the target itself answered, before a fault.
func answeredByTarget(x *exchange.Exchange) string {
	r := x.Receipt
	if target := x.Last().Target; target != nil {
		r.Attempts = []mocksender.Attempt{{Outcome: *target}}
	}
	return exchange.Describe(r)
}
