package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// scriptMeeting is a meeting that causes the events that a script asks for. One
// step of a meeting may cause several events. Those that nobody has asked for
// yet are pending.
type scriptMeeting struct {
	options     payload.Options
	meeting     *payload.Meeting // made when it is first needed
	ended       bool             // the present session
	session     int              // how many sessions there were before
	people      map[string]payload.Participant
	recordings  map[string]*payload.Recording // by the script's name for it
	livestreams map[string]livestream         // likewise
	pending     []pendingEvent
	dropped     int // events that nobody asked for in their session
}

// livestream is a livestream and the session in which it began.
type livestream struct {
	*payload.Livestream
	session int
}

// pendingEvent is an event that the meeting has caused.
type pendingEvent struct {
	event  rtk.Event
	who    string // CustomID of who joined or left
	which  string // the script's name of the recording or livestream
	status string // its status, or the reason of an end
}

// eventRequest is the event that a step asks for.
type eventRequest struct {
	event  rtk.EventType
	who    string
	which  string
	status string // where the script sets one
}

func newScriptMeeting(o payload.Options) *scriptMeeting {
	return &scriptMeeting{
		options:     o,
		people:      map[string]payload.Participant{},
		recordings:  map[string]*payload.Recording{},
		livestreams: map[string]livestream{},
	}
}

// open makes the meeting, if there is none yet.
func (m *scriptMeeting) open() error {
	if m.meeting != nil {
		return nil
	}
	var err error
	if m.meeting, err = payload.New(m.options); err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	return nil
}

// now returns the meeting's time.
func (m *scriptMeeting) now() time.Time {
	if m.meeting == nil {
		return m.options.Start
	}
	return m.meeting.Now()
}

// advance lets the meeting's time pass.
func (m *scriptMeeting) advance(d time.Duration) error {
	if err := m.open(); err != nil || d == 0 {
		return err
	}
	if err := m.meeting.Advance(d); err != nil {
		return &Problem{
			Field: "after", Found: shortDuration(d) + ", which reaches the session's end as a participantLeft has stated it",
			Want: "less, or a longer duration in meeting",
		}
	}
	return nil
}

// add makes events pending, with what like says about them.
func (m *scriptMeeting) add(events []rtk.Event, like pendingEvent) {
	for _, e := range events {
		p := like
		p.event = e
		if path := statusPath(e.Type); path != "" {
			value, _ := payload.Get(e.Body, path) // the meeting has just made it
			p.status = plainText(value)
		}
		if e.Type == rtk.MeetingEnded {
			p.who = ""
			m.ended = true
		}
		m.pending = append(m.pending, p)
	}
}

// take removes the first pending event that r asks for.
func (m *scriptMeeting) take(r eventRequest) (rtk.Event, bool) {
	who := m.people[r.who].CustomID
	i := slices.IndexFunc(m.pending, func(e pendingEvent) bool {
		return e.event.Type == r.event &&
			(r.who == "" || e.who == who) &&
			e.which == r.which &&
			(r.target() == "" || e.status == r.target())
	})
	if i < 0 {
		return rtk.Event{}, false
	}
	e := m.pending[i].event
	m.pending = slices.Delete(m.pending, i, i+1)
	return e, true
}

// target returns the status or the reason that the meeting itself can go to, or
// "". Other values of the script are only written into the body.
func (r eventRequest) target() string {
	known := false
	switch r.event {
	case rtk.RecordingStatusUpdate:
		s := payload.RecordingStatus(r.status)
		known = s == payload.RecordingInvoked || slices.Contains(payload.RecordingStatuses(), s)
	case rtk.LivestreamStatusUpdate:
		known = slices.Contains(payload.LivestreamStatuses(), payload.LivestreamStatus(r.status))
	case rtk.MeetingEnded:
		known = slices.Contains(payload.EndReasons(), payload.EndReason(r.status))
	}
	if !known {
		return ""
	}
	return r.status
}

func (r eventRequest) describe() string {
	text := string(r.event)
	for _, word := range []string{r.who, r.which, r.status} {
		if word != "" {
			text += " " + word
		}
	}
	return text
}

// statusPath returns the path of the member that says where the meeting is to
// go, or "".
func statusPath(t rtk.EventType) string {
	switch t {
	case rtk.RecordingStatusUpdate:
		return "recording.status"
	case rtk.LivestreamStatusUpdate:
		return "status"
	case rtk.MeetingEnded:
		return "reason"
	default:
		return ""
	}
}

// nextSession makes the meeting ready for another session. Pending events can
// no longer be asked for.
func (m *scriptMeeting) nextSession() error {
	if err := m.open(); err != nil {
		return err
	}
	if err := m.meeting.NextSession(); err != nil {
		return &Problem{Field: "session", Found: "it before the session has ended", Want: "meeting.ended before it"}
	}
	m.ended = false
	m.dropped += len(m.pending)
	m.pending = nil
	m.session++
	return nil
}

// unsent returns how many events nobody has asked for.
func (m *scriptMeeting) unsent() int { return m.dropped + len(m.pending) }
