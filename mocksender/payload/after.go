package payload

import (
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ChatSynced returns meeting.chatSynced for the session that has ended:
// "The chat export for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) ChatSynced() ([]rtk.Event, error) {
	return m.completed(rtk.MeetingChatSynced, &m.session.chat, m.renderChatSynced)
}

// Transcript returns meeting.transcript for the session that has ended: "The
// transcript for a completed meeting is available." It comes once a session.
// Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Transcript() ([]rtk.Event, error) {
	return m.completed(rtk.MeetingTranscript, &m.session.transcript, m.renderTranscript)
}

// Summary returns meeting.summary for the session that has ended: "The
// AI-generated summary for a completed meeting is available." It comes once a
// session. Errors match ErrNotEnded or ErrRepeated.
func (m *Meeting) Summary() ([]rtk.Event, error) {
	return m.completed(rtk.MeetingSummary, &m.session.summary, m.renderSummary)
}

func (m *Meeting) completed(t rtk.EventType, came *bool, render func(*session) (rtk.Event, error)) ([]rtk.Event, error) {
	if !m.session.ended {
		return nil, fmt.Errorf("%w: %s must wait", ErrNotEnded, t)
	}
	if *came {
		return nil, fmt.Errorf("%w: %s of session %s", ErrRepeated, t, m.session.id)
	}
	*came = true
	return one(render(m.session))
}
