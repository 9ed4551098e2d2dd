package checks

import (
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func evtTakesEffect() *conformance.Check {
	return &conformance.Check{
		ID: "evt/takes-effect", Title: "every event that is accepted brings something about",
		Level: conformance.May, Basis: conformance.Practice, From: []string{"S16", "S18"},
		Needs: conformance.NeedEffects,
		// By itself, after the others of its group: what those have sent need
		// not be sent for it again.
		Exclusive: true,
		Doc:       "A 2xx without an effect looks like success on both sides. Code that reads a member where it is not (event.meetingId of a payload that has event.meeting.id) finds nothing to do, answers 200, and nobody notices. A target may also ignore events on purpose, hence no more than a note.",
		Fix:       "Read each event's members where its sample has them. If an event is ignored on purpose, leave it out of the webhook's events and give --events here.",
		Run: func(p *conformance.Probe) {
			one := acceptedOnes(p)
			p.WatchEffect(one...)
			p.Later(func() { judgeIdle(p, one) })
		},
	}
}

// acceptedOnes returns an accepted delivery of each subscribed type: one that
// the run has sent already, if there is any.
func acceptedOnes(p *conformance.Probe) []*conformance.Exchange {
	had := map[rtk.EventType]*conformance.Exchange{}
	for _, s := range p.Genuine() {
		if t := s.Delivery.Event.Type; s.Answer == conformance.Accepted && had[t] == nil {
			had[t] = s
		}
	}
	var out []*conformance.Exchange
	for _, t := range subscribedTo(p, lifeCycleOrder()...) {
		s := had[t]
		if s == nil && p.Context().Err() == nil {
			s = p.AcceptQuietly(p.Fresh(t))
		}
		if s != nil && s.Answer == conformance.Accepted {
			out = append(out, s)
		}
	}
	return out
}

func judgeIdle(p *conformance.Probe, sents []*conformance.Exchange) {
	if !p.SeesEffects() {
		p.Skip("whether events take effect cannot be seen: count effects with --effects-url")
		return
	}
	var idle []*conformance.Exchange
	var names []string
	for _, s := range sents {
		if p.HadNoEffect(s) {
			idle = append(idle, s)
			names = append(names, string(s.Delivery.Event.Type))
		}
	}
	if len(idle) > 0 {
		p.Violation(idle, "accepted, and nothing came of it: %s; if they are ignored on purpose, leave them out with --events", strings.Join(names, ", "))
	}
}
