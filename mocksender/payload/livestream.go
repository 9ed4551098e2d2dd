package payload

import (
	"fmt"
	"slices"

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

// Livestream is one livestream of a session. It is as safe for concurrent use
// as its meeting: not at all.
type Livestream struct {
	meeting *Meeting
	session *session
	status  LivestreamStatus

	id, key, playbackURL, ingestServer string
}

// StartLivestream starts a livestream and returns its
// livestreaming.statusUpdate with LIVE. Errors match ErrNotLive.
func (m *Meeting) StartLivestream() (*Livestream, []rtk.Event, error) {
	if !m.session.live() {
		return nil, nil, fmt.Errorf("%w: it cannot be streamed", ErrNotLive)
	}
	l := &Livestream{
		meeting:      m,
		session:      m.session,
		status:       LivestreamLive,
		id:           m.ids.livestreams.Next(),
		key:          m.ids.livestreams.Next(),
		ingestServer: "rtmps://" + m.set.ingestHost + "/live",
	}
	l.playbackURL = m.set.BaseURL + "/live/" + l.id + "/live.m3u8"
	events, err := one(m.renderLivestream(l))
	return l, events, err
}

// ID returns the livestream's streamId.
func (l *Livestream) ID() string { return l.id }

// Status returns the status that the last event stated.
func (l *Livestream) Status() LivestreamStatus { return l.status }

// Update moves the livestream to status and returns its
// livestreaming.statusUpdate. The guide gives the statuses no order, so any
// may follow any other, but LIVE only while the session is live; errors match
// ErrTransition.
//
// The guide's sample has no timestamp, so events of one livestream with equal
// statuses are equal to the byte.
func (l *Livestream) Update(status LivestreamStatus) ([]rtk.Event, error) {
	switch {
	case !slices.Contains(LivestreamStatuses(), status):
		return nil, fmt.Errorf("%w: a livestream has no status %q", ErrTransition, status)
	case status == l.status:
		return nil, fmt.Errorf("%w: the livestream is %s already", ErrTransition, status)
	case status == LivestreamLive && !l.session.live():
		return nil, fmt.Errorf("%w: a livestream cannot be %s after its session", ErrTransition, status)
	}
	l.status = status
	return one(l.meeting.renderLivestream(l))
}
