package service

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// maxMeetings is how many meetings go on at a time. One that is begun beyond
// that ends the one begun first.
const maxMeetings = 256

// stage holds the meetings that events are emitted from. Service.mu guards it.
type stage struct {
	meetings map[meetingKey]*scenarios.Interactive
	order    []meetingKey
	begun    uint64
}

type meetingKey struct {
	app  App
	name string
}

// Emission says what is to happen.
type Emission struct {
	// App is whose meeting it is. It may be left out while the webhooks that
	// are registered belong to one.
	App
	// Event is the type of the event. It follows from those before it: whoever
	// leaves has joined, a transcript has a meeting that ended.
	Event rtk.EventType `json:"event"`
	// Meeting names the meeting, for tests that need several at a time.
	Meeting string `json:"meeting,omitempty"`
	// Who and Which name the participant and the recording or livestream.
	Who   string `json:"who,omitempty"`
	Which string `json:"which,omitempty"`
	// Set are members of the body to change, by dotted path; Unset are those to
	// remove.
	Set   map[string]json.RawMessage `json:"set,omitempty"`
	Unset []string                   `json:"unset,omitempty"`
	// Mutations are the ids of changes after signing, Faults what goes wrong on
	// the way.
	Mutations []string `json:"mutations,omitempty"`
	Faults    []Fault  `json:"faults,omitempty"`
}

// maxWord bounds names that a request makes up, in bytes.
const maxWord = 256

func (e Emission) check() error {
	if !e.Event.Known() {
		return wrong("event: found %.100q, want one of %s", string(e.Event), listing(rtk.EventTypes()))
	}
	for _, word := range []struct{ name, text string }{
		{"account_id", e.AccountID}, {"app_id", e.AppID}, {"meeting", e.Meeting}, {"who", e.Who}, {"which", e.Which},
	} {
		if len(word.text) > maxWord {
			return wrong("%s: it is longer than %d bytes", word.name, maxWord)
		}
	}
	for _, id := range e.Mutations {
		if _, err := mutation.ByID(mutation.Options{}, id); err != nil {
			return wrong("mutations: %s", strings.TrimPrefix(err.Error(), "mutation: "))
		}
	}
	plan, err := planOf(e.Faults)
	if err != nil {
		return wrong("faults: %s", strings.TrimPrefix(err.Error(), "mocksender: "))
	}
	for i, f := range plan {
		if f.Attempt < 0 || f.Chance < 0 || f.Chance > 1 {
			return wrong("faults: found attempt %d and chance %v at %d, want 0 or more, and 0 to 1", f.Attempt, f.Chance, i)
		}
	}
	return nil
}

// Emitted is what came of an Emission.
type Emitted struct {
	App
	Event rtk.EventType `json:"event"`
	Body  Text          `json:"body"`
	// Deliveries are those that were made of it, one for each webhook that is
	// subscribed.
	Deliveries []*Summary `json:"deliveries"`
	// Unsubscribed is how many webhooks of the app do not get it.
	Unsubscribed int `json:"unsubscribed"`
}

// Emit makes an event happen and delivers it to the webhooks of the app that
// are subscribed to it.
func (s *Service) Emit(e Emission) (Emitted, error) {
	if err := e.check(); err != nil {
		return Emitted{}, err
	}
	app, err := s.appFor(e.App)
	if err != nil {
		return Emitted{}, err
	}
	event, err := s.happen(app, e)
	if err != nil {
		return Emitted{}, err
	}
	o := order{event: event, mutations: e.Mutations, faults: e.Faults}
	ds, err := s.deliver(o, func(w Webhook) bool { return w.App == app && w.Wants(event.Type) })
	if err != nil {
		return Emitted{}, err
	}
	out := Emitted{App: app, Event: event.Type, Body: event.Body, Deliveries: []*Summary{}}
	for _, d := range ds {
		out.Deliveries = append(out.Deliveries, d.summary())
	}
	out.Unsubscribed = len(s.listed(app)) - len(ds)
	return out, nil
}

// appFor completes what was said of an app by those that have webhooks.
func (s *Service) appFor(given App) (App, error) {
	if given.AccountID != "" && given.AppID != "" {
		return given, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[App]bool{}
	for _, w := range s.webhooks {
		if (given.AppID == "" || given.AppID == w.AppID) && (given.AccountID == "" || given.AccountID == w.AccountID) {
			found[w.App] = true
		}
	}
	if len(found) > 1 {
		return given, wrong("account_id, app_id: %d apps that fit have webhooks, want both ids", len(found))
	}
	for app := range found {
		return app, nil
	}
	return given, nil // nobody has a webhook there: it happens, and goes nowhere
}

// happen causes the event in the app's meeting.
func (s *Service) happen(app App, e Emission) (rtk.Event, error) {
	m, err := s.meeting(meetingKey{app, e.Meeting})
	if err != nil {
		return rtk.Event{}, err
	}
	r := scenarios.Request{Event: e.Event, Who: e.Who, Which: e.Which, At: time.Now()}
	r.Unset = e.Unset
	for _, path := range slices.Sorted(maps.Keys(e.Set)) {
		r.Set = append(r.Set, payload.Assignment{Path: path, Value: e.Set[path]})
	}
	event, err := m.Emit(r)
	if err != nil {
		return event, wrong("%s", strings.TrimPrefix(err.Error(), "scenarios: "))
	}
	s.describe(event)
	return event, nil
}

// meeting returns the meeting called so, which may begin here.
func (s *Service) meeting(key meetingKey) (*scenarios.Interactive, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.stage.meetings[key]; m != nil {
		return m, nil
	}
	seed := digest(fmt.Sprintf("meeting %d of %d after delivery %d", s.stage.begun, s.o.Seed, s.lastID))
	m, err := scenarios.NewInteractive(payload.Options{Seed: seed, BaseURL: s.artifactsURL()})
	if err != nil {
		return nil, err
	}
	if s.stage.meetings == nil {
		s.stage.meetings = map[meetingKey]*scenarios.Interactive{}
	}
	if len(s.stage.order) >= maxMeetings {
		delete(s.stage.meetings, s.stage.order[0])
		s.stage.order = s.stage.order[1:]
	}
	s.stage.meetings[key] = m
	s.stage.order = append(s.stage.order, key)
	s.stage.begun++
	return m, nil
}
