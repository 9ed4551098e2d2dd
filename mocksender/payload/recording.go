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
	var events []rtk.Event
	if m.has(FormInvoked) {
		r.status = RecordingInvoked
		events = append(events, r.event())
	}
	r.status = RecordingRecording
	return r, append(events, r.event()), nil
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
	return []rtk.Event{r.event()}, nil
}

// stopReason is a string that looks like an object but is not JSON, as receivers
// of older events have seen it.
const stopReason = "{'reason': 'ALL_PEERS_LEFT', 'caller': {'type': 'SYSTEM'}}"

func (r *Recording) event() rtk.Event {
	m := r.meeting
	meetingID := m.id
	if m.has(FormRecordingMeetingID) {
		meetingID = m.otherID
	}
	var reason any
	if m.has(FormStopReason) && !r.stoppedAt.IsZero() {
		reason = stopReason
	}
	var u upload
	if r.status == RecordingUploaded {
		u = r.upload()
	}
	return m.event(rtk.RecordingStatusUpdate,
		member{"recording", object{
			{"id", r.id},
			{"recordingId", r.id},
			{"status", string(r.status)},
			{"stopReason", reason},
			{"downloadUrl", u.url},
			{"audioDownloadUrl", u.audioURL},
			{"downloadUrlExpiry", u.urlExpiry},
			{"startedTime", m.timestamp(r.startedAt)},
			{"stoppedTime", u.stoppedTime},
			{"fileSize", u.fileSize},
			{"outputFileName", r.file},
			{"meetingId", meetingID},
			{"recordingDuration", u.duration},
			{"organizationId", m.orgID},
			{"roomUUID", r.session.id},
		}},
		member{"meeting", m.sessionFirst(r.session)})
}

// upload holds the members that only UPLOADED has. In the sample, the size is a
// string of digits.
type upload struct{ url, audioURL, urlExpiry, stoppedTime, fileSize, duration any }

func (r *Recording) upload() upload {
	m := r.meeting
	seconds := int(r.stoppedAt.Sub(r.startedAt) / time.Second)
	// The sample has some 1136 bytes a second. Livelier pictures have more.
	size := 1024 + seconds*(1000+m.sizes.IntN(99_000))
	u := upload{
		url: m.link("recording", "recording.mp4"), audioURL: m.link("audio", "recording.mp3"), urlExpiry: m.linkExpiry(r.stoppedAt),
		stoppedTime: m.timestamp(r.stoppedAt), fileSize: strconv.Itoa(size), duration: seconds,
	}
	if m.has(FormNumericFileSize) {
		u.fileSize = size
	}
	if m.has(FormZeroDuration) {
		u.duration = 0
	}
	return u
}
