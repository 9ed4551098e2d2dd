package scenarios

import (
	"errors"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Interactive is a meeting without a script. It gives events one at a time, as
// they are asked for. Each follows from those before it, and what has to happen
// first happens, but is not sent. If the meeting can no longer cause an event,
// another one begins, or another session. It is safe for concurrent use. Make one
// with NewInteractive.
type Interactive struct {
	mu      sync.Mutex
	o       InteractiveOptions
	meeting *scriptMeeting
	asked   int // events, of the present meeting
}

// InteractiveOptions say where an Interactive has its meetings from.
type InteractiveOptions struct {
	// Begin returns the meeting to go on with at a time: a new one, or the one before
	// with a new session. If that cannot be, the error is ErrNoOther.
	Begin func(at time.Time) (*payload.Meeting, error)
	// Present returns the meeting as it is now, or nil if it is gone. Nil: nobody
	// else uses the meeting.
	Present func(id string) *payload.Meeting
	// Person returns the participant that a name stands for, if others know one. Nil:
	// nobody does.
	Person func(meetingID, name string) (payload.Participant, bool)
}

// ErrNoOther is returned by InteractiveOptions.Begin if the meeting has to be the
// one before, and its session has not ended.
var ErrNoOther = errors.New("scenarios: no other meeting can begin")

// maxInteractive is how many events one meeting gives before another begins: it
// remembers who was there and what was not sent.
const maxInteractive = 1000

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

// NewInteractive returns an Interactive, whose meeting begins with the first
// request.
func NewInteractive(o InteractiveOptions) *Interactive { return &Interactive{o: o} }

// Emit returns the event that r asks for, and its body as the meeting made it,
// without the overrides. A *Problem says what is wrong with the request.
func (i *Interactive) Emit(r Request) (e rtk.Event, made []byte, err error) {
	if _, err := rtk.ParseEventType(string(r.Event)); err != nil {
		return rtk.Event{}, nil, err
	}
	emit := func(q eventRequest) (rtk.Event, error) {
		e, err := i.event(q, r.At)
		made = e.Body
		return e, err
	}
	e, err = emitWith(emit, eventRequest{event: r.Event, who: r.Who, which: r.Which}, r.Overrides)
	return e, made, err
}

// Rename says that the participant with the custom id from has another one now.
func (i *Interactive) Rename(from string, to payload.Participant) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.meeting == nil || to.CustomID == "" {
		return
	}
	for name, one := range i.meeting.people {
		if one.CustomID == from {
			one.CustomID = to.CustomID
			i.meeting.people[name] = one
		}
	}
	for n := range i.meeting.pending {
		if i.meeting.pending[n].who == from {
			i.meeting.pending[n].who = to.CustomID
		}
	}
}

// event makes the present meeting cause the event that r asks for, or a new one.
func (i *Interactive) event(r eventRequest, at time.Time) (rtk.Event, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	// A session does not begin with what an ended one has left unsent.
	begins := r.event == rtk.MeetingStarted || r.event == rtk.MeetingParticipantJoined
	if i.goneOrFull() || begins && i.meeting.over() || i.meeting.advance(max(0, at.Sub(i.meeting.now()))) != nil {
		if err := i.begin(at); err != nil && (i.meeting == nil || !errors.Is(err, ErrNoOther)) {
			return rtk.Event{}, err
		}
	}
	i.asked++
	event, err := i.attempt(r)
	var problem *Problem
	if !errors.As(err, &problem) {
		return event, err
	}
	switch again := i.begin(at); {
	case errors.Is(again, ErrNoOther):
		return event, err
	case again != nil:
		return event, again
	}
	return i.attempt(r)
}

// goneOrFull reports whether there is no meeting to go on with.
func (i *Interactive) goneOrFull() bool {
	return i.meeting == nil || i.asked >= maxInteractive || i.o.Present != nil && i.o.Present(i.meeting.meeting.ID()) == nil
}

func (i *Interactive) begin(at time.Time) error {
	m, err := i.o.Begin(at)
	if err != nil {
		return err
	}
	next := newScriptMeeting(payload.Options{}, nil)
	next.shared = i.o.Present != nil
	if i.meeting != nil && i.meeting.meeting == m {
		next.people, next.session = i.meeting.people, i.meeting.session+1
	}
	next.meeting = m
	i.meeting, i.asked = next, 0
	return nil
}

func (i *Interactive) attempt(r eventRequest) (rtk.Event, error) {
	if i.o.Person != nil {
		if one, ok := i.o.Person(i.meeting.meeting.ID(), r.who); ok {
			i.meeting.people[r.who] = one
		}
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
		if !m.over() && (r.who == "" && len(m.meeting.Present()) == 0 || r.who != "" && !known) {
			return m.join(r.who)
		}
	case rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
		if !m.over() {
			return m.end("")
		}
	}
	return nil
}
