// Package events makes the events of a run.
package events

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Meeting time of a run. A run's meetings are short and lie in the minutes before
// it, so that no receiver finds their times stale or in the future.
const (
	Duration        = 2 * time.Minute
	step            = 20 * time.Millisecond
	recordingLength = 1500 * time.Millisecond
)

// errNoOpening means that no event of a meeting is subscribed.
var errNoOpening = errors.New("conformance: none of the subscribed events occurs in a meeting")

// Options says what the events of a run have in common.
type Options struct {
	Seed       uint64
	Start      time.Time     // of the meetings
	MeetingID  string        // fixes meeting.id
	LinksURL   func() string // the base URL of the download links from now on
	Subscribed []rtk.EventType
	// Made is told of the events that happen, sent or not, as they happen. Nil: nobody
	// wants to know.
	Made func(...rtk.Event)
}

// Source makes the events of a run. One live session goes on for as long as the
// run does. Events that occur once per session come from a fresh meeting. A Source
// is safe for concurrent use.
type Source struct {
	o Options

	mu         sync.Mutex
	links      string // that the live session's events have
	live       *payload.Meeting
	nextJoined *rtk.Event // the live session's next join, unless something else happens first
	seeds      uint64     // given out so far
	public     bool       // download links lead to publicHost
}

// New returns a Source.
func New(o Options) *Source {
	if o.Made == nil {
		o.Made = func(...rtk.Event) {}
	}
	return &Source{o: o}
}

// Opening returns the first subscribed event of a new meeting. It fails if the
// options allow none.
func (s *Source) Opening() (rtk.Event, error) {
	events, err := payload.Lifecycle(s.NextMeeting())
	if err != nil {
		return rtk.Event{}, err
	}
	i := slices.IndexFunc(events, func(e rtk.Event) bool { return slices.Contains(s.o.Subscribed, e.Type) })
	if i < 0 {
		return rtk.Event{}, errNoOpening
	}
	return events[i], nil
}

// Next makes a new event of type t, and the events that come before it. It begins
// another live session if the time of the present one is over.
func (s *Source) Next(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if links := s.o.LinksURL(); links != s.links {
		s.links, s.live, s.nextJoined = links, nil, nil
	}
	before, e, err = s.make(t)
	if errors.Is(err, payload.ErrClock) {
		s.live, s.nextJoined = nil, nil
		before, e, err = s.make(t)
	}
	if err != nil {
		return nil, rtk.Event{}, fmt.Errorf("conformance: make %s: %w", t, err)
	}
	s.o.Made(append(slices.Clone(before), e)...)
	return before, e, nil
}

// LikelyNext returns the event that Next is likely to return for a join, if it is made
// already.
func (s *Source) LikelyNext() []rtk.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nextJoined == nil {
		return nil
	}
	return []rtk.Event{*s.nextJoined}
}

// EndSession ends the live session: the next event begins another.
func (s *Source) EndSession() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live, s.nextJoined = nil, nil
}

func (s *Source) make(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
	switch t {
	case rtk.MeetingParticipantJoined:
		if s.nextJoined != nil {
			e = *s.nextJoined
		} else if before, e, err = s.inLive(t); err != nil {
			return nil, e, err
		}
		s.nextJoined = s.nextJoin()
		return before, e, nil
	case rtk.MeetingParticipantLeft, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate:
		s.nextJoined = nil // this event is later
		return s.inLive(t)
	default:
		return s.oncePerSession(t)
	}
}

// nextJoin makes the next join of the live session, if there is time for one.
func (s *Source) nextJoin() *rtk.Event {
	if s.live.Advance(step) != nil {
		return nil
	}
	events, err := s.live.Join(s.live.NewParticipant())
	if err != nil {
		return nil
	}
	return &events[len(events)-1]
}

// inLive makes an event that a session can have any number of.
func (s *Source) inLive(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
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

// oncePerSession makes an event that a session has once, in a meeting of its own.
func (s *Source) oncePerSession(t rtk.EventType) (before []rtk.Event, e rtk.Event, err error) {
	events, err := ShortMeeting(s.options())
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

// ShortMeeting returns the events of the shortest meeting that leaves a chat, a
// transcript and a summary behind.
func ShortMeeting(o payload.Options) ([]rtk.Event, error) {
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

// NextMeeting returns the options of a new meeting.
func (s *Source) NextMeeting(forms ...payload.Form) payload.Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options(forms...)
}

// options is NextMeeting for who holds mu.
func (s *Source) options(forms ...payload.Form) payload.Options {
	links := s.o.LinksURL()
	if s.public {
		links = publicHost
	}
	s.seeds++
	return payload.Options{
		// An odd multiplier keeps the seeds of runs and meetings apart.
		Seed:      s.o.Seed + s.seeds*0x9e3779b97f4a7c15,
		Start:     s.o.Start,
		Duration:  Duration,
		BaseURL:   links,
		MeetingID: s.o.MeetingID,
		// Only the checks that are about text send more than ASCII, so that a bug
		// with text is found there, and with every seed.
		PlainNames: true,
		Forms:      forms,
	}
}

// publicHost stands for a media server on the public internet. Nothing is ever
// sent there; the name is reserved and does not resolve.
const publicHost = "https://media.rtkmock.example"

// LinksHere reports whether body has download links that lead to the harness.
func (s *Source) LinksHere(body []byte) bool {
	return bytes.Contains(body, []byte(s.o.LinksURL()+"/"))
}

// WithPublicLinks returns body with these links changed to a public host.
func (s *Source) WithPublicLinks(body []byte) []byte {
	return bytes.ReplaceAll(body, []byte(s.o.LinksURL()+"/"), []byte(publicHost+"/"))
}

// UsePublicLinks gives all further events links to a public host.
func (s *Source) UsePublicLinks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.public = true
	s.live, s.nextJoined = nil, nil // its links lead to the harness
}
