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

// Livestream is one livestream of a session. Like its meeting, it is not safe
// for concurrent use.
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
	return l, []rtk.Event{l.event()}, nil
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
// The guide's sample has no timestamp. So two events of one livestream with the
// same status have the same bytes.
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
	return []rtk.Event{l.event()}, nil
}

// event has no time of its own, and its status at the top.
func (l *Livestream) event() rtk.Event {
	body := object{
		{"streamId", l.id},
		{"status", string(l.status)},
		{"manualIngest", false},
		{"playbackUrl", l.playbackURL},
		{"ingestServer", l.ingestServer},
		{"streamKey", l.key},
	}
	if !l.meeting.has(FormLivestreamWithoutMeeting) {
		body = append(body, member{"meeting", l.meeting.timeless()})
	}
	return l.meeting.event(rtk.LivestreamStatusUpdate, body...)
}
