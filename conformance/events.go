package conformance

import (
	"slices"
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

func (e Events) made(events []rtk.Event, err error) []rtk.Event {
	if err != nil {
		e.p.HarnessError(err)
	}
	return events
}

// next returns the options of a new meeting of the run.
func (e Events) next(forms ...payload.Form) payload.Options {
	return e.p.run.events.NextMeeting(forms...)
}

// Lifecycle returns the events of a new meeting of the run, from start to summary,
// subscribed or not.
func (e Events) Lifecycle() []rtk.Event {
	return e.made(payload.Lifecycle(e.next()))
}

// LifecycleAt is Lifecycle with a meeting that started earlier or later by shift.
func (e Events) LifecycleAt(shift time.Duration) []rtk.Event {
	o := e.next()
	o.Start = o.Start.Add(shift)
	return e.made(payload.Lifecycle(o))
}

// ShortMeeting returns the events of the shortest meeting that leaves a chat, a
// transcript and a summary behind.
func (e Events) ShortMeeting() []rtk.Event { return e.made(events.ShortMeeting(e.next())) }

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
	m, err := payload.New(e.next(forms...))
	s := &Script{Meeting: m, Err: err}
	if err == nil {
		play(s)
	}
	return e.made(s.Caused, s.Err)
}

// Opening returns the first subscribed event of a new meeting.
func (e Events) Opening() rtk.Event {
	first, err := e.p.run.events.Opening()
	e.made(nil, err)
	return first
}

// Next returns a new event of the type that controls have, and the events that
// come before it.
func (e Events) Next() (before []rtk.Event, next rtk.Event) {
	before, next, err := e.p.run.events.Next(e.p.ControlType())
	return e.made(before, err), next
}

// LinksHere reports whether event has download links that lead to the harness.
func (e Events) LinksHere(event rtk.Event) bool { return e.p.run.events.LinksHere(event.Body) }

// Linked returns events of a new meeting under forms whose download links lead to the
// harness: the first of each subscribed type that has any.
func (e Events) Linked(forms ...payload.Form) []rtk.Event {
	had := map[rtk.EventType]bool{}
	return slices.DeleteFunc(e.made(payload.Lifecycle(e.next(forms...))), func(event rtk.Event) bool {
		if had[event.Type] || !e.p.Subscribed(event.Type) || !e.LinksHere(event) {
			return true
		}
		had[event.Type] = true
		return false
	})
}

// EndSession ends the session of Next: the next event begins another.
func (e Events) EndSession() { e.p.run.events.EndSession() }

// deviationsPerForm bounds how many events are sent to try one form.
const deviationsPerForm = 2

// Deviation is an event in a form of practice, and in the form of the samples.
type Deviation struct{ Plain, Changed rtk.Event }

// Deviations returns subscribed events of a new meeting that look different under
// form: one of each type, and a few in all.
func (e Events) Deviations(form payload.Form) []Deviation {
	o := e.next()
	plain := e.made(payload.Lifecycle(o))
	o.Forms = []payload.Form{form}
	changed := e.made(payload.Lifecycle(o))
	known := map[string]bool{}
	for _, event := range plain {
		known[string(event.Body)] = true
	}
	had := map[rtk.EventType]bool{}
	var out []Deviation
	for i, event := range changed {
		if known[string(event.Body)] || had[event.Type] || !e.p.Subscribed(event.Type) || len(out) == deviationsPerForm {
			continue
		}
		had[event.Type] = true
		if len(plain) != len(changed) { // the form has an event of its own
			i = slices.IndexFunc(plain, func(other rtk.Event) bool { return other.Type == event.Type })
		}
		out = append(out, Deviation{plain[i], event})
	}
	return out
}
