package payload

import "encoding/json"

// The member "meeting" has five shapes in the guide's samples. They differ in
// the order of the members and in what they leave out.

// meetingStatus is what every sample says, also after the end.
const meetingStatus = "LIVE"

// meetingStatusFirst is the meeting of meeting.started and
// meeting.participantLeft.
type meetingStatusFirst struct {
	ID          string       `json:"id"`
	RoomName    string       `json:"roomName,omitempty"`
	Title       string       `json:"title"`
	Status      string       `json:"status"`
	CreatedAt   string       `json:"createdAt"`
	SessionID   string       `json:"sessionId"`
	StartedAt   string       `json:"startedAt"`
	EndedAt     any          `json:"endedAt,omitempty"`
	OrganizedBy organization `json:"organizedBy"`
}

func (m *Meeting) statusFirst(s *session, endedAt any) meetingStatusFirst {
	return meetingStatusFirst{
		ID:          m.id,
		RoomName:    m.roomName(),
		Title:       m.title,
		Status:      meetingStatus,
		CreatedAt:   m.timestamp(m.set.Start),
		SessionID:   s.id,
		StartedAt:   m.timestamp(s.startedAt),
		EndedAt:     endedAt,
		OrganizedBy: m.org,
	}
}

// meetingSessionFirst is the meeting of meeting.ended,
// meeting.participantJoined and recording.statusUpdate.
type meetingSessionFirst struct {
	ID          string       `json:"id"`
	RoomName    string       `json:"roomName,omitempty"`
	SessionID   string       `json:"sessionId"`
	Title       string       `json:"title"`
	Status      string       `json:"status"`
	CreatedAt   string       `json:"createdAt"`
	StartedAt   string       `json:"startedAt"`
	EndedAt     any          `json:"endedAt,omitempty"`
	OrganizedBy organization `json:"organizedBy"`
}

func (m *Meeting) sessionFirst(s *session) meetingSessionFirst {
	return meetingSessionFirst{
		ID:          m.id,
		RoomName:    m.roomName(),
		SessionID:   s.id,
		Title:       m.title,
		Status:      meetingStatus,
		CreatedAt:   m.timestamp(m.set.Start),
		StartedAt:   m.timestamp(s.startedAt),
		EndedAt:     m.endedAt(s),
		OrganizedBy: m.org,
	}
}

// meetingEndFirst is the meeting of meeting.transcript.
type meetingEndFirst struct {
	ID          string       `json:"id"`
	RoomName    string       `json:"roomName,omitempty"`
	Title       string       `json:"title"`
	EndedAt     string       `json:"endedAt"`
	CreatedAt   string       `json:"createdAt"`
	SessionID   string       `json:"sessionId"`
	StartedAt   string       `json:"startedAt"`
	Status      string       `json:"status"`
	OrganizedBy organization `json:"organizedBy"`
}

func (m *Meeting) endFirst(s *session) meetingEndFirst {
	return meetingEndFirst{
		ID:          m.id,
		RoomName:    m.roomName(),
		Title:       m.title,
		EndedAt:     m.timestamp(s.endedAt),
		CreatedAt:   m.timestamp(m.set.Start),
		SessionID:   s.id,
		StartedAt:   m.timestamp(s.startedAt),
		Status:      meetingStatus,
		OrganizedBy: m.org,
	}
}

// meetingTimeless is the meeting of livestreaming.statusUpdate.
type meetingTimeless struct {
	ID          string       `json:"id"`
	RoomName    string       `json:"roomName,omitempty"`
	Title       string       `json:"title"`
	CreatedAt   string       `json:"createdAt"`
	Status      string       `json:"status"`
	OrganizedBy organization `json:"organizedBy"`
}

func (m *Meeting) timeless() *meetingTimeless {
	return &meetingTimeless{
		ID:          m.id,
		RoomName:    m.roomName(),
		Title:       m.title,
		CreatedAt:   m.timestamp(m.set.Start),
		Status:      meetingStatus,
		OrganizedBy: m.org,
	}
}

// meetingSmall is the meeting of meeting.summary.
type meetingSmall struct {
	ID          string       `json:"id"`
	RoomName    string       `json:"roomName,omitempty"`
	SessionID   string       `json:"sessionId"`
	OrganizedBy organization `json:"organizedBy"`
}

func (m *Meeting) small(s *session) meetingSmall {
	return meetingSmall{ID: m.id, RoomName: m.roomName(), SessionID: s.id, OrganizedBy: m.org}
}

func (m *Meeting) roomName() string {
	if m.has(FormRoomName) {
		return m.id
	}
	return ""
}

// endedAt returns the session's end. Before the end, the member is missing or,
// under FormEndedAtNull, null.
func (m *Meeting) endedAt(s *session) any {
	switch {
	case s.ended:
		return m.timestamp(s.endedAt)
	case m.has(FormEndedAtNull):
		return json.RawMessage("null")
	default:
		return nil
	}
}
