package payload

// The member "meeting" has five shapes in the guide's samples. They differ in
// the order of the members and in what they leave out.

// meetingStatus is what every sample says, also after the end.
const meetingStatus = "LIVE"

// statusFirst is the meeting of meeting.started and meeting.participantLeft.
func (m *Meeting) statusFirst(s *Session, endedAt any) object {
	return object{
		{"id", m.id},
		{"roomName", m.roomName()},
		{"title", m.title},
		{"status", meetingStatus},
		{"createdAt", m.createdAt},
		{"sessionId", s.ID},
		{"startedAt", m.timestamp(s.StartedAt)},
		{"endedAt", endedAt},
		{"organizedBy", m.organizedBy},
	}
}

// sessionFirst is the meeting of meeting.ended, meeting.participantJoined and
// recording.statusUpdate.
func (m *Meeting) sessionFirst(s *Session) object {
	return object{
		{"id", m.id},
		{"roomName", m.roomName()},
		{"sessionId", s.ID},
		{"title", m.title},
		{"status", meetingStatus},
		{"createdAt", m.createdAt},
		{"startedAt", m.timestamp(s.StartedAt)},
		{"endedAt", m.endedAt(s)},
		{"organizedBy", m.organizedBy},
	}
}

// endFirst is the meeting of meeting.transcript.
func (m *Meeting) endFirst(s *Session) object {
	return object{
		{"id", m.id},
		{"roomName", m.roomName()},
		{"title", m.title},
		{"endedAt", m.timestamp(s.EndedAt)},
		{"createdAt", m.createdAt},
		{"sessionId", s.ID},
		{"startedAt", m.timestamp(s.StartedAt)},
		{"status", meetingStatus},
		{"organizedBy", m.organizedBy},
	}
}

// timeless is the meeting of livestreaming.statusUpdate.
func (m *Meeting) timeless() object {
	return object{
		{"id", m.id},
		{"roomName", m.roomName()},
		{"title", m.title},
		{"createdAt", m.createdAt},
		{"status", meetingStatus},
		{"organizedBy", m.organizedBy},
	}
}

// small is the meeting of meeting.summary.
func (m *Meeting) small(s *Session) object {
	return object{
		{"id", m.id},
		{"roomName", m.roomName()},
		{"sessionId", s.ID},
		{"organizedBy", m.organizedBy},
	}
}

func (m *Meeting) roomName() any {
	if m.has(FormRoomName) {
		return m.id
	}
	return nil
}

// endedAt returns the session's end. Before the end, the member is missing or,
// under FormEndedAtNull, null.
func (m *Meeting) endedAt(s *Session) any {
	switch {
	case s.Ended:
		return m.timestamp(s.EndedAt)
	case m.has(FormEndedAtNull):
		return literal("null")
	default:
		return nil
	}
}
