package corpus

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Basis says how surely the real service sends a case.
type Basis string

const (
	Documented Basis = "documented" // a sentence or a sample of the guide
	Inferred   Basis = "inferred"   // it follows from two sentences of the guide, or from the standards it rests on
	Practice   Basis = "practice"   // seen in other public documents or in public receivers
)

// Case is one notable form of one event. All of them are to be accepted.
type Case struct {
	Name  string // "sample", "host-ended-meeting": the same word for several events where it is the same thing
	Event rtk.EventType
	Basis Basis
	Doc   string // what it is for, in one sentence

	make  func(*round) ([]byte, error)
	names rtk.HeaderNames
	dress func(http.Header) http.Header // nil: the usual header
}

// ID returns EVENT/NAME, which no other case has.
func (c Case) ID() string { return string(c.Event) + "/" + c.Name }

// Body renders the case as part of the meeting that o fixes. Errors match
// payload's ErrOptions.
func (c Case) Body(o payload.Options) ([]byte, error) {
	body, err := c.make(newRound(o))
	if err != nil {
		return nil, fmt.Errorf("corpus: %s: %w", c.ID(), err)
	}
	return body, nil
}

// Cases returns all cases, by event in the order of the guide's table, the
// sample first. The caller owns the slice.
func Cases() []Case {
	var all []Case
	for _, t := range rtk.EventTypes() {
		all = append(all, Case{
			Name: "sample", Event: t, Basis: Documented, Doc: "The shape of the guide's sample.",
			make: func(r *round) ([]byte, error) { return r.sample(t) },
		})
	}
	all = append(all, valueCases()...)
	all = append(all, formCases()...)
	all = append(all, textCases()...)
	all = append(all, wireCases()...)
	all = append(all, headerCases()...)
	order := append(rtk.EventTypes(), unknownEvent)
	slices.SortStableFunc(all, func(a, b Case) int { return slices.Index(order, a.Event) - slices.Index(order, b.Event) })
	return all
}

// CaseNames returns the names of all cases, each once, in order.
func CaseNames() []string {
	var names []string
	for _, c := range Cases() {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// round is the material of one round of cases: meetings of one seed.
type round struct {
	o     payload.Options
	lives map[string][]rtk.Event // by form
}

func newRound(o payload.Options) *round { return &round{o: o, lives: map[string][]rtk.Event{}} }

// lifecycle returns one ordinary meeting in the given forms.
func (r *round) lifecycle(forms ...payload.Form) ([]rtk.Event, error) {
	key := fmt.Sprint(forms)
	if events, ok := r.lives[key]; ok {
		return events, nil
	}
	o := r.o
	o.Forms = forms
	events, err := payload.Lifecycle(o)
	if err == nil {
		r.lives[key] = events
	}
	return events, err
}

// sample returns the event of type t that stands for the guide's sample: the
// same that payload.Sample chooses.
func (r *round) sample(t rtk.EventType, forms ...payload.Form) ([]byte, error) {
	n := 0
	switch t {
	case rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft:
		n = 1
	case rtk.RecordingStatusUpdate:
		n = 2
		if slices.Contains(forms, payload.FormInvoked) {
			n = 3
		}
	}
	return r.nth(t, n, forms...)
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
