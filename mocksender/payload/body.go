package payload

import "github.com/rtkmock/rtkmock/mocksender/rtk"

// The order of the fields below is the order of the members in the guide's
// samples. It differs from event to event; do not tidy it. Members that no
// sample has are there for the forms.

// meetingStatus is what every sample says, those after the end included.
const meetingStatus = "LIVE"

type organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

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
		CreatedAt:   m.stamp(m.set.Start),
		SessionID:   s.id,
		StartedAt:   m.stamp(s.startedAt),
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
		CreatedAt:   m.stamp(m.set.Start),
		StartedAt:   m.stamp(s.startedAt),
		EndedAt:     m.endedAt(s),
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

// meetingSmall is the meeting of meeting.summary.
type meetingSmall struct {
	ID          string       `json:"id"`
	RoomName    string       `json:"roomName,omitempty"`
	SessionID   string       `json:"sessionId"`
	OrganizedBy organization `json:"organizedBy"`
}

type participantMember struct {
	PeerID           string `json:"peerId"`
	Name             string `json:"userDisplayName"`
	CustomID         string `json:"customParticipantId"`
	ClientSpecificID string `json:"clientSpecificId,omitempty"`
	JoinedAt         string `json:"joinedAt"`
	LeftAt           string `json:"leftAt,omitempty"`
}

type startedBody struct {
	Event   rtk.EventType      `json:"event"`
	Meeting meetingStatusFirst `json:"meeting"`
}

type endedBody struct {
	Event   rtk.EventType       `json:"event"`
	Meeting meetingSessionFirst `json:"meeting"`
	Reason  EndReason           `json:"reason"`
}

type joinedBody struct {
	Event       rtk.EventType       `json:"event"`
	Meeting     meetingSessionFirst `json:"meeting"`
	Participant participantMember   `json:"participant"`
}

type leftBody struct {
	Event       rtk.EventType      `json:"event"`
	Meeting     meetingStatusFirst `json:"meeting"`
	Participant participantMember  `json:"participant"`
}

// chatSyncedBody has no meeting member: its facts lie flat.
type chatSyncedBody struct {
	Event       rtk.EventType `json:"event"`
	Title       string        `json:"title"`
	EndedAt     string        `json:"endedAt"`
	CreatedAt   string        `json:"createdAt"`
	MeetingID   string        `json:"meetingId"`
	SessionID   string        `json:"sessionId"`
	StartedAt   string        `json:"startedAt"`
	URL         string        `json:"chatDownloadUrl"`
	URLExpiry   string        `json:"chatDownloadUrlExpiry"`
	OrganizedBy organization  `json:"organizedBy"`
}

// recordingMember's fileSize is a string of digits in the sample.
type recordingMember struct {
	ID             string          `json:"id"`
	RecordingID    string          `json:"recordingId"`
	Status         RecordingStatus `json:"status"`
	StopReason     string          `json:"stopReason,omitempty"`
	URL            string          `json:"downloadUrl,omitempty"`
	AudioURL       string          `json:"audioDownloadUrl,omitempty"`
	URLExpiry      string          `json:"downloadUrlExpiry,omitempty"`
	StartedTime    string          `json:"startedTime"`
	StoppedTime    string          `json:"stoppedTime,omitempty"`
	FileSize       any             `json:"fileSize,omitempty"`
	OutputFileName string          `json:"outputFileName"`
	MeetingID      string          `json:"meetingId"`
	Duration       *int            `json:"recordingDuration,omitempty"`
	OrganizationID string          `json:"organizationId"`
	RoomUUID       string          `json:"roomUUID"`
}

type recordingBody struct {
	Event     rtk.EventType       `json:"event"`
	Recording recordingMember     `json:"recording"`
	Meeting   meetingSessionFirst `json:"meeting"`
}

// livestreamBody has no time of its own, and its status at the top.
type livestreamBody struct {
	Event        rtk.EventType    `json:"event"`
	StreamID     string           `json:"streamId"`
	Status       LivestreamStatus `json:"status"`
	ManualIngest bool             `json:"manualIngest"`
	PlaybackURL  string           `json:"playbackUrl"`
	IngestServer string           `json:"ingestServer"`
	StreamKey    string           `json:"streamKey"`
	Meeting      *meetingTimeless `json:"meeting,omitempty"`
}

type transcriptBody struct {
	Event     rtk.EventType   `json:"event"`
	Meeting   meetingEndFirst `json:"meeting"`
	URL       string          `json:"transcriptDownloadUrl"`
	URLExpiry string          `json:"transcriptDownloadUrlExpiry"`
}

type summaryBody struct {
	Event     rtk.EventType `json:"event"`
	Meeting   meetingSmall  `json:"meeting"`
	URL       string        `json:"summaryDownloadUrl"`
	URLExpiry string        `json:"summaryDownloadUrlExpiry"`
}
