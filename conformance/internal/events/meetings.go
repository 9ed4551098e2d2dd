package events

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// next returns the options of a new meeting.
func (s *Source) next(forms ...payload.Form) payload.Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options(forms...)
}

// Meeting returns a new meeting that nobody has joined.
func (s *Source) Meeting(forms ...payload.Form) (*payload.Meeting, error) {
	return payload.New(s.next(forms...))
}

// Lifecycle returns the events of a new meeting from start to summary, subscribed
// or not.
func (s *Source) Lifecycle() ([]rtk.Event, error) { return payload.Lifecycle(s.next()) }

// LifecycleAt is Lifecycle with a meeting that starts earlier or later by shift.
func (s *Source) LifecycleAt(shift time.Duration) ([]rtk.Event, error) {
	o := s.next()
	o.Start = o.Start.Add(shift)
	return payload.Lifecycle(o)
}

// ShortMeeting returns the events of the shortest meeting that leaves a chat, a
// transcript and a summary behind.
func (s *Source) ShortMeeting() ([]rtk.Event, error) { return shortMeeting(s.next()) }

func shortMeeting(o payload.Options) ([]rtk.Event, error) {
	m, err := payload.New(o)
	if err != nil {
		return nil, err
	}
	host := m.NewParticipant()
	var all []rtk.Event
	for _, happens := range []func() ([]rtk.Event, error){
		func() ([]rtk.Event, error) { return m.Join(host) },
		func() ([]rtk.Event, error) { return m.Leave(host) },
		m.ChatSynced, m.Transcript, m.Summary,
	} {
		events, err := happens()
		if err != nil {
			return nil, err
		}
		all = append(all, events...)
		if err := m.Advance(step); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// deviationsPerForm bounds how many events are sent to try one form.
const deviationsPerForm = 2

// Deviation is an event in a form of practice, and in the form of the samples.
type Deviation struct{ Plain, Changed rtk.Event }

// Deviations returns subscribed events of a new meeting that look different under
// form: one of each type, and a few in all.
func (s *Source) Deviations(form payload.Form) ([]Deviation, error) {
	o := s.next()
	plain, err := payload.Lifecycle(o)
	if err != nil {
		return nil, err
	}
	o.Forms = []payload.Form{form}
	changed, err := payload.Lifecycle(o)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, e := range plain {
		known[string(e.Body)] = true
	}
	had := map[rtk.EventType]bool{}
	var out []Deviation
	for i, e := range changed {
		if known[string(e.Body)] || had[e.Type] || !slices.Contains(s.o.Subscribed, e.Type) || len(out) == deviationsPerForm {
			continue
		}
		had[e.Type] = true
		if len(plain) != len(changed) { // the form has an event of its own
			i = slices.IndexFunc(plain, func(other rtk.Event) bool { return other.Type == e.Type })
		}
		out = append(out, Deviation{plain[i], e})
	}
	return out, nil
}
