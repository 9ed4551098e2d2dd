package conformance

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/events"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Events makes events for a check, and sends none. An event that cannot be made is
// a failure of the harness.
type Events struct{ p *Probe }

// Events makes whole meetings.
func (p *Probe) Events() Events { return Events{p} }

func made[T any](e Events, v T, err error) T {
	if err != nil {
		e.p.HarnessError(err)
	}
	return v
}

// Lifecycle returns the events of a new meeting of the run, from start to summary,
// subscribed or not.
func (e Events) Lifecycle() []rtk.Event {
	all, err := e.p.run.events.Lifecycle()
	return made(e, all, err)
}

// LifecycleAt is Lifecycle with a meeting that started earlier or later by shift.
func (e Events) LifecycleAt(shift time.Duration) []rtk.Event {
	all, err := e.p.run.events.LifecycleAt(shift)
	return made(e, all, err)
}

// ShortMeeting returns the events of the shortest meeting that leaves a chat, a
// transcript and a summary behind.
func (e Events) ShortMeeting() []rtk.Event {
	all, err := e.p.run.events.ShortMeeting()
	return made(e, all, err)
}

// Script is a meeting with the events that it has caused, up to the first error.
type Script struct {
	*payload.Meeting
	Caused []rtk.Event
	Err    error
}

// Add adds what a step of the meeting has caused.
func (s *Script) Add(events []rtk.Event, err error) {
	if s.Err == nil {
		s.Caused, s.Err = append(s.Caused, events...), err
	}
}

// Meeting returns the events that play causes in a new meeting that nobody has
// joined.
func (e Events) Meeting(play func(*Script), forms ...payload.Form) []rtk.Event {
	m, err := e.p.run.events.Meeting(forms...)
	s := &Script{Meeting: m, Err: err}
	if err == nil {
		play(s)
	}
	return made(e, s.Caused, s.Err)
}

// Deviations returns subscribed events of a new meeting that look different under
// form: one of each type, and a few in all.
func (e Events) Deviations(form payload.Form) []events.Deviation {
	all, err := e.p.run.events.Deviations(form)
	return made(e, all, err)
}

// Opening returns the first subscribed event of a new meeting.
func (e Events) Opening() rtk.Event {
	first, err := e.p.run.events.Opening()
	return made(e, first, err)
}

// Next returns a new event of the type that controls have, and the events that
// come before it.
func (e Events) Next() (before []rtk.Event, next rtk.Event) {
	before, next, err := e.p.run.events.Next(e.p.ControlType())
	return before, made(e, next, err)
}

// EndSession ends the session of Next: the next event begins another.
func (e Events) EndSession() { e.p.run.events.EndSession() }
