package checks

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// The checks of this file make a delivery fail. All that the harness can take
// away from a target is its key, so a target that holds one has to be started
// anew. Since nobody knows how a target comes out of an outage, they run last.

// keyless runs attempt, which has a delivery meet f at the key endpoint, and once
// more with the target started anew under f if it holds its key. The outage is
// over when it returns.
func keyless(p *conformance.Probe, f wellknown.Fault, attempt func(mocksender.Delivery) *conformance.Exchange) (mocksender.Delivery, *conformance.Exchange) {
	defer p.SetKeyFault(wellknown.None)
	d := mocksender.Delivery{UUID: p.NewUUID(), Event: p.FreshAny()}
	p.SetKeyFault(f)
	s := attempt(d)
	p.SetKeyFault(wellknown.None)
	if s.Answer == conformance.Accepted && p.CanRestart() {
		d = mocksender.Delivery{UUID: p.NewUUID(), Event: p.FreshAny()}
		unsigned := p.FreshAny()
		p.DrainEffects()
		if !p.KillUnder(f) {
			return d, nil
		}
		p.SetKeyFault(f)
		p.AwaitReady(unsigned)
		s = attempt(d)
	}
	return d, s
}

func dlvFailThenRetry() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/fail-then-retry", Title: "a delivery that failed is taken up when it is retried",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S16"},
		Needs: conformance.NeedEffects | conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "A receiver that marks the uuid as seen before the work is done, and then fails, takes the retry for a duplicate: it answers 2xx, and the event is lost without a trace.",
		Fix: "Mark the uuid in the same transaction as the effect, or take the mark back when the work fails.",
		Run: func(p *conformance.Probe) {
			if !worksSoFar(p) {
				return
			}
			d, failed := keyless(p, wellknown.Status500, func(d mocksender.Delivery) *conformance.Exchange {
				return p.DeliverOnce("a delivery during an outage of the key endpoint", d)
			})
			if failed == nil || !failedForNow(p, failed) || !recovered(p, failed) {
				return
			}
			retried := p.AcceptDelivery("its retry after the outage", d)
			if retried.Answer != conformance.Accepted {
				return
			}
			others := siblings(p)
			p.AwaitEffect(retried)
			p.Later(func() {
				switch n, known := p.Effects(retried); {
				case !known:
					p.Skip("the retry was accepted; %s", p.WhyUnseen(retried))
				case n == 0 && droppedAnyway(p, retried, others):
					p.Skip("%s: accepted, but it had no effect; %s", retried.Label, likewise)
				case n == 0:
					// "Return a 2xx response only after your application has
					// accepted the event."
					p.AddFinding(conformance.Fail, []*conformance.Exchange{failed, retried}, "%s: %s, but it never took effect", retried.Label, retried.Answered())
				}
			})
		},
	}
}

// worksSoFar takes down that a target which refuses its control cannot be made
// to fail by an outage.
func worksSoFar(p *conformance.Probe) bool {
	c := p.Control()
	if c.Answer != conformance.Accepted {
		p.AddFinding(conformance.Inconclusive, []*conformance.Exchange{c}, "the control before: %s", c.Answered())
	}
	return c.Answer == conformance.Accepted
}

// failedForNow reports whether a delivery during an outage ended in a way that
// has it retried, and takes down what else happened.
func failedForNow(p *conformance.Probe, s *conformance.Exchange) bool {
	switch s.Answer {
	case conformance.Failing, conformance.Cut, conformance.Silent:
		return true
	case conformance.Unanswered:
		p.Skip("not finished: the run ended first")
	case conformance.Accepted:
		if pinned(p) {
			p.Skip("an outage of the key endpoint does not make the target fail: %s", pinnedReason)
			break
		}
		p.Skip("an outage of the key endpoint does not make the target fail, as it holds its key; %s", coldHint(p))
	case conformance.Limited:
		p.AddFinding(conformance.Inconclusive, []*conformance.Exchange{s}, "%s: %s, a rate limit; try --rate", s.Label, s.Answered())
		recovered(p, s)
	default:
		p.Skip("%s: %s, which has no retry (a 5xx has)", s.Label, s.Answered())
		recovered(p, s)
	}
	return false
}

// recovered waits until the target works again after an outage, and takes down
// if it does not.
func recovered(p *conformance.Probe, during *conformance.Exchange) bool {
	began := time.Now()
	s := p.Recover("a genuine delivery after the outage")
	switch {
	case s.Answer == conformance.Accepted:
		return true
	case p.Context().Err() != nil:
		p.Skip("not finished: the run ended first")
	default:
		p.AddFinding(conformance.Inconclusive, []*conformance.Exchange{s, during},
			"%s after an outage of the key endpoint that lasted one delivery, a genuine delivery: %s", time.Since(began).Round(time.Second/10), s.Answered())
		if p.CanRestart() {
			p.Kill()
		}
	}
	return false
}

// inFlight is how long a first delivery is under way before its duplicate is
// sent.
const inFlight = 60 * time.Millisecond

// overlaps is how often a delivery is tried that is to be in work when its
// duplicate comes.
const overlaps = 2

func dlvInflightClaim() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/inflight-claim", Title: "a duplicate is not answered 2xx on the strength of one that fails",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S16"},
		Needs: conformance.NeedEffects | conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "While the first delivery is in work its duplicate is answered 2xx, because the uuid is taken. Then the first fails. The sender has had its 2xx, and the event is lost.",
		Fix: "Answer a duplicate of a delivery that is still in work 503, or wait for its end.",
		Run: func(p *conformance.Probe) {
			if !worksSoFar(p) {
				return
			}
			var first, second *conformance.Exchange
			inWork := false
			// One that fails now and then may do so before it asks for its key.
			for n := 0; n < overlaps && !inWork && (second == nil || second.Answer != conformance.Accepted); n++ {
				_, first = keyless(p, wellknown.Hang, func(d mocksender.Delivery) (first *conformance.Exchange) {
					mark := p.Endpoints().KeyServer.Mark()
					first, second, inWork = p.Overlapping(inFlight, "a delivery that fails in the end", "its duplicate meanwhile", d,
						func() { p.SetKeyFault(wellknown.Status500) })
					inWork = inWork && p.Endpoints().KeyServer.FetchesSince(mark) > 0
					return first
				})
				if first == nil || !failedForNow(p, first) || !recovered(p, first) {
					return
				}
			}
			if second == nil {
				p.Skip("%s: %s, before its duplicate was sent", first.Label, first.Answered())
				return
			}
			if second.Answer != conformance.Accepted {
				if !inWork {
					p.Skip("%s: %s, without waiting for its key", first.Label, first.Answered())
				}
				return // nobody was told that it was taken
			}
			others := siblings(p)
			p.AwaitEffect(second)
			p.Later(func() {
				evidence := []*conformance.Exchange{second, first}
				switch n, known := p.Effects(second); {
				case !known:
					p.AddFinding(conformance.Inconclusive, evidence, "%s: %s, while the first: %s; %s", second.Label, second.Answered(), first.Answered(), p.WhyUnseen(second))
				case n == 0 && droppedAnyway(p, second, others):
					p.Skip("%s: accepted, but it had no effect; %s", second.Label, likewise)
				case n == 0:
					p.AddFinding(conformance.Fail, evidence, "%s: %s, and it never took effect; the first: %s", second.Label, second.Answered(), first.Answered())
				}
			})
		},
	}
}
