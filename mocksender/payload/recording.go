package payload

import (
	"cmp"
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

// RecordingPaused is a status of the REST API alone. No event is known to state
// it.
const RecordingPaused RecordingStatus = "PAUSED"

// RecordingStatuses returns the documented statuses. The caller owns the
// slice.
func RecordingStatuses() []RecordingStatus {
	return []RecordingStatus{RecordingRecording, RecordingUploading, RecordingUploaded, RecordingErrored}
}

// next returns the statuses that may follow s.
func (s RecordingStatus) next() []RecordingStatus {
	switch s {
	case RecordingRecording, RecordingPaused:
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
	meeting *Meeting
	session *Session
	state   RecordingState
}

// RecordingState is what a Recording knows.
type RecordingState struct {
	ID        string          `json:"id"`
	Status    RecordingStatus `json:"status"`
	File      string          `json:"file"`
	StartedAt time.Time       `json:"started_at"`
	StoppedAt time.Time       `json:"stopped_at,omitzero"` // zero while it records
	Upload    *Upload         `json:"upload,omitempty"`    // nil until it is UPLOADED
}

// Upload is what is known of a recording once it is UPLOADED.
type Upload struct {
	Video Download `json:"video"`
	Audio Download `json:"audio"`
	Bytes int      `json:"bytes"`
}

// Seconds returns how long the recording is.
func (s RecordingState) Seconds() int { return int(s.StoppedAt.Sub(s.StartedAt) / time.Second) }

// StartRecording starts a recording and returns its recording.statusUpdate
// with RECORDING. Under FormInvoked an event with INVOKED comes before it.
// Several recordings may run at once. Errors match ErrNotLive.
func (m *Meeting) StartRecording() (*Recording, []rtk.Event, error) {
	file := slug(m.title)
	if m.recordings > 0 {
		file += "-" + strconv.Itoa(m.recordings+1)
	}
	return m.StartRecordingAs(file + ".mp4")
}

// StartRecordingAs is StartRecording into a file of this name.
func (m *Meeting) StartRecordingAs(file string) (*Recording, []rtk.Event, error) {
	if !m.session.Live() {
		return nil, nil, fmt.Errorf("%w: it cannot be recorded", ErrNotLive)
	}
	r := &Recording{meeting: m, session: m.session, state: RecordingState{
		ID:        m.ids.recordings.Next(),
		File:      file,
		StartedAt: m.Now(),
	}}
	m.recordings++
	m.session.Recordings = append(m.session.Recordings, r)
	var events []rtk.Event
	if m.has(FormInvoked) {
		r.state.Status = RecordingInvoked
		events = append(events, r.event())
	}
	r.state.Status = RecordingRecording
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
func (r *Recording) ID() string { return r.state.ID }

// SetID gives the recording another id. Events from now on have it.
func (r *Recording) SetID(id string) { r.state.ID = id }

// Status returns the present status: that of the last event, or RecordingPaused.
func (r *Recording) Status() RecordingStatus { return r.state.Status }

// State returns what the recording knows. Its Upload is to be read only.
func (r *Recording) State() RecordingState { return r.state }

// Session returns the session of the recording, to be read only.
func (r *Recording) Session() *Session { return r.session }

// Pause pauses a recording that is RECORDING, or lets one that is paused go on.
// It causes no event. Errors match ErrTransition.
func (r *Recording) Pause(pause bool) error {
	from, to := RecordingRecording, RecordingPaused
	if !pause {
		from, to = to, from
	}
	if r.state.Status != from {
		return fmt.Errorf("%w: a recording is %s and cannot be %s next", ErrTransition, r.state.Status, to)
	}
	r.state.Status = to
	return nil
}

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
	if !slices.Contains(r.state.Status.next(), status) {
		return nil, fmt.Errorf("%w: a recording is %s and cannot be %s next", ErrTransition, r.state.Status, status)
	}
	if r.state.StoppedAt.IsZero() {
		stop := r.meeting.Now()
		if r.session.Ended && stop.After(r.session.EndedAt) {
			stop = r.session.EndedAt
		}
		r.state.StoppedAt = r.state.StartedAt.Add(stop.Sub(r.state.StartedAt).Truncate(time.Second))
	}
	if r.state.Status = status; status == RecordingUploaded {
		r.upload()
	}
	return []rtk.Event{r.event()}, nil
}

// upload makes the links of a recording.
func (r *Recording) upload() {
	m, s := r.meeting, &r.state
	// The sample has some 1136 bytes a second. Livelier pictures have more.
	size := 1024 + s.Seconds()*(1000+m.sizes.IntN(99_000))
	expiry := m.linkExpiry(s.StoppedAt)
	s.Upload = &Upload{
		Bytes: cmp.Or(m.set.RecordingSize, size),
		Video: Download{m.link("recording", "recording.mp4"), expiry},
		Audio: Download{m.link("audio", "recording.mp3"), expiry},
	}
}

// stopReason is a string that looks like an object but is not JSON, as receivers
// of older events have seen it.
const stopReason = "{'reason': 'ALL_PEERS_LEFT', 'caller': {'type': 'SYSTEM'}}"

func (r *Recording) event() rtk.Event {
	m, s := r.meeting, r.state
	meetingID := m.id
	if m.has(FormRecordingMeetingID) {
		meetingID = m.otherID
	}
	var reason any
	if m.has(FormStopReason) && !s.StoppedAt.IsZero() {
		reason = stopReason
	}
	u := r.uploadMembers()
	return m.event(rtk.RecordingStatusUpdate,
		member{"recording", object{
			{"id", s.ID},
			{"recordingId", s.ID},
			{"status", string(s.Status)},
			{"stopReason", reason},
			{"downloadUrl", u.url},
			{"audioDownloadUrl", u.audioURL},
			{"downloadUrlExpiry", u.urlExpiry},
			{"startedTime", m.timestamp(s.StartedAt)},
			{"stoppedTime", u.stoppedTime},
			{"fileSize", u.fileSize},
			{"outputFileName", s.File},
			{"meetingId", meetingID},
			{"recordingDuration", u.duration},
			{"organizationId", m.orgID},
			{"roomUUID", r.session.ID},
		}},
		member{"meeting", m.sessionFirst(r.session)})
}

// uploadMembers holds the members that only UPLOADED has. In the sample, the size
// is a string of digits.
type uploadMembers struct{ url, audioURL, urlExpiry, stoppedTime, fileSize, duration any }

func (r *Recording) uploadMembers() (u uploadMembers) {
	m, s := r.meeting, r.state
	if s.Upload == nil {
		return u
	}
	u = uploadMembers{
		url: s.Upload.Video.URL, audioURL: s.Upload.Audio.URL, urlExpiry: m.timestamp(s.Upload.Video.Expiry),
		stoppedTime: m.timestamp(s.StoppedAt), fileSize: strconv.Itoa(s.Upload.Bytes), duration: s.Seconds(),
	}
	if m.has(FormNumericFileSize) {
		u.fileSize = s.Upload.Bytes
	}
	if m.has(FormZeroDuration) {
		u.duration = 0
	}
	return u
}
