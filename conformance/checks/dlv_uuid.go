package checks

import (
	"bytes"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func dlvSameBodyNewUUID() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/same-body-new-uuid", Title: "equal bodies of different deliveries all take effect",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S7"},
		Needs: conformance.NeedEffects,
		Doc:   "A livestream that goes LIVE, OFFLINE and LIVE again sends the same bytes twice, because its event has no timestamp. A receiver that recognises duplicates by the body drops the second LIVE.",
		Fix:   "Recognise duplicates by rtk-uuid, not by a hash of the body.",
		Run: func(p *conformance.Probe) {
			if !p.Subscribed(rtk.LivestreamStatusUpdate) {
				notSubscribed(p, rtk.LivestreamStatusUpdate)
				return
			}
			before, stream, err := onOffOn(p.Meeting())
			if err != nil {
				p.HarnessError(err)
				return
			}
			for _, e := range before {
				if p.Subscribed(e.Type) {
					p.Deliver(string(e.Type)+", which comes before", e)
				}
			}
			first := p.Offer("a livestream that is LIVE", mocksender.Delivery{Event: stream[0]})
			if first.Answer != conformance.Accepted {
				p.Skip("%s: %s, so there is nothing to compare with; see evt/accept-%s", first.Label, first.Answered(), rtk.LivestreamStatusUpdate)
				return
			}
			p.Deliver("a livestream that is OFFLINE", stream[1])
			again := p.Accept("a livestream that is LIVE for the second time", stream[2])
			if again.Answer == conformance.Accepted {
				p.AwaitEffect(first, again)
				p.Later(func() { judgeSecond(p, first, again) })
			}
		},
	}
}

// onOffOn are the events of a livestream that goes LIVE, OFFLINE and LIVE, and
// what comes before it. The first and the last are equal to the byte.
func onOffOn(m *payload.Meeting) (before, stream []rtk.Event, err error) {
	var s steps
	s.add(m.Join(m.NewParticipant()))
	n := len(s.events)
	l, events, err := m.StartLivestream()
	s.add(events, err)
	if s.err != nil {
		return nil, nil, s.err
	}
	s.add(l.Update(payload.LivestreamOffline))
	s.add(l.Update(payload.LivestreamLive))
	if s.err != nil {
		return nil, nil, s.err
	}
	return s.events[:n], s.events[n:], nil
}

// judgeSecond decides about two deliveries with equal bodies: where the first
// took effect, so must the last.
func judgeSecond(p *conformance.Probe, first, last *conformance.Exchange) {
	one, known := p.Effects(first)
	two, knownLast := p.Effects(last)
	switch {
	case !bytes.Equal(first.Delivery.Event.Body, last.Delivery.Event.Body):
		p.Skip("the bodies were not equal")
	case !known || !knownLast:
		p.Skip("all were accepted; %s", p.WhyUnseen(last))
	case one == 0:
		p.Skip("a livestream that goes LIVE has no effect that is counted, so there is nothing to compare with")
	case two == 0:
		p.Violation([]*conformance.Exchange{first, last}, "%s: accepted, but it had no effect, while its equal before had", last.Label)
	}
}

func dlvForgedUUIDPoison() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/forged-uuid-poison", Title: "a forgery does not use up the uuid of a genuine delivery",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9", "S16"},
		Needs: conformance.NeedEffects,
		Doc:   "A receiver that notes the uuid before it verifies can be made deaf: whoever sends a forgery with a uuid first has the genuine delivery dropped as a duplicate.",
		Fix:   "Verify first; note rtk-uuid only together with the effect.",
		Run: func(p *conformance.Probe) {
			e, uuid := p.FreshAny(), p.NewUUID()
			b := p.Bracket(p.ControlType(), conformance.Forgery{
				Label: "a forgery with the uuid of a later delivery", UUID: uuid,
				Mutations: []mutation.Mutation{p.Mutation("signature/other-key")},
			})
			if !p.BracketHolds(b) {
				return
			}
			before := siblings(p)
			s := p.AcceptDelivery("the genuine delivery with that uuid", mocksender.Delivery{UUID: uuid, Event: e})
			if s.Answer != conformance.Accepted {
				return
			}
			others := append(before, siblings(p)...)
			p.AwaitEffect(s)
			p.Later(func() {
				switch n, known := p.Effects(s); {
				case !known:
					p.Skip("the genuine delivery was accepted; %s", p.WhyUnseen(s))
				case n == 0 && droppedAnyway(p, s, others):
					p.Skip("%s: accepted, but it had no effect; %s", s.Label, likewise)
				case n == 0:
					p.Violation(append(b.Forged, s), "%s: accepted, but it had no effect", s.Label)
				}
			})
		},
	}
}

func dlvMissing(id conformance.ID, header, mutated string) *conformance.Check {
	return &conformance.Check{
		ID: id, Title: "a delivery without " + header + " does no harm",
		Level: conformance.May, Basis: conformance.Practice,
		Doc: "The service sends the header always. A proxy in between may not pass it on, and a receiver that fails without it fails for good.",
		Fix: "Answer 2xx or 4xx, not 5xx.",
		Run: func(p *conformance.Probe) {
			s := p.Offer("a delivery without "+header, mocksender.Delivery{
				Event: p.FreshAny(), Mutations: []mutation.Mutation{p.Mutation(mutated)},
			})
			switch s.Answer {
			case conformance.Accepted, conformance.Refused:
				p.Comment("%s", s.Answered())
			default:
				p.JudgeAccepted(s)
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
