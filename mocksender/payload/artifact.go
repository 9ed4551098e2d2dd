package payload

import (
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ChatSynced returns meeting.chatSynced for the session that has ended:
// "The chat export for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) ChatSynced() ([]rtk.Event, error) {
	return m.artifact(rtk.MeetingChatSynced, &m.session.chat, m.chatSyncedBody)
}

// Transcript returns meeting.transcript for the session that has ended: "The
// transcript for a completed meeting is available." It comes once a session.
// Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Transcript() ([]rtk.Event, error) {
	return m.artifact(rtk.MeetingTranscript, &m.session.transcript, m.transcriptBody)
}

// Summary returns meeting.summary for the session that has ended: "The
// AI-generated summary for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Summary() ([]rtk.Event, error) {
	return m.artifact(rtk.MeetingSummary, &m.session.summary, m.summaryBody)
}

// artifact announces something that is made of an ended session. came says
// whether it has been announced before.
func (m *Meeting) artifact(t rtk.EventType, came *bool, body func(*session) eventBody) ([]rtk.Event, error) {
	if !m.session.ended {
		return nil, fmt.Errorf("%w: %s must wait", ErrNotEnded, t)
	}
	if *came {
		return nil, fmt.Errorf("%w: %s of session %s", ErrRepeated, t, m.session.id)
	}
	*came = true
	return m.encode(body(m.session))
}

// chatSyncedBody has no meeting member: what the others have there stands at
// the top.
type chatSyncedBody struct {
	head
	Title       string       `json:"title"`
	EndedAt     string       `json:"endedAt"`
	CreatedAt   string       `json:"createdAt"`
	MeetingID   string       `json:"meetingId"`
	SessionID   string       `json:"sessionId"`
	StartedAt   string       `json:"startedAt"`
	URL         string       `json:"chatDownloadUrl"`
	URLExpiry   string       `json:"chatDownloadUrlExpiry"`
	OrganizedBy organization `json:"organizedBy"`
}

func (m *Meeting) chatSyncedBody(s *session) eventBody {
	return chatSyncedBody{
		head:        head{rtk.MeetingChatSynced},
		Title:       m.title,
		EndedAt:     m.timestamp(s.endedAt),
		CreatedAt:   m.timestamp(m.set.Start),
		MeetingID:   m.id,
		SessionID:   s.id,
		StartedAt:   m.timestamp(s.startedAt),
		URL:         m.link("chat", "chat.json"),
		URLExpiry:   m.linkExpiry(s.endedAt),
		OrganizedBy: m.org,
	}
}

type transcriptBody struct {
	head
	Meeting   meetingEndFirst `json:"meeting"`
	URL       string          `json:"transcriptDownloadUrl"`
	URLExpiry string          `json:"transcriptDownloadUrlExpiry"`
}

func (m *Meeting) transcriptBody(s *session) eventBody {
	return transcriptBody{
		head:      head{rtk.MeetingTranscript},
		Meeting:   m.endFirst(s),
		URL:       m.link("transcript", "transcript.csv"),
		URLExpiry: m.linkExpiry(s.endedAt),
	}
}

type summaryBody struct {
	head
	Meeting   meetingSmall `json:"meeting"`
	URL       string       `json:"summaryDownloadUrl"`
	URLExpiry string       `json:"summaryDownloadUrlExpiry"`
}

func (m *Meeting) summaryBody(s *session) eventBody {
	return summaryBody{
		head:      head{rtk.MeetingSummary},
		Meeting:   m.small(s),
		URL:       m.link("summary", "summary.txt"),
		URLExpiry: m.linkExpiry(s.endedAt),
	}
}
