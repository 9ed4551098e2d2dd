package rtk

import (
	"fmt"
	"slices"
	"strings"
)

// EventType is the value of a payload's "event" member.
type EventType string

// The nine event types of the guide's table "Supported events".
const (
	MeetingStarted           EventType = "meeting.started"
	MeetingEnded             EventType = "meeting.ended"
	MeetingParticipantJoined EventType = "meeting.participantJoined"
	MeetingParticipantLeft   EventType = "meeting.participantLeft"
	MeetingChatSynced        EventType = "meeting.chatSynced"
	RecordingStatusUpdate    EventType = "recording.statusUpdate"
	LivestreamStatusUpdate   EventType = "livestreaming.statusUpdate"
	MeetingTranscript        EventType = "meeting.transcript"
	MeetingSummary           EventType = "meeting.summary"
)

// EventTypes returns the nine event types in the order of the guide's table.
// The caller owns the slice.
func EventTypes() []EventType {
	return []EventType{
		MeetingStarted,
		MeetingEnded,
		MeetingParticipantJoined,
		MeetingParticipantLeft,
		MeetingChatSynced,
		RecordingStatusUpdate,
		LivestreamStatusUpdate,
		MeetingTranscript,
		MeetingSummary,
	}
}

// Known reports whether t is one of the nine documented event types.
func (t EventType) Known() bool { return slices.Contains(EventTypes(), t) }

// ParseEventType returns the event type that s names exactly. The error lists
// the nine names.
func ParseEventType(s string) (EventType, error) {
	if t := EventType(s); t.Known() {
		return t, nil
	}
	names := make([]string, 0, len(EventTypes()))
	for _, t := range EventTypes() {
		names = append(names, string(t))
	}
	return "", fmt.Errorf("rtk: unknown event %q, want one of %s", s, strings.Join(names, ", "))
}

// Event is one event as it goes over the wire. Body is marshalled once, and
// those bytes are signed, sent, stored, shown and sent again. Nobody may modify
// them.
type Event struct {
	Type EventType
	Body []byte
}
