package checks

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// inFlight is how long a first delivery is under way before its duplicate is sent, and
// overlaps how often that is tried.
const (
	inFlight = 60 * time.Millisecond
	overlaps = 2
)

// failureChecks make a delivery fail. The harness can take away only one thing from a target:
// its key. So a target that holds a key has to be restarted. Nobody knows how a target comes
// out of an outage, so these checks run last.
func failureChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "dlv/fail-then-retry", Title: "a delivery that failed is taken up when it is retried",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S13", "S16"},
			Needs: conformance.NeedEffects | conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
			Doc: "A receiver that marks the uuid as seen before the work is done, and then fails, takes the retry for a duplicate: it answers 2xx, and the event is lost without a trace.",
			Fix: "Mark the uuid in the same transaction as the effect, or take the mark back when the work fails.",
			Run: func(p *conformance.Probe) {
				if !works(p) {
					return
				}
				d, failed := withoutKey(p, wellknown.Status500, func(d mocksender.Delivery) *exchange.Exchange {
					return p.Send().Once(exchange.Nonstandard, "a delivery during an outage of the key endpoint", d)
				})
				if failed == nil || !failedForNow(p, failed) || !recovered(p, failed) {
					return
				}
				retried := p.AcceptDelivery("its retry after the outage", d)
				if !retried.Accepted() {
					return
				}
				mustHaveEffect(p, retried, []*exchange.Exchange{plainTwin(p)}, func() {
					// "Return a 2xx response only after your application has accepted the event."
					p.On(failed, retried).AddFinding(conformance.Fail, "%s, but it %s", retried, p.Effects().NoneInTime())
				}, func(why string) { p.Skip("the retry was accepted; %s", why) })
			},
		},
		{
			ID: "dlv/late-accept", Title: "what fails and is accepted when it comes again takes effect",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S13", "S16"},
			Needs: conformance.NeedEffects, Overall: true, Phase: conformance.AtEnd,
			Doc: "This looks at every delivery of the run that was answered 5xx, cut off or not answered at first, and 2xx later. A receiver that marks the uuid as seen, and then fails now and then, takes the retry for a duplicate: the event is lost without a trace.",
			Fix: "Mark the uuid in the same transaction as the effect, or take the mark back when the work fails.",
			Run: judgeRetried,
		},
		{
			ID: "dlv/inflight-claim", Title: "a duplicate is not answered 2xx on the strength of one that fails",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S16"},
			Needs: conformance.NeedEffects | conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
			Doc: "While the first delivery is in work its duplicate is answered 2xx, because the uuid is taken. Then the first fails. The sender has had its 2xx, and the event is lost.",
			Fix: "Answer a duplicate of a delivery that is still in work 503, or wait for its end.",
			Run: func(p *conformance.Probe) {
				if !works(p) {
					return
				}
				first, second, inWork := overlap(p)
				switch {
				case first == nil:
				case second == nil:
					p.Skip("%s, before its duplicate was sent", first)
				case second.Accepted():
					judgeClaim(p, first, second)
				case !inWork:
					p.Skip("%s, without waiting for its key", first)
				}
			},
		},
	}
}

// judgeRetried judges what was accepted only when it came again.
func judgeRetried(p *conformance.Probe) {
	retried := p.Effects().Retried()
	var lost []*exchange.Exchange
	for _, x := range retried {
		if p.Effects().LostOnRetry(x) && x.Check != killsRightAfter {
			lost = append(lost, x)
		}
	}
	switch {
	case len(retried) == 0:
		p.NotApplicable("every delivery was accepted, or refused, when it came first")
	case !p.Effects().On():
		p.Skip("%s; %s", counted(len(retried), "delivery was accepted when it came again", "deliveries were accepted when they came again"), p.Effects().WhyUnknown(retried[0]))
	case len(lost) > 0:
		// "Return a 2xx response only after your application has accepted the event."
		p.On(lost...).AddFinding(conformance.Fail, "%d of %s never took effect: %s",
			len(lost), counted(len(retried), "delivery that was accepted when it came again", "deliveries that were accepted when they came again"), labels(lost))
	default:
		p.Comment("%s", counted(len(retried), "delivery was accepted when it came again", "deliveries were accepted when they came again"))
	}
}

// withoutKey runs attempt, which sends a delivery that meets f at the key endpoint. It
// does so once more with the target restarted under f if the target holds its key. The
// outage is over when it returns.
func withoutKey(p *conformance.Probe, f wellknown.Fault, attempt func(mocksender.Delivery) *exchange.Exchange) (mocksender.Delivery, *exchange.Exchange) {
	defer p.Keys().SetFault(wellknown.None)
	d := mocksender.Delivery{UUID: p.Send().NewUUID(), Event: p.FreshAny()}
	p.Keys().SetFault(f)
	x := attempt(d)
	p.Keys().SetFault(wellknown.None)
	if x.Accepted() && p.Process().CanRestart() {
		d = mocksender.Delivery{UUID: p.Send().NewUUID(), Event: p.FreshAny()}
		ready := p.FreshAny()
		p.Process().Drain()
		if !keyoutage.KillUnder(p, f) {
			return d, nil
		}
		p.Keys().SetFault(f)
		keyoutage.AwaitReady(p, ready)
		x = attempt(d)
	}
	return d, x
}

// failedForNow reports whether a delivery during an outage ended in a way that makes
// the sender retry it, and records what else happened.
func failedForNow(p *conformance.Probe, x *exchange.Exchange) bool {
	switch {
	case x.Answer == exchange.Failing, x.Answer == exchange.Cut, x.Answer == exchange.Silent:
		return true
	case x.Accepted() && neverFetched(p):
		p.Skip("an outage of the key endpoint does not make the target fail: %s", neverFetchedReason)
	case x.Accepted():
		p.Skip("an outage of the key endpoint does not make the target fail, as it holds its key; %s", coldHint(p))
	case x.Answer == exchange.Limited:
		p.ProvesNothing(x.Label, x)
		recovered(p, x)
	case x.Answer == exchange.Refused:
		p.Skip("%s, which has no retry (a 5xx has)", x)
		recovered(p, x)
	default:
		p.ProvesNothing(x.Label, x)
	}
	return false
}

// recovered waits until the target works again after an outage, and records if it does
// not.
func recovered(p *conformance.Probe, during *exchange.Exchange) bool {
	began := time.Now()
	x := keyoutage.Recover(p, "a genuine delivery after the outage")
	if x.Accepted() {
		return true
	}
	if !p.Interrupted() {
		p.On(x, during).Inconclusive(
			"%s after an outage of the key endpoint that lasted one delivery, a genuine delivery: %s; key/recovers judges that", time.Since(began).Round(time.Second/10), x.Answered())
		if p.Process().CanRestart() {
			p.Process().Kill()
		}
	}
	return false
}

// overlap sends a delivery that fails in the end, and its duplicate meanwhile. inWork
// says that the target was waiting for its key then. first is nil if nothing is to be
// judged.
func overlap(p *conformance.Probe) (first, second *exchange.Exchange, inWork bool) {
	// A target that fails now and then may do so before it asks for its key.
	for n := 0; n < overlaps && !inWork && (second == nil || !second.Accepted()); n++ {
		_, first = withoutKey(p, wellknown.Hang, func(d mocksender.Delivery) (first *exchange.Exchange) {
			mark := p.Keys().Mark()
			first, second, inWork = p.Send().Overlapping(inFlight, "a delivery that fails in the end", "its duplicate meanwhile", d,
				func() { p.Keys().SetFault(wellknown.Status500) })
			inWork = inWork && p.Keys().FetchesSince(mark) > 0
			return first
		})
		if first == nil || !failedForNow(p, first) || !recovered(p, first) {
			return nil, nil, false
		}
	}
	return first, second, inWork
}

// judgeClaim judges a duplicate that was accepted while the first failed.
func judgeClaim(p *conformance.Probe, first, second *exchange.Exchange) {
	on := p.On(second, first)
	mustHaveEffect(p, second, []*exchange.Exchange{plainTwin(p)}, func() {
		on.AddFinding(conformance.Fail, "%s, and it %s; the first: %s", second, p.Effects().NoneInTime(), first.Answered())
	}, func(why string) {
		on.Inconclusive("%s, while the first: %s; %s", second, first.Answered(), why)
	})
}
