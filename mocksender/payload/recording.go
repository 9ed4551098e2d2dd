package payload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// RecordingStatus is the value of recording.status.
type RecordingStatus string

// The guide: "Recording statuses include RECORDING, UPLOADING, UPLOADED, and
// ERRORED." INVOKED is practice; see FormInvoked.
const (
	RecordingInvoked   RecordingStatus = "INVOKED"
	RecordingRecording RecordingStatus = "RECORDING"
	RecordingUploading RecordingStatus = "UPLOADING"
	RecordingUploaded  RecordingStatus = "UPLOADED"
	RecordingErrored   RecordingStatus = "ERRORED"
)

// RecordingStatuses returns the documented statuses. The caller owns the
// slice.
func RecordingStatuses() []RecordingStatus {
	return []RecordingStatus{RecordingRecording, RecordingUploading, RecordingUploaded, RecordingErrored}
}

// next returns the statuses that may follow s.
func (s RecordingStatus) next() []RecordingStatus {
	switch s {
	case RecordingRecording:
		return []RecordingStatus{RecordingUploading, RecordingErrored}
	case RecordingUploading:
		return []RecordingStatus{RecordingUploaded, RecordingErrored}
	default:
		return nil
	}
}

// Recording is one recording of a session. Like its meeting, it is not safe for
// concurrent use.
type Recording struct {
	meeting   *Meeting
	session   *session
	id        string
	status    RecordingStatus
	file      string
	startedAt time.Time
	stoppedAt time.Time // zero while it records
}

// StartRecording starts a recording and returns its recording.statusUpdate
// with RECORDING. Under FormInvoked an event with INVOKED comes before it.
// Several recordings may run at once. Errors match ErrNotLive.
func (m *Meeting) StartRecording() (*Recording, []rtk.Event, error) {
	if !m.session.live() {
		return nil, nil, fmt.Errorf("%w: it cannot be recorded", ErrNotLive)
	}
	r := &Recording{
		meeting:   m,
		session:   m.session,
		id:        m.ids.recordings.Next(),
		file:      slug(m.title) + ".mp4",
		startedAt: m.Now(),
	}
	if m.recordings++; m.recordings > 1 {
		r.file = slug(m.title) + "-" + strconv.Itoa(m.recordings) + ".mp4"
	}
	var bodies []eventBody
	if m.has(FormInvoked) {
		r.status = RecordingInvoked
		bodies = append(bodies, r.body())
	}
	r.status = RecordingRecording
	events, err := m.encode(append(bodies, r.body())...)
	return r, events, err
}

// slug returns the part of title that a file name can carry.
func slug(title string) string {
	const longest = 60
	var out strings.Builder
	gap := false
	for _, r := range strings.ToLower(title) {
		if r < 'a' || r > 'z' {
			if r < '0' || r > '9' {
				gap = out.Len() > 0
				continue
			}
		}
		if out.Len() >= longest {
			break
		}
		if gap {
			out.WriteByte('-')
			gap = false
		}
		out.WriteRune(r)
	}
	if out.Len() == 0 {
		return "recording"
	}
	return out.String()
}

// ID returns the recording's id.
func (r *Recording) ID() string { return r.id }

// Status returns the status that the last event stated.
func (r *Recording) Status() RecordingStatus { return r.status }

// Update moves the recording to status and returns its
// recording.statusUpdate: from RECORDING to UPLOADING, from there to UPLOADED,
// and from either to ERRORED. Other changes are errors that match
// ErrTransition.
//
// A recording stops when it leaves RECORDING, or at the session's end if that
// was earlier. It lasts whole seconds, because recordingDuration is a whole
// number. Only UPLOADED states stop, length, size and links. Each link has tokens
// of its own.
func (r *Recording) Update(status RecordingStatus) ([]rtk.Event, error) {
	if !slices.Contains(r.status.next(), status) {
		return nil, fmt.Errorf("%w: a recording is %s and cannot be %s next", ErrTransition, r.status, status)
	}
	if r.stoppedAt.IsZero() {
		stop := r.meeting.Now()
		if r.session.ended && stop.After(r.session.endedAt) {
			stop = r.session.endedAt
		}
		r.stoppedAt = r.startedAt.Add(stop.Sub(r.startedAt).Truncate(time.Second))
	}
	r.status = status
	return r.meeting.encode(r.body())
}

// stopReason is a string that looks like an object but is not JSON, as receivers
// of older events have seen it.
const stopReason = "{'reason': 'ALL_PEERS_LEFT', 'caller': {'type': 'SYSTEM'}}"

type recordingBody struct {
	head
	Recording recordingMember     `json:"recording"`
	Meeting   meetingSessionFirst `json:"meeting"`
}

// recordingMember has a fileSize that is a string of digits in the sample.
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

func (r *Recording) body() eventBody {
	m := r.meeting
	member := recordingMember{
		ID:             r.id,
		RecordingID:    r.id,
		Status:         r.status,
		StartedTime:    m.timestamp(r.startedAt),
		OutputFileName: r.file,
		MeetingID:      m.id,
		OrganizationID: m.org.ID,
		RoomUUID:       r.session.id,
	}
	if m.has(FormRecordingMeetingID) {
		member.MeetingID = m.otherID
	}
	if m.has(FormStopReason) && !r.stoppedAt.IsZero() {
		member.StopReason = stopReason
	}
	if r.status == RecordingUploaded {
		r.addUpload(&member)
	}
	return recordingBody{head: head{rtk.RecordingStatusUpdate}, Recording: member, Meeting: m.sessionFirst(r.session)}
}

// addUpload adds the members that only UPLOADED has.
func (r *Recording) addUpload(member *recordingMember) {
	m := r.meeting
	seconds := int(r.stoppedAt.Sub(r.startedAt) / time.Second)
	// The sample has some 1136 bytes a second. Livelier pictures have more.
	size := 1024 + seconds*(1000+m.sizes.IntN(99_000))
	member.FileSize = strconv.Itoa(size)
	if m.has(FormNumericFileSize) {
		member.FileSize = size
	}
	if m.has(FormZeroDuration) {
		seconds = 0
	}
	member.Duration = &seconds
	member.URL = m.link("recording", "recording.mp4")
	member.AudioURL = m.link("audio", "recording.mp3")
	member.URLExpiry = m.linkExpiry(r.stoppedAt)
	member.StoppedTime = m.timestamp(r.stoppedAt)
}
