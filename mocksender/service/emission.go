package service

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// Emission says what is to happen.
type Emission struct {
	// App is the app of the meeting. It may be left out while all registered
	// webhooks belong to one app.
	store.App
	// Event is the type of the event. It follows from the events before it:
	// somebody who leaves has joined, a transcript has a meeting that ended.
	Event rtk.EventType `json:"event"`
	// MeetingID is the id of the meeting. One that nobody knows is made. So is one
	// that Set gives meeting.id.
	MeetingID string `json:"meeting_id,omitempty"`
	// Meeting names the meeting instead, for tests that need several at a time and
	// no certain ids.
	Meeting string `json:"meeting,omitempty"`
	// Who names the participant, and Which the recording or livestream.
	Who   string `json:"who,omitempty"`
	Which string `json:"which,omitempty"`
	// Set are members of the body to change, by dotted path; Unset are members to
	// remove. Titles, ids and names of the meeting, its session, its organization,
	// its participants, recordings and livestreams stick: later events and the REST API
	// have them, too.
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
	for name, text := range map[string]string{"account_id": e.AccountID, "app_id": e.AppID, "meeting_id": e.MeetingID, "meeting": e.Meeting, "who": e.Who, "which": e.Which} {
		if len(text) > maxWord {
			return jsonapi.Invalid("%s: it is longer than %d bytes", name, maxWord)
		}
	}
	if e.MeetingID != "" && e.Meeting != "" {
		return jsonapi.Invalid("meeting_id, meeting: found both, want one of them")
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
	Event     rtk.EventType `json:"event"`
	MeetingID string        `json:"meeting_id"`
	// Made says that the meeting was made now: nobody knew its id.
	Made bool       `json:"made,omitempty"`
	Body store.Text `json:"body"`
	// Deliveries has one for each webhook that is subscribed.
	Deliveries []*store.Summary `json:"deliveries"`
	// Unsubscribed is how many webhooks of the app do not get it.
	Unsubscribed int `json:"unsubscribed"`
	// Note says so if nobody gets it.
	Note string `json:"note,omitempty"`
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
	out := Emitted{App: app, Event: e.Event}
	// The deliveries are kept together with what happened in the meeting.
	var ds []store.Delivery
	err = s.happen(&out, e, func(c platform.Change) func() error {
		var orders []dispatch.Order
		for _, event := range c.Events {
			s.describeLinks(event, c.People)
			orders = append(orders, dispatch.Order{App: app, Event: event, MeetingID: c.Meeting, MutationIDs: e.Mutations, Faults: e.Faults})
		}
		finish := s.Begin(orders, records(c.Records))
		s.updates.meetingSet(c)
		return func() (err error) {
			ds, err = finish()
			return err
		}
	})
	if err != nil {
		return Emitted{}, err
	}
	out.Deliveries, out.Unsubscribed = summaries(ds), len(s.WebhooksOf(app))-len(ds)
	if len(ds) == 0 {
		out.Note = s.nobody(app, e.Event)
		s.o.Log.Warn("nobody gets the event", "event", string(e.Event), "meeting", out.MeetingID, "reason", out.Note)
	}
	return out, nil
}

// nobody says why no webhook of an app gets an event.
func (s *Service) nobody(app store.App, event rtk.EventType) string {
	if n := len(s.WebhooksOf(app)); n > 0 {
		return fmt.Sprintf("no enabled webhook of the app is subscribed to %s", event)
	}
	if n := len(s.Webhooks()); n > 0 {
		return fmt.Sprintf("the app %s of account %s has no webhooks; other apps have", app.AppID, app.AccountID)
	}
	return "no webhook is registered"
}

func summaries(ds []store.Delivery) []*store.Summary {
	out := make([]*store.Summary, len(ds))
	for i, d := range ds {
		out[i] = d.Summary()
	}
	return out
}

// findApp completes the ids of an app from the apps that have webhooks or, if none
// has, from all that are known.
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
	for _, k := range s.platform.Keys() {
		if len(found) == 0 && (given.AppID == "" || given.AppID == k.AppID) && (given.AccountID == "" || given.AccountID == k.AccountID) {
			return store.App(k), nil
		}
	}
	if len(found) > 1 {
		return given, jsonapi.Invalid("account_id, app_id: %d apps that match have webhooks, want both ids", len(found))
	}
	for app := range found {
		return app, nil
	}
	// No app has a webhook: the event happens in some app, and nobody gets it.
	return store.App{AccountID: cmp.Or(given.AccountID, "account"), AppID: cmp.Or(given.AppID, "app")}, nil
}

// hash makes a seed of a text.
func hash(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}
