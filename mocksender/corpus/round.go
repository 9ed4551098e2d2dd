package corpus

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// round makes the events of one round of cases, in meetings of one seed.
type round struct {
	o        payload.Options
	meetings map[string][]rtk.Event // ordinary ones, by form
}

func newRound(o payload.Options) *round { return &round{o: o, meetings: map[string][]rtk.Event{}} }

// lifecycle returns one ordinary meeting in the given forms.
func (r *round) lifecycle(forms ...payload.Form) ([]rtk.Event, error) {
	key := fmt.Sprint(forms)
	if events, ok := r.meetings[key]; ok {
		return events, nil
	}
	o := r.o
	o.Forms = forms
	events, err := payload.Lifecycle(o)
	if err == nil {
		r.meetings[key] = events
	}
	return events, err
}

// sample returns the event of type t that is most like the guide's sample.
func (r *round) sample(t rtk.EventType, forms ...payload.Form) ([]byte, error) {
	events, err := r.lifecycle(forms...)
	if err != nil {
		return nil, err
	}
	return payload.SampleOf(events, t).Body, nil
}

// nth returns event number n, from 0, of type t.
func (r *round) nth(t rtk.EventType, n int, forms ...payload.Form) ([]byte, error) {
	events, err := r.lifecycle(forms...)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if e.Type == t {
			if n--; n < 0 {
				return e.Body, nil
			}
		}
	}
	return nil, fmt.Errorf("corpus: a meeting has no more events of type %s", t)
}

// set returns the sample of t with another value at path.
func (r *round) set(t rtk.EventType, path, value string) ([]byte, error) {
	body, err := r.sample(t)
	if err != nil {
		return nil, err
	}
	return payload.Set(body, path, []byte(value))
}

// step is something that happens in a meeting.
type step func(*payload.Meeting) ([]rtk.Event, error)

// play returns the last event of type t in a meeting with these steps.
func (r *round) play(t rtk.EventType, steps ...step) ([]byte, error) {
	m, err := payload.New(r.o)
	var body []byte
	for i := 0; err == nil && i < len(steps); i++ {
		var events []rtk.Event
		events, err = steps[i](m)
		for _, e := range events {
			if e.Type == t {
				body = e.Body
			}
		}
	}
	return body, err
}

// join is the step in which a new participant joins.
func join(m *payload.Meeting) ([]rtk.Event, error) { return m.Join(m.NewParticipant()) }

func wait(d time.Duration) step {
	return func(m *payload.Meeting) ([]rtk.Event, error) { return nil, m.Advance(d) }
}
