package scenarios

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Improvisation is a meeting without a script, which goes where it is asked to:
// each event follows from those before it as in a script, and what has to
// happen first happens unsent. An event that the meeting cannot cause any more
// begins another meeting. It is safe for concurrent use. Make one with
// Improvise.
type Improvisation struct {
	mu       sync.Mutex
	options  payload.Options
	cast     *cast
	meetings uint64 // how many there were before
	asked    int    // of the present one
	last     time.Time
}

// maxImprovised is how many events one meeting is asked for before another
// begins: it remembers who was there and what happened unsent.
const maxImprovised = 10_000

// Request is what an Improvisation is asked for.
type Request struct {
	Event rtk.EventType
	// Who names the participant who joins or leaves, and Which the recording or
	// livestream: the same name means the same one. Empty: somebody new joins,
	// who came last leaves; the one recording.
	Who, Which string
	// Set are members of the body to change, by path, with the JSON of their
	// values; Unset are those to remove. A status or a reason among them
	// directs the meeting: it goes through what leads there.
	Set   []Member
	Unset []string
	// At is the time of it. Where it lies after the request before, so much
	// time passes in the meeting.
	At time.Time
}

// Member is a member of a body, and the JSON of its value.
type Member struct {
	Path  string
	Value []byte
}

// Improvise returns a meeting that o fixes, whose Start is that of the first
// request. Errors are those of payload.New.
func Improvise(o payload.Options) (*Improvisation, error) {
	if _, err := payload.New(o); err != nil {
		return nil, fmt.Errorf("scenarios: %w", err)
	}
	return &Improvisation{options: o}, nil
}

// Emit returns the event that r asks for. A *Problem says what is wrong with
// the request.
func (i *Improvisation) Emit(r Request) (rtk.Event, error) {
	if !r.Event.Known() {
		return rtk.Event{}, unknownEvent(r.Event)
	}
	a := ask{event: r.Event, who: r.Who, which: r.Which}
	sets := make([]assignment, len(r.Set))
	for n, m := range r.Set {
		sets[n] = assignment{m.Path, m.Value}
		if m.Path == directing(r.Event) {
			a.status = plainText(m.Value)
		}
	}
	i.mu.Lock()
	event, err := i.event(a, r.At)
	i.mu.Unlock()
	if err != nil {
		return rtk.Event{}, err
	}
	event.Body, err = change(event.Body, sets, r.Unset)
	return event, err
}

// event makes the present meeting cause what a asks for, or a new one. i.mu is
// held.
func (i *Improvisation) event(a ask, at time.Time) (rtk.Event, error) {
	// What an ended session left unsent is no beginning.
	begins := a.event == rtk.MeetingStarted || a.event == rtk.MeetingParticipantJoined
	if i.cast == nil || i.asked >= maxImprovised || begins && i.cast.ended {
		i.begin(at)
	} else if err := i.cast.advance(max(0, at.Sub(i.last))); err != nil {
		i.begin(at) // its planned end has passed
	}
	if at.After(i.last) {
		i.last = at
	}
	i.asked++
	event, err := i.attempt(a)
	var problem *Problem
	if errors.As(err, &problem) {
		i.begin(at)
		event, err = i.attempt(a)
	}
	return event, err
}

func (i *Improvisation) begin(at time.Time) {
	o := i.options
	if i.cast != nil {
		i.meetings++
	}
	o.Seed = derive(o.Seed, fmt.Sprintf("improvised meeting %d", i.meetings))
	o.Start = at
	i.cast, i.last, i.asked = newCast(o), at, 0
}

func (i *Improvisation) attempt(a ask) (rtk.Event, error) {
	if _, err := i.cast.open(); err != nil {
		return rtk.Event{}, err
	}
	if e, ok := i.cast.take(a); ok {
		return e, nil
	}
	if err := i.cast.prepare(a); err != nil {
		return rtk.Event{}, err
	}
	return i.cast.emit(a)
}

// prepare makes happen what has to come before the event.
func (c *cast) prepare(a ask) error {
	switch a.event {
	case rtk.MeetingParticipantLeft:
		_, known := c.people[a.who]
		if !c.ended && (a.who == "" && len(c.meeting.Present()) == 0 || a.who != "" && !known) {
			return c.join(a.who)
		}
	case rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
		if !c.ended {
			return c.end("")
		}
	}
	return nil
}
