package payload

import (
	"fmt"
	"slices"
	"strconv"
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

// Recording is one recording of a session. It is as safe for concurrent use as
// its meeting: not at all.
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
	var b batch
	if m.set.forms.invoked {
		r.status = RecordingInvoked
		b.add(m.renderRecording(r))
	}
	r.status = RecordingRecording
	b.add(m.renderRecording(r))
	events, err := b.all()
	return r, events, err
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
// Leaving RECORDING stops the recording; if the session has ended before, it
// has stopped then. The stop is cut to whole seconds after the start, as
// recordingDuration has them. Only UPLOADED states stop, length, size and
// links, each link with tokens of its own.
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
	return one(r.meeting.renderRecording(r))
}

// seconds returns the length of a stopped recording.
func (r *Recording) seconds() int { return int(r.stoppedAt.Sub(r.startedAt) / time.Second) }
