package checks

import (
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// A check that changes events blames the change for a refusal, and its remedy
// is about the change. Where the event is refused as it is, neither is right.

// offerSubscribed sends those of events that are subscribed, in order, and
// judges nothing.
func offerSubscribed(p *conformance.Probe, events []rtk.Event, label func(rtk.Event) string) []*conformance.Exchange {
	p.Presign(events...)
	var out []*conformance.Exchange
	for _, e := range events {
		if p.Subscribed(e.Type) && p.Context().Err() == nil {
			out = append(out, p.Offer(label(e), mocksender.Delivery{Event: e}))
		}
	}
	return out
}

// judgeChanged judges events that are changed in some way. Of those that are
// refused, refusedPlain returns those whose like is refused without the change.
func judgeChanged(p *conformance.Probe, sents []*conformance.Exchange, refusedPlain func(refused []*conformance.Exchange) []*conformance.Exchange) {
	var refused []*conformance.Exchange
	for _, s := range sents {
		if s.Answer != conformance.Accepted {
			refused = append(refused, s)
		}
	}
	var already []*conformance.Exchange
	if len(refused) > 0 && p.Context().Err() == nil {
		already = refusedPlain(refused)
	}
	for _, s := range sents {
		if slices.Contains(already, s) {
			skipRefused(p, s)
			continue
		}
		p.JudgeAccepted(s)
	}
}

// skipRefused takes down that a refusal says nothing of the change.
func skipRefused(p *conformance.Probe, s *conformance.Exchange) {
	t := s.Delivery.Event.Type
	p.Skip("%s: %s, but the plain event is refused already; see evt/accept-%s", s.Label, s.Answered(), t)
}

// refusedByType returns those of refused whose type is refused in the sample's
// form. Each type is tried once.
func refusedByType(p *conformance.Probe) func([]*conformance.Exchange) []*conformance.Exchange {
	return func(refused []*conformance.Exchange) []*conformance.Exchange {
		accepted := map[rtk.EventType]bool{}
		var out []*conformance.Exchange
		for _, s := range refused {
			t := s.Delivery.Event.Type
			ok, tried := accepted[t]
			if !tried {
				ok = p.AcceptQuietly(p.Fresh(t)).Answer == conformance.Accepted
				accepted[t] = ok
			}
			if !ok {
				out = append(out, s)
			}
		}
		return out
	}
}
