package service

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/scenarios"
)

// deliverChange is the platform's Commit: it delivers the events of a change, and
// keeps it.
func (s *Service) deliverChange(c platform.Change) (wait func() error) {
	var orders []dispatch.Order
	for _, e := range c.Events {
		s.describeLinks(e, c.People)
		orders = append(orders, dispatch.Order{App: store.App(c.App), Event: e, MeetingID: c.Meeting})
	}
	finish := s.Begin(orders, records(c.Records))
	s.updates.meetingSet(c)
	return func() error {
		_, err := finish()
		return err
	}
}

func records(all []platform.Record) []store.Record {
	out := make([]store.Record, len(all))
	for i, r := range all {
		out[i] = store.Record(r)
	}
	return out
}

// maxEmitters is how many meetings Emissions go on with. One more begins the
// oldest again.
const maxEmitters = 256

// emitters hold the meetings that Emissions go on with.
type emitters struct {
	mu    sync.Mutex
	open  map[emitterKey]*emitter
	order []emitterKey // the oldest first
}

type emitterKey struct {
	app      store.App
	id, name string // of the meeting; both may be empty
}

// emitter makes events of a meeting one at a time.
type emitter struct {
	*scenarios.Interactive
	app platform.Key
	id  string // of the meeting that it is for; empty: any

	mu        sync.Mutex
	meetingID string // where it is now
	renamed   bool   // something of it was set
	// nameless are the ids of the recording and the livestream that an event has begun
	// last, and that no test has named.
	nameless map[rtk.EventType]string
	// While it emits:
	turn  *platform.Turn
	names platform.Names
	made  bool
}

// get returns the emitter with this key, or a new one.
func (es *emitters) get(k emitterKey, begin func() *emitter) *emitter {
	es.mu.Lock()
	defer es.mu.Unlock()
	if e := es.open[k]; e != nil {
		return e
	}
	if es.open == nil {
		es.open = map[emitterKey]*emitter{}
	}
	if len(es.order) >= maxEmitters {
		delete(es.open, es.order[0])
		es.order = es.order[1:]
	}
	e := begin()
	es.open[k] = e
	es.order = append(es.order, k)
	return e
}

// clear forgets all emitters.
func (es *emitters) clear() {
	es.mu.Lock()
	defer es.mu.Unlock()
	es.open, es.order = nil, nil
}

// newEmitter returns an emitter of the meeting with this id or, if that is empty,
// of one meeting after the other.
func (s *Service) newEmitter(app store.App, id string) *emitter {
	e := &emitter{app: platform.Key(app), id: id, nameless: map[rtk.EventType]string{}}
	e.Interactive = scenarios.NewInteractive(scenarios.InteractiveOptions{
		Begin:   e.begin,
		Present: func(id string) *payload.Meeting { return e.turn.Meeting(e.app, id) },
		Person:  func(id, name string) (payload.Participant, bool) { return e.turn.Person(e.app, id, name) },
	})
	return e
}

// begin returns the meeting to go on with: another one, or another session of the
// one that the emitter is for.
func (e *emitter) begin(time.Time) (*payload.Meeting, error) {
	m := e.turn.Meeting(e.app, e.id)
	switch {
	case m == nil:
		var err error
		if m, err = e.turn.Make(e.app, e.id, ""); err != nil {
			return nil, err
		}
		e.made = e.id != ""
	case m.Session().Ended:
		if err := m.NextSession(); err != nil {
			return nil, err
		}
	case e.meetingID == e.id:
		return nil, scenarios.ErrNoOther
	}
	e.meetingID = m.ID()
	e.turn.Rename(e.app, e.meetingID, e.names, "") // before anything says them
	return m, nil
}

// happen makes the event happen in its meeting. commit delivers it and keeps what
// happened; out says where it was.
func (s *Service) happen(out *Emitted, e Emission, commit platform.Commit) error {
	id := e.MeetingID
	if set, ok := textOf(e.Set, "meeting.id", "meetingId"); ok {
		if id != "" && id != set {
			return jsonapi.Invalid("meeting_id: found %.100q, and another id in set", id)
		}
		if len(set) > maxWord {
			return jsonapi.Invalid("set: meeting.id is longer than %d bytes", maxWord)
		}
		id = set
	}
	em := s.emitters.get(emitterKey{out.App, id, e.Meeting}, func() *emitter { return s.newEmitter(out.App, id) })
	em.mu.Lock()
	defer em.mu.Unlock()
	err := s.platform.Take(commit, func(t *platform.Turn) ([]rtk.Event, error) {
		em.turn, em.made, em.names = t, false, namesIn(e.Set)
		defer func() { em.turn = nil }()
		event, err := em.emit(e)
		if err != nil {
			return nil, err
		}
		out.MeetingID, out.Made, out.Body = em.meetingID, em.made, event.Body
		return []rtk.Event{event}, nil
	})
	if isOwn(err) {
		return jsonapi.Invalid("%s", plain(err))
	}
	return err
}

// isOwn reports whether an error is about the request.
func isOwn(err error) bool {
	problem := new(scenarios.Problem)
	return errors.As(err, &problem) || errors.Is(err, payload.ErrState) || errors.Is(err, payload.ErrParticipant)
}

// emit makes the event, and makes what the Emission sets stick.
func (e *emitter) emit(m Emission) (rtk.Event, error) {
	e.turn.Rename(e.app, e.meetingID, e.names, "")
	r := scenarios.Request{Event: m.Event, Who: m.Who, Which: cmp.Or(m.Which, e.which(m)), At: e.turn.Now()}
	if id := e.names.Participant.CustomID; r.Who == "" {
		r.Who = id // whoever has it already
	}
	r.Unset = m.Unset
	for _, path := range slices.Sorted(maps.Keys(m.Set)) {
		r.Set = append(r.Set, payload.Assignment{Path: path, Value: m.Set[path]})
	}
	event, made, err := e.Emit(r)
	if err != nil {
		return event, err
	}
	if peer, err := payload.Get(made, "participant.peerId"); err == nil && e.names.Participant != (payload.Participant{}) {
		var id string
		_ = json.Unmarshal(peer, &id) // the meeting has made it
		e.Rename(e.turn.Rename(e.app, e.meetingID, e.names, id), e.names.Participant)
	}
	e.renamed = e.renamed || e.names != (platform.Names{})
	if e.renamed {
		event.Body = e.refresh(event.Body, m.Set)
	}
	event.Body = e.nameRecording(event, made, m.Set)
	return event, nil
}

// recordingIn returns the id that a test sets of a recording or a livestream. The
// two ids of a recording are the same.
func recordingIn(set map[string]json.RawMessage) string {
	id, _ := textOf(set, "recording.id", "recording.recordingId", "streamId")
	if len(id) > maxWord {
		return ""
	}
	return id
}

// which returns the recording or livestream that an emission means if it does not
// say so: the one with the id that it sets. That may be a new one, unless the last
// one waits for its name, or the session is over.
func (e *emitter) which(m Emission) string {
	id := recordingIn(m.Set)
	now := e.turn.Meeting(e.app, e.meetingID)
	if e.nameless[m.Event] != "" || now == nil || !now.Live() && !e.turn.HasRecording(e.app, id) {
		return ""
	}
	return id
}

// nameRecording makes the id that a test sets of a recording or a livestream stick,
// if an event has begun it and not a call, and returns the body with it.
func (e *emitter) nameRecording(event rtk.Event, made []byte, set map[string]json.RawMessage) []byte {
	var id string
	for _, path := range []string{"recording.id", "streamId"} {
		value, _ := payload.Get(made, path)
		_ = json.Unmarshal(value, &id) // it may lack it
	}
	to, begun := recordingIn(set), id != "" && !e.turn.HasRecording(e.app, id)
	switch {
	case to == "" && begun:
		e.nameless[event.Type] = id
	case to != "" && (begun || e.nameless[event.Type] == id):
		e.turn.RenameRecording(e.app, e.meetingID, id, to)
		delete(e.nameless, event.Type)
	}
	for _, path := range []string{"recording.id", "recording.recordingId"} {
		if to != "" && set[path] == nil {
			event.Body = override(event.Body, map[string]json.RawMessage{path: payload.Quote(to)})
		}
	}
	return event.Body
}

// refresh gives an event the names of its meeting: it may have been made before
// they were set.
func (e *emitter) refresh(body []byte, set map[string]json.RawMessage) []byte {
	m := e.turn.Meeting(e.app, e.meetingID)
	for _, of := range []struct{ path, text string }{{"meeting.title", m.Title()}, {"title", m.Title()}, {"meeting.organizedBy.id", m.OrganizationID()}} {
		if _, err := payload.Get(body, of.path); err != nil || set[of.path] != nil {
			continue
		}
		if changed, err := payload.Set(body, of.path, payload.Quote(of.text)); err == nil {
			body = changed
		}
	}
	return body
}

// namesIn returns the names that a test sets of an event, and that stick.
func namesIn(set map[string]json.RawMessage) platform.Names {
	text := func(paths ...string) string {
		s, _ := textOf(set, paths...)
		return s
	}
	return platform.Names{
		Title:            text("meeting.title", "title"),
		SessionID:        text("meeting.sessionId", "sessionId"),
		OrganizationID:   text("meeting.organizedBy.id", "organizedBy.id"),
		OrganizationName: text("meeting.organizedBy.name", "organizedBy.name"),
		Participant: payload.Participant{
			Name: text("participant.userDisplayName"), CustomID: text("participant.customParticipantId"), PeerID: text("participant.peerId"),
		},
	}
}

// textOf returns the first of the paths that is set to a text.
func textOf(set map[string]json.RawMessage, paths ...string) (string, bool) {
	for _, path := range paths {
		var s string
		if json.Unmarshal(set[path], &s) == nil && s != "" {
			return s, true
		}
	}
	return "", false
}
