package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
)

// once judges, when the effects have been read, that a delivery that came more
// than once has taken effect exactly once.
func once(p *conformance.Probe, s *conformance.Sent) {
	p.Await(s)
	p.Later(func() {
		switch n, known := p.Effects(s); {
		case !known:
			p.Remark("only the statuses could be seen; --effects-url shows how often it took effect")
		case n == 0:
			p.Shortfall([]*conformance.Sent{s}, "%s: accepted, but it had no effect", s.Label)
		case n > 1:
			p.Shortfall([]*conformance.Sent{s}, "%s: took effect %d times", s.Label, n)
		}
	})
}

const dedupeMend = "Store rtk-uuid under a unique constraint, in the same transaction as the effect; a look followed by an insert lets two through at once."

func dlvDupSequential() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-sequential", Title: "a delivery that comes again is accepted and has one effect",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
		Needs: conformance.NeedEffects,
		Doc:   "A retry after a lost answer brings the same delivery twice. The guide gives rtk-uuid for recognising it.",
		Mend:  dedupeMend,
		Run: func(p *conformance.Probe) {
			first := p.Accept("the first of two equal deliveries", p.FreshAny())
			if first.Answer != conformance.Accepted {
				return
			}
			again := p.AcceptDelivery("the same delivery again", sameAs(first))
			once(p, again)
		},
	}
}

// sameAs is the delivery of s once more: the same uuid and bytes.
func sameAs(s *conformance.Sent) mocksender.Delivery {
	return mocksender.Delivery{UUID: s.Delivery.UUID, Event: s.Delivery.Event}
}

// duplicates is how many equal deliveries are released together.
const duplicates = 8

func dlvDupConcurrent() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-concurrent", Title: "equal deliveries at the same instant have one effect",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
		Needs: conformance.NeedEffects, Exclusive: true,
		Doc:  "Two workers that look for the uuid at the same moment both find nothing. A retry that crosses a slow first attempt is enough.",
		Mend: dedupeMend,
		Run: func(p *conformance.Probe) {
			d := mocksender.Delivery{UUID: p.NewUUID(), Event: p.FreshAny()}
			all := make([]mocksender.Delivery, duplicates)
			for i := range all {
				all[i] = d
			}
			sents := p.Together(0, "one of eight equal deliveries", all)
			for _, s := range sents {
				if s.Answer != conformance.Accepted {
					p.JudgeAccepted(s)
					return
				}
			}
			once(p, sents[0])
		},
	}
}

func dlvResponseLost() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/response-lost-then-retry", Title: "a delivery whose answer was lost is accepted again and has one effect",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S7", "S13"},
		Needs: conformance.NeedEffects,
		Doc:   "The receiver has done the work and answered 2xx, but the answer never arrived. The sender sees a network error and delivers again.",
		Mend:  dedupeMend + " Answer the repetition 2xx as well.",
		Run: func(p *conformance.Probe) {
			s := p.AcceptDelivery("a delivery whose first answer was lost", mocksender.Delivery{
				Event:  p.FreshAny(),
				Faults: mocksender.FaultPlan{{Attempt: 1, After: mocksender.LoseResponse}},
			})
			if s.Answer == conformance.Accepted {
				once(p, s)
			}
		},
	}
}

func dlvDupNewUUID() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-new-uuid", Title: "the same bytes under a new uuid are accepted",
		Level: conformance.May, Basis: conformance.Practice,
		Doc:  "Whether a retry keeps its rtk-uuid is contested. Under the other reading it looks like this.",
		Mend: "Answer 2xx; a receiver that wants to recognise such retries compares the event's own ids.",
		Run: func(p *conformance.Probe) {
			first := p.Accept("a delivery", p.FreshAny())
			if first.Answer != conformance.Accepted {
				return
			}
			again := p.Accept("the same bytes under a new uuid", first.Delivery.Event)
			p.Await(again)
			p.Later(func() {
				if n, known := p.Effects(again); known && n > 0 {
					p.Remark("it takes effect as another delivery")
				} else if known {
					p.Remark("it has no effect of its own")
				}
			})
		},
	}
}

func dlvForgedUUIDPoison() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/forged-uuid-poison", Title: "a forgery does not use up the uuid of a genuine delivery",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9", "S16"},
		Needs: conformance.NeedEffects,
		Doc:   "A receiver that notes the uuid before it verifies can be made deaf: whoever sends a forgery with a uuid first has the genuine delivery dropped as a duplicate.",
		Mend:  "Verify first; note rtk-uuid only together with the effect.",
		Run: func(p *conformance.Probe) {
			e, uuid := p.FreshAny(), p.NewUUID()
			b := p.Bracket(p.ControlType(), conformance.Forgery{
				Label: "a forgery with the uuid of a later delivery", UUID: uuid,
				Mutations: []mocksender.Mutation{p.Mutation("signature/other-key")},
			})
			if !p.BracketHolds(b) {
				return
			}
			s := p.AcceptDelivery("the genuine delivery with that uuid", mocksender.Delivery{UUID: uuid, Event: e})
			if s.Answer != conformance.Accepted {
				return
			}
			p.Await(s)
			p.Later(func() {
				switch n, known := p.Effects(s); {
				case !known:
					p.Remark("it was accepted; whether it took effect could not be seen without --effects-url")
				case n == 0:
					p.Shortfall(append(b.Forged, s), "%s: accepted, but it had no effect", s.Label)
				}
			})
		},
	}
}

func dlvMissing(id conformance.ID, header, mutation string) *conformance.Check {
	return &conformance.Check{
		ID: id, Title: "a delivery without " + header + " does no harm",
		Level: conformance.May, Basis: conformance.Practice,
		Doc:  "The service sends the header always. A proxy in between may not pass it on, and a receiver that fails without it fails for good.",
		Mend: "Answer 2xx or 4xx, not 5xx.",
		Run: func(p *conformance.Probe) {
			s := p.Try("a delivery without "+header, mocksender.Delivery{
				Event: p.FreshAny(), Mutations: []mocksender.Mutation{p.Mutation(mutation)},
			})
			switch s.Answer {
			case conformance.Failing, conformance.Cut:
				p.Shortfall([]*conformance.Sent{s}, "%s: %s", s.Label, s.Answered())
			default:
				p.Remark("%s", s.Answered())
			}
		},
	}
}

func dlvMissingUUID() *conformance.Check {
	return dlvMissing("dlv/missing-uuid", "rtk-uuid", "uuid/missing")
}

func dlvMissingWebhookID() *conformance.Check {
	return dlvMissing("dlv/missing-webhook-id", "rtk-webhook-id", "webhook-id/missing")
}
