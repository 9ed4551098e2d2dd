package checks

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// keyHeldHint says why a target with a key in hand cannot be made to fail.
const keyHeldHint = "the target holds a key, so an outage of the key endpoint does not make it fail; a process that can be restarted would show more"

func dlvFailThenRetry() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/fail-then-retry", Title: "a delivery that failed is taken up when it is retried",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S16"},
		Needs: conformance.NeedEffects | conformance.NeedKeyFetch, Exclusive: true,
		Doc:  "A receiver that marks the uuid as seen before the work is done, and then fails, takes the retry for a duplicate: it answers 2xx, and the event is lost without a trace.",
		Mend: "Mark the uuid in the same transaction as the effect, or take the mark back when the work fails.",
		Run: func(p *conformance.Probe) {
			defer p.SetKeyFault(wellknown.None)
			p.SetKeyFault(wellknown.Status500)
			d := mocksender.Delivery{UUID: p.NewUUID(), Event: p.FreshQuietly()}
			failed := p.DeliverOnce("a delivery during an outage of the key endpoint", d)
			p.SetKeyFault(wellknown.None)
			if failed.Answer != conformance.Failing {
				p.Skip(keyHeldHint)
				return
			}
			retried := p.AcceptDelivery("its retry after the outage", d)
			judgeRetried(p, failed, retried)
		},
	}
}

// judgeRetried decides about a delivery that failed first and was accepted
// then: it must have taken effect.
func judgeRetried(p *conformance.Probe, failed, retried *conformance.Sent) {
	if retried.Answer != conformance.Accepted {
		return
	}
	p.Await(retried)
	p.Later(func() {
		switch n, known := p.Effects(retried); {
		case !known:
			p.Remark("the retry was accepted; whether it took effect could not be seen without --effects-url")
		case n == 0:
			p.Find(conformance.Fail, []*conformance.Sent{failed, retried}, "%s: %s, but it never took effect", retried.Label, retried.Answered())
		}
	})
}

// inFlight is how long a first delivery is under way before its duplicate is
// sent.
const inFlight = 60 * time.Millisecond

func dlvInflightClaim() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/inflight-claim", Title: "a duplicate is not answered 2xx on the strength of one that fails",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S16"},
		Needs: conformance.NeedEffects | conformance.NeedKeyFetch, Exclusive: true,
		Doc:  "While the first delivery is in work its duplicate is answered 2xx, because the uuid is taken. Then the first fails. The sender has had its 2xx, and the event is lost.",
		Mend: "Answer a duplicate of a delivery that is still in work 503, or wait for its end.",
		Run: func(p *conformance.Probe) {
			defer p.SetKeyFault(wellknown.None)
			d := mocksender.Delivery{UUID: p.NewUUID(), Event: p.FreshQuietly()}
			p.SetKeyFault(wellknown.Hang)
			first, second := p.Overlapping(inFlight, "a delivery that fails in the end", "its duplicate meanwhile", d,
				func() { p.SetKeyFault(wellknown.Status500) })
			p.SetKeyFault(wellknown.None)
			if first.Answer != conformance.Failing {
				p.Skip(keyHeldHint)
				return
			}
			if second.Answer != conformance.Accepted {
				return // nobody was told that it was taken
			}
			p.Await(second)
			p.Later(func() {
				if n, known := p.Effects(second); known && n == 0 {
					p.Find(conformance.Fail, []*conformance.Sent{second, first}, "%s: %s, and it never took effect", second.Label, second.Answered())
				} else if !known {
					p.Shortfall([]*conformance.Sent{second, first}, "%s: %s while the first failed; whether it took effect could not be seen without --effects-url", second.Label, second.Answered())
				}
			})
		},
	}
}
