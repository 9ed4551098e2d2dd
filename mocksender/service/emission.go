package service

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// Emission says what is to happen.
type Emission struct {
	// App is the app of the meeting. It may be left out while all registered
	// webhooks belong to one app.
	store.App
	// Event is the type of the event. It follows from the events before it:
	// somebody who leaves has joined, a transcript has a meeting that ended.
	Event rtk.EventType `json:"event"`
	// Meeting names the meeting, for tests that need several at a time.
	Meeting string `json:"meeting,omitempty"`
	// Who names the participant, and Which the recording or livestream.
	Who   string `json:"who,omitempty"`
	Which string `json:"which,omitempty"`
	// Set are members of the body to change, by dotted path; Unset are members to
	// remove.
	Set   map[string]json.RawMessage `json:"set,omitempty"`
	Unset []string                   `json:"unset,omitempty"`
	// Mutations are the ids of changes after signing, Faults what goes wrong on
	// the way.
	Mutations []string      `json:"mutations,omitempty"`
	Faults    []store.Fault `json:"faults,omitempty"`
}

// maxWord bounds the names in an Emission, in bytes.
const maxWord = 256

func (e Emission) check() error {
	if !e.Event.Known() {
		return unknownEvent(e.Event)
	}
	for name, text := range map[string]string{"account_id": e.AccountID, "app_id": e.AppID, "meeting": e.Meeting, "who": e.Who, "which": e.Which} {
		if len(text) > maxWord {
			return jsonapi.Invalid("%s: it is longer than %d bytes", name, maxWord)
		}
	}
	for _, id := range e.Mutations {
		if _, err := mutation.ByID(mutation.Options{}, id); err != nil {
			return jsonapi.Invalid("mutations: %s", plain(err))
		}
	}
	plan, err := store.Plan(e.Faults)
	if err != nil {
		return jsonapi.Invalid("faults: %s", plain(err))
	}
	for i, f := range plan {
		if f.Attempt < 0 || f.Chance < 0 || f.Chance > 1 {
			return jsonapi.Invalid("faults: found attempt %d and chance %v at %d, want 0 or more, and 0 to 1", f.Attempt, f.Chance, i)
		}
	}
	return nil
}

// Emitted is the result of an Emission.
type Emitted struct {
	store.App
	Event rtk.EventType `json:"event"`
	Body  store.Text    `json:"body"`
	// Deliveries has one for each webhook that is subscribed.
	Deliveries []*store.Summary `json:"deliveries"`
	// Unsubscribed is how many webhooks of the app do not get it.
	Unsubscribed int `json:"unsubscribed"`
}

// Emit makes an event happen, and delivers it to the webhooks of the app that are
// subscribed to it.
func (s *Service) Emit(e Emission) (Emitted, error) {
	if err := e.check(); err != nil {
		return Emitted{}, err
	}
	app, err := s.findApp(e.App)
	if err != nil {
		return Emitted{}, err
	}
	event, err := s.happen(app, e)
	if err != nil {
		return Emitted{}, err
	}
	ds, err := s.Deliver(dispatch.Order{App: app, Event: event, MutationIDs: e.Mutations, Faults: e.Faults})
	if err != nil {
		return Emitted{}, err
	}
	return Emitted{app, event.Type, event.Body, summaries(ds), len(s.WebhooksOf(app)) - len(ds)}, nil
}

func summaries(ds []store.Delivery) []*store.Summary {
	out := make([]*store.Summary, len(ds))
	for i, d := range ds {
		out[i] = d.Summary()
	}
	return out
}

// findApp completes the ids of an app from the apps that have webhooks.
func (s *Service) findApp(given store.App) (store.App, error) {
	if given.AccountID != "" && given.AppID != "" {
		return given, nil
	}
	found := map[store.App]bool{}
	for _, w := range s.Webhooks() {
		if (given.AppID == "" || given.AppID == w.AppID) && (given.AccountID == "" || given.AccountID == w.AccountID) {
			found[w.App] = true
		}
	}
	if len(found) > 1 {
		return given, jsonapi.Invalid("account_id, app_id: %d apps that match have webhooks, want both ids", len(found))
	}
	for app := range found {
		return app, nil
	}
	return given, nil // no app has a webhook: the event happens, and nobody gets it
}

// happen makes the event happen in the app's meeting.
func (s *Service) happen(app store.App, e Emission) (rtk.Event, error) {
	m, err := s.meetings.get(meetingKey{app, e.Meeting}, func(before uint64) (*scenarios.Interactive, error) {
		seed := hash(fmt.Sprintf("meeting %d of %d after delivery %d", before, s.o.Seed, s.Counts().LastID))
		return scenarios.NewInteractive(payload.Options{Seed: seed, BaseURL: s.o.artifactsURL()})
	})
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
		return event, jsonapi.Invalid("%s", plain(err))
	}
	s.describeLinks(event)
	return event, nil
}

// maxMeetings is how many meetings are open at a time. One more ends the oldest.
const maxMeetings = 256

// meetingRegistry holds the open meetings. Events are emitted from them.
type meetingRegistry struct {
	mu    sync.Mutex
	open  map[meetingKey]*scenarios.Interactive
	order []meetingKey // the oldest first
	begun uint64
}

type meetingKey struct {
	app  store.App
	name string
}

// get returns the meeting with this key. If there is none, begin makes one; its
// argument is how many have begun before.
func (r *meetingRegistry) get(key meetingKey, begin func(before uint64) (*scenarios.Interactive, error)) (*scenarios.Interactive, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.open[key]; m != nil {
		return m, nil
	}
	m, err := begin(r.begun)
	if err != nil {
		return nil, err
	}
	if r.open == nil {
		r.open = map[meetingKey]*scenarios.Interactive{}
	}
	if len(r.order) >= maxMeetings {
		delete(r.open, r.order[0])
		r.order = r.order[1:]
	}
	r.open[key] = m
	r.order = append(r.order, key)
	r.begun++
	return m, nil
}

// clear ends all meetings. The count goes on, so that the next ones differ.
func (r *meetingRegistry) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open, r.order = nil, nil
}

// hash makes a seed of a text.
func hash(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}
