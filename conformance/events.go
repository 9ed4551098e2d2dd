package conformance

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Meeting time of a run. A run's meetings are short and lie in the minutes
// before it, so that no receiver finds their times stale or in the future.
const (
	meetingDuration = 2 * time.Minute
	step            = 20 * time.Millisecond
	recordingLength = 1500 * time.Millisecond
)

// publicHost stands for a media server on the public internet. Nothing is ever
// sent there; the name is reserved and does not resolve.
const publicHost = "https://media.rtkmock.example"

// errNoOpening means that no event of a meeting is subscribed.
var errNoOpening = errors.New("conformance: none of the subscribed events occurs in a meeting")

// eventSource makes the events of a run: one live session that goes on for as long
// as the run does, and meetings of their own for what a session has only once.
type eventSource struct {
	o     Options
	first rtk.EventType // of opening

	mu     sync.Mutex
	live   *payload.Meeting
	spare  *rtk.Event // the live session's next join, if nothing else happens in it before
	seeds  *seeds
	public bool // download links lead to publicHost
}

// seeds hands out one seed after the other.
type seeds struct {
	base uint64
	n    uint64
}

func (s *seeds) next() uint64 {
	s.n++
	// An odd multiplier spreads neighbouring runs and meetings apart.
	return s.base + s.n*0x9e3779b97f4a7c15
}

func newEventSource(o Options) (*eventSource, error) {
	s := &eventSource{o: o, seeds: &seeds{base: o.Seed}}
	e, err := s.opening()
	if err != nil {
		return nil, err
	}
	s.first = e.Type
	return s, nil
}

func (s *eventSource) options(forms ...payload.Form) payload.Options {
	base := s.o.Endpoints.ArtifactsURL()
	if s.public {
		base = publicHost
	}
	return payload.Options{
		Seed:      s.seeds.next(),
		Start:     s.o.Start,
		Duration:  meetingDuration,
		BaseURL:   base,
		MeetingID: s.o.MeetingID,
		Forms:     forms,
	}
}

// fresher returns the options of a new meeting.
func (s *eventSource) fresher(forms ...payload.Form) payload.Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options(forms...)
}

// meeting returns a new meeting that nobody has joined.
func (s *eventSource) meeting(forms ...payload.Form) (*payload.Meeting, error) {
	return payload.New(s.fresher(forms...))
}

// lifecycle returns the events of a new meeting from start to summary.
func (s *eventSource) lifecycle(forms ...payload.Form) ([]rtk.Event, error) {
	return payload.Lifecycle(s.fresher(forms...))
}

// both returns one new meeting twice: in the samples' form, and in form.
func (s *eventSource) both(form payload.Form) (plain, changed []rtk.Event, err error) {
	o := s.fresher()
	if plain, err = payload.Lifecycle(o); err != nil {
		return nil, nil, err
	}
	o.Forms = []payload.Form{form}
	changed, err = payload.Lifecycle(o)
	return plain, changed, err
}

// opening returns the first subscribed event of a new meeting.
func (s *eventSource) opening() (rtk.Event, error) {
	events, err := s.lifecycle()
	if err != nil {
		return rtk.Event{}, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	for _, e := range events {
		for _, t := range s.o.Target.Events {
			if e.Type == t {
				return e, nil
			}
		}
	}
	return rtk.Event{}, fmt.Errorf("%w: %w", ErrOptions, errNoOpening)
}

func (s *eventSource) usePublicLinks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.public = true
	s.live, s.spare = nil, nil // its links lead to the harness
}

// leave ends the live session: the next event begins another.
func (s *eventSource) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live, s.spare = nil, nil
}

// fresh makes a new event of type t and delivers, through p, the subscribed
// events that come before it.
func (s *eventSource) fresh(p *Probe, t rtk.EventType) (rtk.Event, error) {
	before, e, err := s.next(t)
	if err != nil {
		return rtk.Event{}, fmt.Errorf("conformance: make %s: %w", t, err)
	}
	if len(before) > 0 {
		p.run.presign(before...)
		p.run.presign(e)
	}
	if t == rtk.MeetingParticipantJoined {
		p.run.presign(s.expected()...)
	}
	for _, b := range before {
		if p.run.subscribed(b.Type) && !p.run.o.Production {
			p.Deliver(string(b.Type)+", which comes before", b)
		}
	}
	return e, nil
}

// next makes a new event of type t, in a new live session where the time of
// the old one is up.
func (s *eventSource) next(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, e, err = s.make(t)
	if errors.Is(err, payload.ErrClock) {
		s.live, s.spare = nil, nil
		before, e, err = s.make(t)
	}
	return before, e, err
}

// make returns an event of type t and what comes before it.
func (s *eventSource) make(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
	switch t {
	case rtk.MeetingParticipantJoined:
		if s.spare != nil {
			e = *s.spare
		} else if before, e, err = s.inLive(t); err != nil {
			return nil, e, err
		}
		s.spare = s.following()
		return before, e, nil
	case rtk.MeetingParticipantLeft, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate:
		s.spare = nil // what comes now is later
		return s.inLive(t)
	default:
		return s.once(t)
	}
}

// following makes the join that comes next in the live session, if it has the
// time for one.
func (s *eventSource) following() *rtk.Event {
	if s.live.Advance(step) != nil {
		return nil
	}
	events, err := s.live.Join(s.live.NewParticipant())
	if err != nil {
		return nil
	}
	return &events[len(events)-1]
}

// expected is the event that is made already, if there is one.
func (s *eventSource) expected() []rtk.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spare == nil {
		return nil
	}
	return []rtk.Event{*s.spare}
}

// inLive makes what a session can have any number of.
func (s *eventSource) inLive(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
	var all []rtk.Event
	add := func(events []rtk.Event, failed error) {
		all = append(all, events...)
		err = errors.Join(err, failed)
	}
	if s.live == nil {
		if s.live, err = payload.New(s.options()); err != nil {
			return nil, rtk.Event{}, err
		}
		add(s.live.Join(s.live.NewParticipant()))
	}
	m := s.live
	add(nil, m.Advance(step))
	switch t {
	case rtk.MeetingParticipantJoined:
		add(m.Join(m.NewParticipant()))
	case rtk.MeetingParticipantLeft:
		someone := m.NewParticipant()
		add(m.Join(someone))
		add(nil, m.Advance(step))
		add(m.Leave(someone))
	case rtk.LivestreamStatusUpdate:
		_, events, failed := m.StartLivestream()
		add(events, failed)
	case rtk.RecordingStatusUpdate:
		rec, events, failed := m.StartRecording()
		add(events, failed)
		add(nil, m.Advance(recordingLength))
		if err == nil {
			add(rec.Update(payload.RecordingUploading))
			add(rec.Update(payload.RecordingUploaded))
		}
	}
	if err != nil {
		return nil, rtk.Event{}, err
	}
	return all[:len(all)-1], all[len(all)-1], nil
}

// once makes what a session has only once, in a meeting of its own.
func (s *eventSource) once(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
	events, err := shortMeeting(s.options())
	if err != nil {
		return nil, rtk.Event{}, err
	}
	for i, e := range events {
		if e.Type == t {
			return events[:i], e, nil
		}
	}
	return nil, rtk.Event{}, fmt.Errorf("conformance: no meeting has a %s", t)
}

// shortMeeting returns the shortest meeting that has everything which a session has
// only once, since what comes before an event is delivered as well.
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
