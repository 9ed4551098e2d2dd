package payload

import (
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ChatSynced returns meeting.chatSynced for the session that has ended:
// "The chat export for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) ChatSynced() ([]rtk.Event, error) {
	return m.artifact(rtk.MeetingChatSynced, &m.session.chat, m.chatSynced)
}

// Transcript returns meeting.transcript for the session that has ended: "The
// transcript for a completed meeting is available." It comes once a session.
// Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Transcript() ([]rtk.Event, error) {
	return m.artifact(rtk.MeetingTranscript, &m.session.transcript, m.transcript)
}

// Summary returns meeting.summary for the session that has ended: "The
// AI-generated summary for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Summary() ([]rtk.Event, error) {
	return m.artifact(rtk.MeetingSummary, &m.session.summary, m.summary)
}

// artifact announces something that is made of an ended session. came says
// whether it has been announced before.
func (m *Meeting) artifact(t rtk.EventType, came *bool, members func(*session) []member) ([]rtk.Event, error) {
	if !m.session.ended {
		return nil, fmt.Errorf("%w: %s must wait", ErrNotEnded, t)
	}
	if *came {
		return nil, fmt.Errorf("%w: %s of session %s", ErrRepeated, t, m.session.id)
	}
	*came = true
	return []rtk.Event{m.event(t, members(m.session)...)}, nil
}

// chatSynced has no meeting member: what the others have there stands at the
// top.
func (m *Meeting) chatSynced(s *session) []member {
	return []member{
		{"title", m.title},
		{"endedAt", m.timestamp(s.endedAt)},
		{"createdAt", m.createdAt},
		{"meetingId", m.id},
		{"sessionId", s.id},
		{"startedAt", m.timestamp(s.startedAt)},
		{"chatDownloadUrl", m.link("chat", "chat.json")},
		{"chatDownloadUrlExpiry", m.linkExpiry(s.endedAt)},
		{"organizedBy", m.organizedBy},
	}
}

func (m *Meeting) transcript(s *session) []member {
	return []member{
		{"meeting", m.endFirst(s)},
		{"transcriptDownloadUrl", m.link("transcript", "transcript.csv")},
		{"transcriptDownloadUrlExpiry", m.linkExpiry(s.endedAt)},
	}
}

func (m *Meeting) summary(s *session) []member {
	return []member{
		{"meeting", m.small(s)},
		{"summaryDownloadUrl", m.link("summary", "summary.txt")},
		{"summaryDownloadUrlExpiry", m.linkExpiry(s.endedAt)},
	}
}
