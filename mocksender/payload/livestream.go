package payload

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// LivestreamStatus is the status of livestreaming.statusUpdate.
type LivestreamStatus string

// The guide: "Livestream statuses include LIVE, OFFLINE, and IDLE."
const (
	LivestreamLive    LivestreamStatus = "LIVE"
	LivestreamOffline LivestreamStatus = "OFFLINE"
	LivestreamIdle    LivestreamStatus = "IDLE"
)

// LivestreamStatuses returns the documented statuses. The caller owns the
// slice.
func LivestreamStatuses() []LivestreamStatus {
	return []LivestreamStatus{LivestreamLive, LivestreamOffline, LivestreamIdle}
}

// Livestream is one livestream of a session. Like its meeting, it is not safe
// for concurrent use.
type Livestream struct {
	meeting *Meeting
	session *Session
	state   LivestreamState
}

// LivestreamState is what a Livestream knows.
type LivestreamState struct {
	ID           string           `json:"id"` // streamId
	Key          string           `json:"key"`
	PlaybackURL  string           `json:"playback_url"`
	IngestServer string           `json:"ingest_server"`
	Status       LivestreamStatus `json:"status"`
	StartedAt    time.Time        `json:"started_at"`
	StoppedAt    time.Time        `json:"stopped_at,omitzero"` // when it was LIVE last
}

// StartLivestream starts a livestream and returns its
// livestreaming.statusUpdate with LIVE. Errors match ErrNotLive.
func (m *Meeting) StartLivestream() (*Livestream, []rtk.Event, error) {
	if !m.session.Live() {
		return nil, nil, fmt.Errorf("%w: it cannot be streamed", ErrNotLive)
	}
	l := &Livestream{meeting: m, session: m.session, state: LivestreamState{
		Status:       LivestreamLive,
		ID:           m.ids.livestreams.Next(),
		Key:          m.ids.livestreams.Next(),
		IngestServer: "rtmps://" + m.set.ingestHost + "/live",
		StartedAt:    m.Now(),
	}}
	l.state.PlaybackURL = m.set.BaseURL + "/live/" + l.state.ID + "/live.m3u8"
	m.session.Livestreams = append(m.session.Livestreams, l)
	return l, []rtk.Event{l.event()}, nil
}

// State returns what the livestream knows.
func (l *Livestream) State() LivestreamState { return l.state }

// Session returns the session of the livestream, to be read only.
func (l *Livestream) Session() *Session { return l.session }

// ID returns the livestream's streamId.
func (l *Livestream) ID() string { return l.state.ID }

// SetID gives the livestream another streamId. Events from now on have it.
func (l *Livestream) SetID(id string) { l.state.ID = id }

// Status returns the status that the last event stated.
func (l *Livestream) Status() LivestreamStatus { return l.state.Status }

// Update moves the livestream to status and returns its
// livestreaming.statusUpdate. The guide gives the statuses no order, so any
// may follow any other, but LIVE only while the session is live; errors match
// ErrTransition.
//
// The guide's sample has no timestamp. So two events of one livestream with the
// same status have the same bytes.
func (l *Livestream) Update(status LivestreamStatus) ([]rtk.Event, error) {
	switch {
	case !slices.Contains(LivestreamStatuses(), status):
		return nil, fmt.Errorf("%w: a livestream has no status %q", ErrTransition, status)
	case status == l.state.Status:
		return nil, fmt.Errorf("%w: the livestream is %s already", ErrTransition, status)
	case status == LivestreamLive && !l.session.Live():
		return nil, fmt.Errorf("%w: a livestream cannot be %s after its session", ErrTransition, status)
	}
	if l.state.Status == LivestreamLive {
		l.state.StoppedAt = l.meeting.Now()
	}
	l.state.Status = status
	return []rtk.Event{l.event()}, nil
}

// event has no time of its own, and its status at the top.
func (l *Livestream) event() rtk.Event {
	body := object{
		{"streamId", l.state.ID},
		{"status", string(l.state.Status)},
		{"manualIngest", false},
		{"playbackUrl", l.state.PlaybackURL},
		{"ingestServer", l.state.IngestServer},
		{"streamKey", l.state.Key},
	}
	if !l.meeting.has(FormLivestreamWithoutMeeting) {
		body = append(body, member{"meeting", l.meeting.timeless()})
	}
	return l.meeting.event(rtk.LivestreamStatusUpdate, body...)
}
