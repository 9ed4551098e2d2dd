package payload

import (
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ChatSynced returns meeting.chatSynced for the session that has ended:
// "The chat export for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) ChatSynced() ([]rtk.Event, error) {
	return m.Announce(rtk.MeetingChatSynced, m.session)
}

// Transcript returns meeting.transcript for the session that has ended: "The
// transcript for a completed meeting is available." It comes once a session.
// Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Transcript() ([]rtk.Event, error) {
	return m.Announce(rtk.MeetingTranscript, m.session)
}

// Summary returns meeting.summary for the session that has ended: "The
// AI-generated summary for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Summary() ([]rtk.Event, error) { return m.Announce(rtk.MeetingSummary, m.session) }

// Announce returns meeting.chatSynced, meeting.transcript or meeting.summary, as
// t says, for any session of the meeting that has ended. Errors match ErrNotEnded
// or ErrRepeated.
func (m *Meeting) Announce(t rtk.EventType, s *Session) ([]rtk.Event, error) {
	at, kind, file, members := &s.Summary, "summary", "summary.txt", m.summary
	switch t {
	case rtk.MeetingChatSynced:
		at, kind, file, members = &s.Chat, "chat", "chat.json", m.chatSynced
	case rtk.MeetingTranscript:
		at, kind, file, members = &s.Transcript, "transcript", "transcript.csv", m.transcript
	}
	if !s.Ended {
		return nil, fmt.Errorf("%w: %s must wait", ErrNotEnded, t)
	}
	if *at != nil {
		return nil, fmt.Errorf("%w: %s of session %s", ErrRepeated, t, s.ID)
	}
	*at = &Download{m.link(kind, file), m.linkExpiry(s.EndedAt)}
	return []rtk.Event{m.event(t, members(s)...)}, nil
}

// chatSynced has no meeting member: what the others have there stands at the
// top.
func (m *Meeting) chatSynced(s *Session) []member {
	return []member{
		{"title", m.title},
		{"endedAt", m.timestamp(s.EndedAt)},
		{"createdAt", m.createdAt},
		{"meetingId", m.id},
		{"sessionId", s.ID},
		{"startedAt", m.timestamp(s.StartedAt)},
		{"chatDownloadUrl", s.Chat.URL},
		{"chatDownloadUrlExpiry", m.timestamp(s.Chat.Expiry)},
		{"organizedBy", m.organizedBy},
	}
}

func (m *Meeting) transcript(s *Session) []member {
	return []member{
		{"meeting", m.endFirst(s)},
		{"transcriptDownloadUrl", s.Transcript.URL},
		{"transcriptDownloadUrlExpiry", m.timestamp(s.Transcript.Expiry)},
	}
}

func (m *Meeting) summary(s *Session) []member {
	return []member{
		{"meeting", m.small(s)},
		{"summaryDownloadUrl", s.Summary.URL},
		{"summaryDownloadUrlExpiry", m.timestamp(s.Summary.Expiry)},
	}
}
