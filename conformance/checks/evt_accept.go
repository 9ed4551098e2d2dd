package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// triggers are the guide's words on when an event occurs.
func triggers() map[rtk.EventType]string {
	return map[rtk.EventType]string{
		rtk.MeetingStarted:           "The first participant joins a meeting.",
		rtk.MeetingEnded:             "The meeting ends because the host ended it or all participants left.",
		rtk.MeetingParticipantJoined: "A participant joins a meeting.",
		rtk.MeetingParticipantLeft:   "A participant leaves a meeting.",
		rtk.MeetingChatSynced:        "The chat export for a completed meeting is available.",
		rtk.RecordingStatusUpdate:    "A recording changes status.",
		rtk.LivestreamStatusUpdate:   "A livestream changes status.",
		rtk.MeetingTranscript:        "The transcript for a completed meeting is available.",
		rtk.MeetingSummary:           "The AI-generated summary for a completed meeting is available.",
	}
}

func evtAccept(t rtk.EventType) *conformance.Check {
	return &conformance.Check{
		ID:    conformance.ID("evt/accept-" + string(t)),
		Title: fmt.Sprintf("%s is accepted", t),
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3", "S17", "S18"},
		Doc: fmt.Sprintf("The guide's trigger: %q An event that is refused with a status below 500 is never sent again.", triggers()[t]),
		Fix: fmt.Sprintf("Handle %s, or answer 2xx and ignore it; if it is not wanted, leave it out of the webhook's events and give --events here.", t),
		Run: func(p *conformance.Probe) {
			if subscribed(p, t) {
				p.Accept(string(t), p.Fresh(t))
			}
		},
	}
}

func evtEnums() *conformance.Check {
	return &conformance.Check{
		ID: "evt/enums", Title: "every documented reason and status is accepted",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S19", "S20", "S21"},
		Doc: "Two reasons, four recording statuses and three livestream statuses are documented; the rare ones (ERRORED, IDLE) are often forgotten and reach the receiver when something has gone wrong already.",
		Fix: "Accept every documented value, and treat a value you do not know as one to ignore.",
		Run: func(p *conformance.Probe) {
			if !subscribed(p, rtk.MeetingEnded, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate) {
				return
			}
			var all []*exchange.Exchange
			for _, reason := range payload.EndReasons() {
				events := p.Events().Meeting(func(m *payload.Meeting) ([]rtk.Event, error) { return enumMeeting(m, reason) })
				xs := offerSubscribed(p, events, exchange.Variant)
				judgeChanged(p, xs, refusedByType(p))
				all = append(all, xs...)
			}
			notDroppedForThis(p, all...)
			noteIgnored(p, all)
		},
	}
}

// meetingStep is the meeting time between two steps of a meeting that a check plays:
// long enough for a recording to have a length.
const meetingStep = 2 * time.Second

// enumMeeting is a meeting that ends for reason. With both reasons, every status
// occurs.
func enumMeeting(m *payload.Meeting, reason payload.EndReason) ([]rtk.Event, error) {
	var s steps
	host, guest := m.NewParticipant(), m.NewParticipant()
	s.add(m.Join(host))
	s.add(m.Join(guest))
	rec, events, err := m.StartRecording()
	s.add(events, err)
	stream, events, err := m.StartLivestream()
	s.add(events, err)
	if s.err != nil {
		return nil, s.err
	}
	s.add(nil, m.Advance(meetingStep))
	s.add(stream.Update(payload.LivestreamOffline))
	s.add(stream.Update(payload.LivestreamIdle))
	if reason == payload.HostEndedMeeting {
		s.add(rec.Update(payload.RecordingErrored))
		s.add(m.End())
		return s.events, s.err
	}
	s.add(rec.Update(payload.RecordingUploading))
	s.add(rec.Update(payload.RecordingUploaded))
	s.add(m.Leave(guest))
	s.add(nil, m.Advance(meetingStep))
	s.add(m.Leave(host))
	return s.events, s.err
}

func evtClientSpecificID() *conformance.Check {
	return &conformance.Check{
		ID: "evt/client-specific-id", Title: "participants with clientSpecificId are accepted",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S22"},
		Doc: "The guide's samples lack clientSpecificId, but it says that the member is included for older integrations. A decoder that refuses unknown members refuses it.",
		Fix: "Ignore members that you do not read.",
		Run: func(p *conformance.Probe) {
			if !subscribed(p, rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft) {
				return
			}
			events := p.Events().Meeting(visit, payload.FormClientSpecificID)
			xs := offerSubscribed(p, events, func(e rtk.Event) string { return string(e.Type) + " with clientSpecificId" })
			judgeChanged(p, xs, refusedByType(p))
			notDroppedForThis(p, xs...)
		},
	}
}

func evtLifecycle() *conformance.Check {
	return &conformance.Check{
		ID: "evt/lifecycle", Title: "a meeting from start to summary is accepted throughout",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3", "S17"},
		Doc: "Receivers keep state by meeting and session. Events that are accepted one by one can still be refused in the order in which a meeting causes them.",
		Fix: "Look at which event was refused and what had come before it; chat, transcript and summary come after meeting.ended.",
		Run: func(p *conformance.Probe) {
			xs := sendSubscribed(p, p.Events().Lifecycle(), func(e rtk.Event) *exchange.Exchange { return p.Accept(exchange.Variant(e), e) })
			p.Effects().CompareAsBaseline(xs...)
			notDropped(p, xs...)
		},
	}
}

func evtTakesEffect() *conformance.Check {
	return &conformance.Check{
		ID: "evt/takes-effect", Title: "every event that is accepted brings something about",
		Level: conformance.May, Basis: conformance.Practice, From: []string{"S16", "S18"},
		Needs: conformance.NeedEffects,
		// It runs by itself after the others of its group, and uses what they have sent.
		Exclusive: true,
		Doc:       "A 2xx without an effect looks like success on both sides. Code that reads a member where it is not (event.meetingId of a payload that has event.meeting.id) finds nothing to do, answers 200, and nobody notices. A target may also ignore events on purpose, so this is no more than a note.",
		Fix:       "Read each event's members where its sample has them. If an event is ignored on purpose, leave it out of the webhook's events and give --events here.",
		Run: func(p *conformance.Probe) {
			xs := oneOfEachType(p)
			p.Effects().Watch(xs...)
			p.Later(func() { judgeWithoutEffect(p, xs) })
		},
	}
}

// oneOfEachType returns an accepted delivery of each subscribed type. It prefers what
// the run has sent already.
func oneOfEachType(p *conformance.Probe) []*exchange.Exchange {
	had := map[rtk.EventType]*exchange.Exchange{}
	for _, x := range p.Genuine() {
		if t := x.Delivery.Event.Type; x.Accepted() && had[t] == nil {
			had[t] = x
		}
	}
	var out []*exchange.Exchange
	for _, t := range lifeCycleOrder() {
		x := had[t]
		if x == nil && p.Subscribed(t) && p.Context().Err() == nil {
			x = p.AcceptQuietly(p.Fresh(t))
		}
		if x != nil && x.Accepted() {
			out = append(out, x)
		}
	}
	return out
}

func judgeWithoutEffect(p *conformance.Probe, xs []*exchange.Exchange) {
	if !p.Effects().On() {
		p.Skip("whether events take effect cannot be seen: count effects with --effects-url")
		return
	}
	var without []*exchange.Exchange
	var types []string
	for _, x := range xs {
		if p.Effects().None(x) {
			without = append(without, x)
			types = append(types, string(x.Delivery.Event.Type))
		}
	}
	if len(without) > 0 {
		p.On(without...).Violation("accepted, but without an effect: %s; if they are ignored on purpose, leave them out with --events", strings.Join(types, ", "))
	}
}
