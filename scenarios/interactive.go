package scenarios

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Interactive is a meeting without a script. It gives events one at a time, as
// they are asked for. Each follows from those before it, and what has to happen
// first happens, but is not sent. If the meeting can no longer cause an event,
// another meeting begins. It is safe for concurrent use. Make one with
// NewInteractive.
type Interactive struct {
	mu       sync.Mutex
	options  payload.Options
	meeting  *scriptMeeting
	meetings uint64 // how many there were before
	asked    int    // events, of the present meeting
	last     time.Time
}

// maxInteractive is how many events one meeting gives before another begins: it
// remembers who was there and what was not sent.
const maxInteractive = 10_000

// Request asks an Interactive for an event.
type Request struct {
	Event rtk.EventType
	// Who names the participant who joins or leaves, and Which the recording or
	// livestream: the same name means the same one. If Who is empty, somebody
	// new joins, and the last who came leaves. If Which is empty, there is one
	// recording and one livestream.
	Who, Which string
	// Overrides are changes to the body. A status or a reason that they set says
	// where the meeting is to go: it takes the steps that lead there.
	payload.Overrides
	// At is when it happens. If it is after the request before, as much time
	// passes in the meeting.
	At time.Time
}

// NewInteractive returns a meeting that o fixes. Its Start is the time of the
// first request. Errors are those of payload.New.
func NewInteractive(o payload.Options) (*Interactive, error) {
	if _, err := payload.New(o); err != nil {
		return nil, fmt.Errorf("scenarios: %w", err)
	}
	return &Interactive{options: o}, nil
}

// Emit returns the event that r asks for. A *Problem says what is wrong with
// the request.
func (i *Interactive) Emit(r Request) (rtk.Event, error) {
	if _, err := rtk.ParseEventType(string(r.Event)); err != nil {
		return rtk.Event{}, err
	}
	emit := func(e eventRequest) (rtk.Event, error) { return i.event(e, r.At) }
	return emitWith(emit, eventRequest{event: r.Event, who: r.Who, which: r.Which}, r.Overrides)
}

// event makes the present meeting cause the event that r asks for, or a new one.
func (i *Interactive) event(r eventRequest, at time.Time) (rtk.Event, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	// A session does not begin with what an ended one has left unsent.
	begins := r.event == rtk.MeetingStarted || r.event == rtk.MeetingParticipantJoined
	if i.meeting == nil || i.asked >= maxInteractive || begins && i.meeting.ended {
		i.begin(at)
	} else if err := i.meeting.advance(max(0, at.Sub(i.last))); err != nil {
		i.begin(at) // its planned end has passed
	}
	if at.After(i.last) {
		i.last = at
	}
	i.asked++
	event, err := i.attempt(r)
	var problem *Problem
	if errors.As(err, &problem) {
		i.begin(at)
		event, err = i.attempt(r)
	}
	return event, err
}

func (i *Interactive) begin(at time.Time) {
	o := i.options
	if i.meeting != nil {
		i.meetings++
	}
	o.Seed = deriveSeed(o.Seed, fmt.Sprintf("improvised meeting %d", i.meetings))
	o.Start = at
	i.meeting, i.last, i.asked = newScriptMeeting(o), at, 0
}

func (i *Interactive) attempt(r eventRequest) (rtk.Event, error) {
	if err := i.meeting.open(); err != nil {
		return rtk.Event{}, err
	}
	if e, ok := i.meeting.take(r); ok {
		return e, nil
	}
	if err := i.meeting.prepare(r); err != nil {
		return rtk.Event{}, err
	}
	return i.meeting.emit(r)
}

// prepare takes the meeting through the steps that have to come before the
// event.
func (m *scriptMeeting) prepare(r eventRequest) error {
	switch r.event {
	case rtk.MeetingParticipantLeft:
		_, known := m.people[r.who]
		if !m.ended && (r.who == "" && len(m.meeting.Present()) == 0 || r.who != "" && !known) {
			return m.join(r.who)
		}
	case rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
		if !m.ended {
			return m.end("")
		}
	}
	return nil
}
