package checks

import (
	"fmt"

	"github.com/rtkmock/rtkmock/conformance"
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
			if !p.Subscribed(t) {
				notSubscribed(p, t)
				return
			}
			p.Accept(string(t), p.Fresh(t))
		},
	}
}

func evtEnums() *conformance.Check {
	return &conformance.Check{
		ID: "evt/enums", Title: "every documented reason and status is accepted",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S19", "S20", "S21"},
		Doc: "Two reasons, four recording statuses and three livestream statuses are documented; the rare ones (ERRORED, IDLE) are often forgotten and meet the receiver when something has gone wrong already.",
		Fix: "Accept every documented value, and treat a value you do not know as one to ignore.",
		Run: func(p *conformance.Probe) {
			types := []rtk.EventType{rtk.MeetingEnded, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate}
			if len(subscribedTo(p, types...)) == 0 {
				notSubscribed(p, types...)
				return
			}
			var all []*conformance.Exchange
			for _, reason := range payload.EndReasons() {
				events, err := enumMeeting(p.Meeting(), reason)
				if err != nil {
					p.HarnessError(err)
					return
				}
				sents := offerSubscribed(p, events, conformance.Variant)
				judgeChanged(p, sents, refusedByType(p))
				all = append(all, sents...)
			}
			notDroppedFor(p, all...)
			noteLeftAlone(p, all)
		},
	}
}

// enumMeeting is a meeting that ends for reason. Between both reasons, every
// status occurs.
func enumMeeting(m *payload.Meeting, reason payload.EndReason) ([]rtk.Event, error) {
	s := steps{}
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
	s.advance(m)
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
	s.advance(m)
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
			types := []rtk.EventType{rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft}
			if len(subscribedTo(p, types...)) == 0 {
				notSubscribed(p, types...)
				return
			}
			m := p.Meeting(payload.FormClientSpecificID)
			s := steps{}
			host := m.NewParticipant()
			s.add(m.Join(host))
			s.advance(m)
			s.add(m.Leave(host))
			if s.err != nil {
				p.HarnessError(s.err)
				return
			}
			sents := offerSubscribed(p, s.events, func(e rtk.Event) string { return string(e.Type) + " with clientSpecificId" })
			judgeChanged(p, sents, refusedByType(p))
			notDroppedFor(p, sents...)
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
			sents := acceptSubscribed(p, p.Lifecycle(), conformance.Variant)
			p.Baseline(sents...)
			notDropped(p, conformance.Warn, sents...)
		},
	}
}

// steps collects the events of a meeting up to the first error.
type steps struct {
	events []rtk.Event
	err    error
}

func (s *steps) add(events []rtk.Event, err error) {
	if s.err == nil {
		s.events, s.err = append(s.events, events...), err
	}
}

// advance lets some of the meeting's time go by: long enough for a recording
// to have a length.
func (s *steps) advance(m *payload.Meeting) {
	if s.err == nil {
		s.err = m.Advance(meetingStep)
	}
}
