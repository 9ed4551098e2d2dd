package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// manyOthers is how many deliveries have to come between a delivery and its
// repetition, at least. A whole run has some hundreds.
const manyOthers = 64

// lateRepeats is how often it then comes: one of several workers may remember it.
const lateRepeats = 3

// lateChecks send a delivery again much later, or without one of its headers.
func lateChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "dlv/dup-late", Title: "a delivery that comes again after many others has one effect",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
			Needs: conformance.NeedEffects, Exclusive: true,
			Doc: "The guide says to store rtk-uuid, and names no time after which it may be forgotten; how long the service retries is not known. " +
				"A receiver that remembers the last few, or for a moment, takes the retry of a busy hour for a new delivery.",
			Fix: "Keep rtk-uuid in the table of what was done, or for days rather than for a number of deliveries.",
			Run: func(p *conformance.Probe) {
				first, others := earliest(p)
				if first == nil {
					first = p.Accept("a delivery that is to come again", p.FreshAny())
				}
				if !first.Accepted() {
					return
				}
				if rate := p.Rate(); others < manyOthers && rate > 0 {
					p.Skip("only %d deliveries have come before, and the run may send no more than %.4g a second", others, rate)
					return
				}
				for ; others < manyOthers && p.Context().Err() == nil; others++ {
					p.Control()
				}
				again := first
				for n := 0; n < lateRepeats && again.Accepted(); n++ {
					p.Send().Reconnect()
					again = p.Offer("a delivery from the beginning of the run, once more", sameAs(first))
				}
				if !again.Accepted() {
					p.Skip("%s; see dlv/dup-sequential", again)
					return
				}
				p.Effects().Await(again)
				p.Later(func() {
					// Other checks report a delivery without any effect.
					switch n, known := p.Effects().Count(again); {
					case !known:
						p.Skip("it was accepted; %s", p.Effects().WhyUnknown(again))
					case n > 1:
						tooMany(p, again.Label+", "+counted(others, "other", "others")+" later", again, n, 0)
					}
				})
			},
		},
		{
			ID: "dlv/dup-across-restart", Title: "a delivery that comes again to a new process has one effect",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
			Needs: conformance.NeedEffects | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
			Doc: "Deliveries come twice just when something went wrong: a process that was killed, or replaced by a deployment, before its answer arrived. The new one has to know what the old one did.",
			Fix: "Store rtk-uuid where the effect is stored, and not in the memory of the process.",
			Run: func(p *conformance.Probe) {
				if lack := p.Process().LacksRestart(); lack != "" {
					p.Skip("only a target that is restarted can show it: %s", lack)
					return
				}
				first := p.Accept("a delivery before the target is restarted", p.FreshAny())
				if !first.Accepted() {
					return
				}
				p.Effects().Await(first)
				if !p.Process().Restart() || !alive(p) {
					return
				}
				if again := p.AcceptDelivery("the same delivery to the new process", sameAs(first)); again.Accepted() {
					once(p, again)
				}
			},
		},
		dlvMissing("dlv/missing-uuid", "rtk-uuid", "uuid/missing"),
		dlvMissing("dlv/missing-webhook-id", "rtk-webhook-id", "webhook-id/missing"),
	}
}

// earliest returns the first delivery of an event as controls have it that the
// target's process has accepted, and how many genuine ones have come since. It is nil
// if there is none.
func earliest(p *conformance.Probe) (first *exchange.Exchange, since int) {
	for _, x := range p.Genuine() {
		switch {
		case first != nil:
			since++
		case x.Accepted() && x.Delivery.Event.Type == p.ControlType() && x.Ended.After(p.Process().Began()):
			first = x
		}
	}
	return first, since
}

// alive reports whether a target that was restarted accepts anything, and records if it
// does not.
func alive(p *conformance.Probe) bool {
	x := keyoutage.Recover(p, "a genuine delivery to the new process")
	if !x.Accepted() && !p.Interrupted() {
		p.On(x).Inconclusive("%s", x)
	}
	return x.Accepted()
}

func dlvMissing(id conformance.ID, header, mutation string) *conformance.Check {
	return &conformance.Check{
		ID: id, Title: "a delivery without " + header + " does no harm",
		Level: conformance.May, Basis: conformance.Practice,
		Doc: "The service sends the header always. A proxy in between may not pass it on, and a receiver that fails without it fails for good.",
		Fix: "Answer 2xx or 4xx, not 5xx.",
		Run: func(p *conformance.Probe) {
			x := p.Offer("a delivery without "+header, fresh(p, p.Mutation(mutation)))
			switch x.Answer {
			case exchange.Accepted, exchange.Refused:
				p.Comment("%s", x.Answered())
			default:
				p.JudgeAccepted(x)
			}
		},
	}
}
