package checks

import (
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// age is how old the events of dlv/aged-retry are.
const age = 24 * time.Hour

// orderChecks send events late, in another order, or not at all.
func orderChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "dlv/out-of-order", Title: "events that overtake each other are accepted",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "The guide promises no order, and a retry alone is enough to turn two events round. A receiver that refuses a leave without a join loses it for good.",
			Fix: "Store what comes; take the state from the timestamps in the events, not from their arrival.",
			Run: func(p *conformance.Probe) {
				lifecycle := p.Events().Lifecycle
				play(p, slices.Concat(
					overtaken(lifecycle(), rtk.MeetingParticipantLeft, rtk.MeetingParticipantJoined),
					overtaken(lifecycle(), rtk.MeetingEnded, rtk.MeetingStarted),
					lastStatusFirst(lifecycle()),
					artifactsFirst(lifecycle()),
				), lifecycle)
			},
		},
		{
			ID: "dlv/late-artifacts", Title: "chat, transcript and summary are accepted after the end",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S17"},
			Doc: "Their triggers name a completed meeting: they come when the session has long been closed. A receiver that has dropped its state by then refuses what it was waiting for.",
			Fix: "Keep a session's record after meeting.ended, or make a new one for what comes late.",
			Run: func(p *conformance.Probe) {
				if !subscribed(p, artifacts()...) {
					return
				}
				var late []*exchange.Exchange
				sendSubscribed(p, p.Events().ShortMeeting(), func(e rtk.Event) *exchange.Exchange {
					if !slices.Contains(artifacts(), e.Type) {
						return p.Deliver(string(e.Type)+", which comes before", e)
					}
					x := p.Accept(string(e.Type)+" of a completed meeting", e)
					late = append(late, x)
					return x
				})
				if !p.Interrupted() {
					notDropped(p, late...)
				}
			},
		},
		{
			ID: "dlv/session-reuse", Title: "the same meeting with a new session is accepted",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "A meeting is a room; each time people meet in it there is a new session. A receiver that keeps one row a meeting refuses the second.",
			Fix: "Key what belongs to one occasion by sessionId, not by the meeting's id.",
			Run: func(p *conformance.Probe) {
				former := 0
				events := p.Events().Meeting(func(s *conformance.Script) {
					visit(s)
					former = len(s.Caused)
					s.Add(nil, s.NextSession())
					visit(s)
				})
				steps := append(stepsOf(events[:former], " of the first session"), stepsOf(events[former:], " of the second session")...)
				for i := range former {
					steps[i].judged = false
				}
				play(p, steps, func() []rtk.Event { return p.Events().Meeting(visit) })
			},
		},
		{
			ID: "dlv/former-session", Title: "what comes late of a meeting's former session is accepted, and leaves the new one alone",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "A leave or an end that had to be retried arrives when people have met in the same room again. A receiver that finds the meeting by its id ends the new session with it, and then refuses or drops what follows there.",
			Fix: "Find a session by sessionId, and close that one alone; an event of a session that is over changes nothing else.",
			Run: playFormerSession,
		},
		{
			ID: "dlv/gap", Title: "events are accepted though one before them never came",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "What was answered 4xx once is never sent again, so every receiver meets a leave without a join, or an end without a start.",
			Fix: "Make the missing record from what the event itself says.",
			Run: func(p *conformance.Probe) {
				events := p.Events().Meeting(summarized)
				const missing = 2 // meeting.started and the host's meeting.participantJoined
				steps := stepsOf(events[min(missing, len(events)):], " of a meeting whose start never came")
				play(p, steps, func() []rtk.Event { return p.Events().Meeting(summarized) })
			},
		},
		{
			ID: "dlv/aged-retry", Title: "events a day old are accepted",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S3"},
			Doc: "The signature has no timestamp, and the guide names no age. A receiver that refuses old events refuses the retries after its own outage.",
			Fix: "Guard against replays by rtk-uuid, not by the age of the event.",
			Run: func(p *conformance.Probe) {
				play(p, stepsOf(p.Events().LifecycleAt(-age), " of a day ago"), p.Events().Lifecycle)
			},
		},
	}
}

// playFormerSession sends the last two events of a session when the next one has begun in
// the same meeting, and then the rest of that.
func playFormerSession(p *conformance.Probe) {
	former, begun := 0, 0
	script := func(s *conformance.Script) {
		visit(s)
		former = len(s.Caused)
		s.Add(nil, s.NextSession())
		host, guest := s.NewParticipant(), s.NewParticipant()
		s.Add(s.Join(host))
		begun = len(s.Caused)
		for _, step := range []func(payload.Participant) ([]rtk.Event, error){s.Join, s.Leave} {
			s.Add(nil, s.Advance(meetingStep))
			s.Add(step(guest))
		}
		s.Add(nil, s.Advance(meetingStep))
		s.Add(s.Leave(host))
	}
	events := p.Events().Meeting(script)
	if len(events) < begun || former < lateEvents {
		return
	}
	steps := stepsOf(events, " of the new session")
	for i := range begun {
		steps[i].judged = false
	}
	late := steps[former-lateEvents : former]
	for i := range late {
		late[i] = step{event: late[i].event, label: string(late[i].event.Type) + " of the former session, late", judged: true, late: true}
	}
	steps = slices.Concat(steps[:former-lateEvents], steps[former:begun], late, steps[begun:])
	xs := play(p, steps, func() []rtk.Event { return p.Events().Meeting(script) })
	p.Effects().Watch(xs...)
	p.Later(func() {
		for _, x := range xs {
			// Effects may be counted by session.
			if more, known := p.Effects().Stray(x); more && known && x.Accepted() && strings.HasSuffix(x.Label, " of the new session") {
				p.On(x).Violation("the new session has more effects than it had events: what came late of the former one was put to it")
				return
			}
		}
	})
}

// lateEvents is how many events of the former session come late: a leave, and the end.
const lateEvents = 2

// overtaken are the first event of type late and the event of type early that belongs
// to it, in the wrong order.
func overtaken(meeting []rtk.Event, late, early rtk.EventType) []step {
	for _, l := range meeting {
		for _, e := range meeting {
			if l.Type == late && e.Type == early && peer(l) == peer(e) {
				return []step{
					{event: l, label: string(late) + " before " + string(early), judged: true},
					{event: e, label: string(early) + " after " + string(late), judged: true, late: true},
				}
			}
		}
	}
	return nil
}

// peer names who joins or leaves; it is empty for other events.
func peer(e rtk.Event) string {
	id, err := payload.Get(e.Body, "participant.peerId")
	if err != nil {
		return ""
	}
	return string(id)
}

// lastStatusFirst are the recording's events in the opposite order.
func lastStatusFirst(meeting []rtk.Event) []step {
	var out []step
	for _, e := range slices.Backward(meeting) {
		if e.Type == rtk.RecordingStatusUpdate {
			out = append(out, step{event: e, label: exchange.Variant(e) + ", the last status first", judged: true, late: len(out) > 0})
		}
	}
	return out
}

// artifacts are the types of what a meeting leaves behind.
func artifacts() []rtk.EventType {
	return []rtk.EventType{rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary}
}

// artifactsFirst is a meeting in which the events about its artifacts come before its
// end.
func artifactsFirst(meeting []rtk.Event) []step {
	var before, first, end []step
	for _, e := range meeting {
		switch {
		case e.Type == rtk.MeetingStarted:
			before = append(before, step{event: e, label: string(e.Type) + ", which comes before"})
		case slices.Contains(artifacts(), e.Type):
			first = append(first, step{event: e, label: string(e.Type) + " before meeting.ended", judged: true})
		case e.Type == rtk.MeetingEnded:
			end = append(end, step{event: e, label: string(e.Type) + ", which comes after"})
		}
	}
	return slices.Concat(before, first, end)
}

// summarized is a visit with the summary that comes after it.
func summarized(s *conformance.Script) {
	visit(s)
	s.Add(s.Summary())
}
