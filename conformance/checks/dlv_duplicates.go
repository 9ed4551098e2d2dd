package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// once judges, when the effects have been read, that deliveries that came more
// than once have taken effect exactly once each, and tells of the first that has
// not. Where the user promises that much, more than once is a failure.
func once(p *conformance.Probe, sents ...*conformance.Exchange) {
	p.AwaitEffect(sents...)
	p.Later(func() {
		for _, s := range sents {
			if !wasOnce(p, s) {
				return
			}
		}
	})
}

func wasOnce(p *conformance.Probe, s *conformance.Exchange) bool {
	evidence := []*conformance.Exchange{s}
	switch n, known := p.Effects(s); {
	case !known:
		p.Comment("only the statuses were judged: %s", p.WhyUnseen(s))
		return true
	case n == 0 && p.DroppedAtBaseline(s):
		p.Skip("%s: accepted, but it had no effect; %s", s.Label, likewise)
	case n == 0:
		p.Violation(evidence, "%s: accepted, but it had no effect", s.Label)
	case n > 1 && p.Idempotent():
		p.AddFinding(conformance.Fail, evidence, "%s: took effect %d times", s.Label, n)
	case n > 1:
		p.Violation(evidence, "%s: took effect %d times", s.Label, n)
	default:
		return true
	}
	return false
}

const dedupeMend = "Store rtk-uuid under a unique constraint, in the same transaction as the effect; a look followed by an insert lets two through at once."

func dlvDupSequential() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-sequential", Title: "a delivery that comes again is accepted and has one effect",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
		Needs: conformance.NeedEffects,
		Doc:   "A retry after a lost answer brings the same delivery twice. The guide gives rtk-uuid for recognising it.",
		Fix:   dedupeMend,
		Run: func(p *conformance.Probe) {
			first := p.Accept("the first of two equal deliveries", p.FreshAny())
			if first.Answer != conformance.Accepted {
				return
			}
			if again := p.AcceptDelivery("the same delivery again", sameAs(first)); again.Answer == conformance.Accepted {
				once(p, again)
			}
		},
	}
}

func deliveryOf(e rtk.Event) mocksender.Delivery { return mocksender.Delivery{Event: e} }

// sameAs is the delivery of s once more: the same uuid and bytes.
func sameAs(s *conformance.Exchange) mocksender.Delivery {
	return mocksender.Delivery{UUID: s.Delivery.UUID, Event: s.Delivery.Event}
}

// How many equal deliveries are released together, and how often: on a busy
// machine the first is over now and then before the second arrives.
const (
	duplicates      = 8
	duplicateRounds = 3
)

func dlvDupConcurrent() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-concurrent", Title: "equal deliveries at the same instant have one effect",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
		Needs: conformance.NeedEffects, Exclusive: true,
		Doc: "Two workers that look for the uuid at the same moment both find nothing. A retry that crosses a slow first attempt is enough.",
		Fix: dedupeMend,
		Run: func(p *conformance.Probe) {
			if rate := p.Rate(); rate > 0 {
				p.Skip("the run may send no more than %g requests a second; without --rate, %d are sent at once", rate, duplicates)
				return
			}
			var accepted []*conformance.Exchange
			for range duplicateRounds {
				s, ok := atOnce(p)
				if !ok {
					return
				}
				accepted = append(accepted, s)
			}
			once(p, accepted...)
		},
	}
}

// atOnce releases equal deliveries together. It returns one of them, and whether
// all were accepted in the end.
func atOnce(p *conformance.Probe) (one *conformance.Exchange, ok bool) {
	d := mocksender.Delivery{UUID: p.NewUUID(), Event: p.FreshAny()}
	all := make([]mocksender.Delivery, duplicates)
	for i := range all {
		all[i] = d
	}
	sents := p.Together(0, "one of eight equal deliveries", all)
	for _, s := range sents {
		switch s.Answer {
		case conformance.Accepted:
		case conformance.Limited, conformance.Failing, conformance.Cut:
			// The real sender would have waited longer, and tried again.
			if p.AcceptDelivery(s.Label, sameAs(s)).Answer != conformance.Accepted {
				return nil, false
			}
		default:
			p.JudgeAccepted(s)
			return nil, false
		}
	}
	return sents[0], true
}

// lostAtMost bounds how often a delivery is tried whose accepting answer is to
// be lost: a target that fails now and then gives others.
const lostAtMost = 3

func dlvResponseLost() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/response-lost-then-retry", Title: "a delivery whose answer was lost is accepted again and has one effect",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S7", "S13"},
		Needs: conformance.NeedEffects,
		Doc:   "The receiver has done the work and answered 2xx, but the answer never arrived. The sender sees a network error and delivers again.",
		Fix:   dedupeMend + " Answer the repetition 2xx as well.",
		Run: func(p *conformance.Probe) {
			var first *conformance.Exchange
			for i := range lostAtMost {
				if i > 0 {
					p.Control() // which gives a target that limits its rate the time it asks for
				}
				first = p.DeliverOnce("a delivery whose answer is lost", mocksender.Delivery{
					UUID: p.NewUUID(), Event: p.FreshAny(),
					Faults: mocksender.FaultPlan{{Attempt: 1, After: mocksender.LoseResponse}},
				})
				if target := first.Last().Target; target != nil && target.OK() {
					again := p.AcceptDelivery("the retry of a delivery whose answer was lost", sameAs(first))
					if again.Answer == conformance.Accepted {
						once(p, again)
					}
					return
				}
			}
			if p.Context().Err() != nil {
				p.Skip("not finished: the run ended first")
				return
			}
			p.AddFinding(conformance.Inconclusive, []*conformance.Exchange{first}, "no 2xx came that could have been lost: %s", answeredByTarget(first))
		},
	}
}

// answeredByTarget says what the target itself answered, before a fault.
func answeredByTarget(s *conformance.Exchange) string {
	if target := s.Last().Target; target != nil {
		r := s.Receipt
		r.Attempts = []mocksender.Attempt{{Outcome: *target}}
		return conformance.Describe(r)
	}
	return s.Answered()
}

func dlvDupNewUUID() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-new-uuid", Title: "the same bytes under a new uuid are accepted",
		Level: conformance.May, Basis: conformance.Practice,
		Doc: "Whether a retry keeps its rtk-uuid is contested. Under the other reading it looks like this.",
		Fix: "Answer 2xx; a receiver that wants to recognise such retries compares the event's own ids.",
		Run: func(p *conformance.Probe) {
			first := p.Accept("a delivery", p.FreshAny())
			if first.Answer != conformance.Accepted {
				return
			}
			again := p.Accept("the same bytes under a new uuid", first.Delivery.Event)
			if again.Answer != conformance.Accepted {
				return
			}
			p.AwaitEffect(again)
			p.Later(func() {
				switch n, known := p.Effects(again); {
				case known && n > 0:
					p.Comment("it takes effect as another delivery")
				case known:
					p.Comment("it has no effect of its own")
				}
			})
		},
	}
}
