package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// cast drives one meeting so that it causes the events a script asks for.
// Events that come along with them wait in a pool until they are asked for.
type cast struct {
	options payload.Options
	meeting *payload.Meeting // made when it is first needed
	ended   bool             // the present session
	people  map[string]payload.Participant
	records map[string]*payload.Recording // by the script's name for it
	streams map[string]stream             // likewise
	session int                           // how many sessions there were before
	pool    []yield
	unasked int // events that can no longer be asked for
}

// stream is a livestream and the session in which it began.
type stream struct {
	*payload.Livestream
	session int
}

// yield is an event that a meeting has caused.
type yield struct {
	event  rtk.Event
	who    string // CustomID of who joined or left
	which  string // the script's name of the recording or livestream
	status string // its status, or the reason of an end
}

// ask is what a step wants to happen.
type ask struct {
	event  rtk.EventType
	who    string
	which  string
	status string // where the script sets one
}

func newCast(o payload.Options) *cast {
	return &cast{
		options: o,
		people:  map[string]payload.Participant{},
		records: map[string]*payload.Recording{},
		streams: map[string]stream{},
	}
}

// open returns the meeting.
func (c *cast) open() (*payload.Meeting, error) {
	if c.meeting == nil {
		m, err := payload.New(c.options)
		if err != nil {
			return nil, fmt.Errorf("scenarios: %w", err)
		}
		c.meeting = m
	}
	return c.meeting, nil
}

// advance lets the meeting's time pass.
func (c *cast) advance(d time.Duration) error {
	m, err := c.open()
	if err != nil || d == 0 {
		return err
	}
	if err := m.Advance(d); err != nil {
		return &Problem{
			Field: "after", Found: brief(d) + ", which reaches the session's end as a participantLeft has stated it",
			Want: "less, or a longer duration in meeting",
		}
	}
	return nil
}

// emit makes what a asks for happen, unless it has happened already and waits,
// and returns the event.
func (c *cast) emit(a ask) (rtk.Event, error) {
	if _, err := c.open(); err != nil {
		return rtk.Event{}, err
	}
	if e, ok := c.take(a); ok {
		return e, nil
	}
	if err := c.cause(a); err != nil {
		return rtk.Event{}, err
	}
	e, ok := c.take(a)
	if !ok {
		return rtk.Event{}, &Problem{Field: "emit", Found: a.describe(), Want: "an event that the meeting can cause here"}
	}
	return e, nil
}

func (a ask) describe() string {
	text := string(a.event)
	for _, word := range []string{a.who, a.which, a.status} {
		if word != "" {
			text += " " + word
		}
	}
	return text
}

// take removes the first event that fits a from the pool.
func (c *cast) take(a ask) (rtk.Event, bool) {
	who := c.people[a.who].CustomID
	i := slices.IndexFunc(c.pool, func(y yield) bool {
		return y.event.Type == a.event &&
			(a.who == "" || y.who == who) &&
			y.which == a.which &&
			(a.status == "" || y.status == a.status || !directs(a.event, a.status))
	})
	if i < 0 {
		return rtk.Event{}, false
	}
	e := c.pool[i].event
	c.pool = slices.Delete(c.pool, i, i+1)
	return e, true
}

// directs reports whether status is one that the meeting can go to. Others are
// only written into the body.
func directs(t rtk.EventType, status string) bool {
	switch t {
	case rtk.RecordingStatusUpdate:
		s := payload.RecordingStatus(status)
		return s == payload.RecordingInvoked || slices.Contains(payload.RecordingStatuses(), s)
	case rtk.LivestreamStatusUpdate:
		return slices.Contains(payload.LivestreamStatuses(), payload.LivestreamStatus(status))
	case rtk.MeetingEnded:
		return slices.Contains(payload.EndReasons(), payload.EndReason(status))
	default:
		return false
	}
}

// cause makes the meeting do what leads to the event.
func (c *cast) cause(a ask) error {
	m := c.meeting
	switch a.event {
	case rtk.MeetingStarted:
		if m.Live() || c.ended {
			return &Problem{Field: "emit", Found: "meeting.started in a session that has started already", Want: `{"session": "next"} before it, once the session has ended`}
		}
		return c.join(a.who)
	case rtk.MeetingParticipantJoined:
		return c.join(a.who)
	case rtk.MeetingParticipantLeft:
		return c.leave(a.who)
	case rtk.MeetingEnded:
		return c.end(payload.EndReason(a.status))
	case rtk.RecordingStatusUpdate:
		return c.record(a)
	case rtk.LivestreamStatusUpdate:
		return c.stream(a)
	case rtk.MeetingChatSynced:
		return c.artifact(a.event, m.ChatSynced)
	case rtk.MeetingTranscript:
		return c.artifact(a.event, m.Transcript)
	default:
		return c.artifact(a.event, m.Summary)
	}
}

// next makes the meeting ready for another session. What nobody has asked for
// by then never will be.
func (c *cast) next() error {
	m, err := c.open()
	if err != nil {
		return err
	}
	if err := m.NextSession(); err != nil {
		return &Problem{Field: "session", Found: "it before the session has ended", Want: "meeting.ended before it"}
	}
	c.ended = false
	c.unasked += len(c.pool)
	c.pool = nil
	c.session++
	return nil
}

// text returns a string member of an event, or "".
func (c *cast) text(e rtk.Event, path string) string {
	raw, err := payload.Get(e.Body, path)
	if err != nil || len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	return string(raw[1 : len(raw)-1])
}

// brief writes a duration as a script would: 10m, not 10m0s.
func brief(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if cut, ok := strings.CutSuffix(text, zero); ok && strings.HasSuffix(cut, map[string]string{"0s": "m", "0m": "h"}[zero]) {
			text = cut
		}
	}
	return text
}
