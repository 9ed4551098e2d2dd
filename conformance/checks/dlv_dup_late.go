package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
)

// longAgo is how many deliveries have to come between a delivery and its
// repetition, at least. A whole run has some hundreds.
const longAgo = 64

func dlvDupLate() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-late", Title: "a delivery that comes again after many others has one effect",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
		Needs: conformance.NeedEffects, Exclusive: true,
		Doc: "The guide has rtk-uuid stored, and names no time after which it may be forgotten; how long the service retries is not known. " +
			"A receiver that remembers the last few, or for a moment, takes the retry of a busy hour for a new delivery.",
		Fix: "Keep rtk-uuid in the table of what was done, or for days rather than for a number of deliveries.",
		Run: func(p *conformance.Probe) {
			first, since := p.Earliest()
			if first == nil {
				first = p.Accept("a delivery that is to come again", p.FreshAny())
			}
			if first.Answer != conformance.Accepted {
				return
			}
			if since < longAgo && p.Rate() > 0 {
				p.Skip("only %d deliveries have come before, and the run may send no more than %g a second", since, p.Rate())
				return
			}
			for ; since < longAgo && p.Context().Err() == nil; since++ {
				p.Control()
			}
			again := p.Offer("a delivery from the beginning of the run, once more", sameAs(first))
			if again.Answer != conformance.Accepted {
				p.Skip("%s: %s; see dlv/dup-sequential", again.Label, again.Answered())
				return
			}
			p.AwaitEffect(again)
			p.Later(func() { judgeLate(p, again, since) })
		},
	}
}

// judgeLate decides about a delivery that came again after so many others. That
// it has no effect at all is for other checks to tell.
func judgeLate(p *conformance.Probe, again *conformance.Exchange, others int) {
	switch n, known := p.Effects(again); {
	case !known:
		p.Skip("it was accepted; %s", p.WhyUnseen(again))
	case n > 1 && p.Idempotent():
		p.AddFinding(conformance.Fail, []*conformance.Exchange{again}, "%s, %d others later: took effect %d times", again.Label, others, n)
	case n > 1:
		p.Violation([]*conformance.Exchange{again}, "%s, %d others later: took effect %d times", again.Label, others, n)
	}
}
