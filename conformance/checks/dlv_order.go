package checks

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func dlvSameBodyNewUUID() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/same-body-new-uuid", Title: "equal bodies of different deliveries all take effect",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S7"},
		Needs: conformance.NeedEffects,
		Doc:   "A livestream that goes LIVE, OFFLINE and LIVE again sends the same bytes twice, because its event has no timestamp. A receiver that recognises duplicates by the body drops the second LIVE.",
		Mend:  "Recognise duplicates by rtk-uuid, not by a hash of the body.",
		Run: func(p *conformance.Probe) {
			if !p.Subscribed(rtk.LivestreamStatusUpdate) {
				notSubscribed(p, rtk.LivestreamStatusUpdate)
				return
			}
			m, s := p.Meeting(), steps{}
			s.add(m.Join(m.NewParticipant()))
			opening := len(s.events)
			stream, events, err := m.StartLivestream()
			s.add(events, err)
			if s.err == nil {
				s.add(stream.Update(payload.LivestreamOffline))
				s.add(stream.Update(payload.LivestreamLive))
			}
			if s.err != nil {
				p.Harness(s.err)
				return
			}
			acceptSubscribed(p, s.events[:opening], typeOf)
			var sents []*conformance.Sent
			for i, label := range []string{"LIVE", "OFFLINE", "LIVE for the second time"} {
				sents = append(sents, p.Accept("a livestream that is "+label, s.events[opening+i]))
			}
			p.Await(sents...)
			p.Later(func() {
				first, known := p.Effects(sents[0])
				last, knownLast := p.Effects(sents[2])
				switch {
				case !known || !knownLast || first == 0:
					p.Skip("the effects of livestream events could not be seen; count effects with --effects-url")
				case last == 0:
					p.Shortfall(sents, "%s: accepted, but it had no effect", sents[2].Label)
				}
			})
		},
	}
}

// outOfOrder is a pair of events, the later one delivered first.
type outOfOrder struct{ first, then rtk.EventType }

func dlvOutOfOrder() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/out-of-order", Title: "events that overtake each other are accepted",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
		Doc:  "The guide promises no order, and a retry alone is enough to turn two events round. A receiver that refuses a leave without a join loses it for good.",
		Mend: "Store what comes; take the state from the timestamps in the events, not from their arrival.",
		Run: func(p *conformance.Probe) {
			n := 0
			for _, pair := range []outOfOrder{
				{rtk.MeetingParticipantLeft, rtk.MeetingParticipantJoined},
				{rtk.MeetingEnded, rtk.MeetingStarted},
			} {
				n += acceptReversed(p, pair)
			}
			if p.Subscribed(rtk.RecordingStatusUpdate) {
				n++
				acceptUploadedFirst(p)
			}
			if n == 0 {
				p.NotApplicable("no two subscribed events depend on each other")
			}
		},
	}
}

// acceptReversed sends the last event of one type before the first of another.
func acceptReversed(p *conformance.Probe, pair outOfOrder) int {
	if !p.Subscribed(pair.first) || !p.Subscribed(pair.then) {
		return 0
	}
	var early, late *rtk.Event
	for _, e := range p.Lifecycle() {
		if e.Type == pair.then && early == nil {
			early = &e
		}
		if e.Type == pair.first {
			late = &e
		}
	}
	p.Accept(string(pair.first)+" before "+string(pair.then), *late)
	p.Accept(string(pair.then)+" after "+string(pair.first), *early)
	return 1
}

func acceptUploadedFirst(p *conformance.Probe) {
	var all []rtk.Event
	for _, e := range p.Lifecycle() {
		if e.Type == rtk.RecordingStatusUpdate {
			all = append(all, e)
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		p.Accept(enumLabel(all[i])+" out of order", all[i])
	}
}

func dlvLateArtifacts() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/late-artifacts", Title: "chat, transcript and summary are accepted after the end",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S17"},
		Doc:  "Their triggers name a completed meeting: they come when the session has long been closed. A receiver that has put its state away by then refuses what it was waiting for.",
		Mend: "Keep a session's record after meeting.ended, or make a new one for what comes late.",
		Run: func(p *conformance.Probe) {
			late := []rtk.EventType{rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary}
			if len(subscribedTo(p, late...)) == 0 {
				notSubscribed(p, late...)
				return
			}
			acceptSubscribed(p, p.Lifecycle(), func(e rtk.Event) string { return string(e.Type) + " of a completed meeting" })
		},
	}
}

func dlvSessionReuse() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/session-reuse", Title: "the same meeting with a new session is accepted",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
		Doc:  "A meeting is a room; each time people meet in it there is a new session. A receiver that keeps one row a meeting refuses the second.",
		Mend: "Key what belongs to one occasion by sessionId, not by the meeting's id.",
		Run: func(p *conformance.Probe) {
			m, s := p.Meeting(), steps{}
			for i := range 2 {
				if i > 0 && s.err == nil {
					s.err = m.NextSession()
				}
				host := m.NewParticipant()
				s.add(m.Join(host))
				s.advance(m)
				s.add(m.Leave(host))
			}
			acceptSteps(p, &s, " in a meeting with two sessions")
		},
	}
}

func dlvGap() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/gap", Title: "events are accepted though one before them never came",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
		Doc:  "What was answered 4xx once is never sent again, so every receiver meets a leave without a join, or an end without a start.",
		Mend: "Make the missing record from what the event itself says.",
		Run: func(p *conformance.Probe) {
			m, s := p.Meeting(), steps{}
			host := m.NewParticipant()
			if _, err := m.Join(host); err != nil { // started and joined never arrive
				p.Harness(err)
				return
			}
			s.advance(m)
			s.add(m.Leave(host))
			s.add(m.Summary())
			acceptSteps(p, &s, " of a meeting whose start never came")
		},
	}
}

func acceptSteps(p *conformance.Probe, s *steps, suffix string) {
	if s.err != nil {
		p.Harness(s.err)
		return
	}
	if acceptSubscribed(p, s.events, func(e rtk.Event) string { return string(e.Type) + suffix }) == 0 {
		p.NotApplicable("none of the events that it sends is subscribed")
	}
}

// age is how old the events of dlv/aged-retry are.
const age = 24 * time.Hour

func dlvAgedRetry() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/aged-retry", Title: "events a day old are accepted",
		Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
		Doc:  "The signature has no timestamp, and the guide names no age. A receiver that refuses old events refuses the retries after its own outage.",
		Mend: "Guard against replays by rtk-uuid, not by the age of the event.",
		Run: func(p *conformance.Probe) {
			events, err := p.LifecycleAt(-age)
			if err != nil {
				p.Harness(err)
				return
			}
			acceptSubscribed(p, events, func(e rtk.Event) string { return string(e.Type) + " of a day ago" })
		},
	}
}
