package platform

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Livestream is a livestream as the API shows it.
type Livestream struct {
	ID           string  `json:"id"`
	Name         *string `json:"name"`
	MeetingID    string  `json:"meeting_id"`
	Status       string  `json:"status"` // LIVE or IDLE; webhooks say OFFLINE too
	IngestServer string  `json:"ingest_server"`
	PlaybackURL  string  `json:"playback_url"`
	StreamKey    string  `json:"stream_key"`
	Disabled     string  `json:"disabled"` // a text, as the SDKs read it
	CreatedAt    string  `json:"created_at"`
	UpdatedAt    string  `json:"updated_at"`
}

// LivestreamSession is the one run of a livestream. A livestream has one.
type LivestreamSession struct {
	ID            string  `json:"id"`
	LivestreamID  string  `json:"livestream_id"`
	Error         *string `json:"err_message"`
	IngestSeconds float64 `json:"ingest_seconds"`
	ViewerSeconds float64 `json:"viewer_seconds"` // 0: nobody watches here
	InvokedTime   string  `json:"invoked_time"`
	StartedTime   string  `json:"started_time"`
	StoppedTime   *string `json:"stopped_time"`
	CreatedAt     string  `json:"created_at"`
	UpdatedAt     string  `json:"updated_at"`
}

type livestream struct {
	*payload.Livestream
	name    *string
	meeting *meeting
}

func (l *livestream) view() Livestream {
	s := l.State()
	status := "IDLE"
	if s.Status == payload.LivestreamLive {
		status = Live
	}
	return Livestream{
		ID: s.ID, Name: l.name, MeetingID: l.meeting.model.ID(), Status: status, IngestServer: s.IngestServer, PlaybackURL: s.PlaybackURL,
		StreamKey: s.Key, Disabled: "false", CreatedAt: stamp(s.StartedAt), UpdatedAt: stamp(latest(s.StartedAt, s.StoppedAt)),
	}
}

func (l *livestream) sessionID() string { return derivedID("livestream session", l.ID()) }

func (l *livestream) run(now time.Time) LivestreamSession {
	s := l.State()
	end := s.StoppedAt
	if s.Status == payload.LivestreamLive {
		end = now
	}
	return LivestreamSession{
		ID: l.sessionID(), LivestreamID: s.ID, IngestSeconds: max(0, end.Sub(s.StartedAt).Truncate(time.Second).Seconds()),
		InvokedTime: stamp(s.StartedAt), StartedTime: stamp(s.StartedAt), StoppedTime: stampOrNull(s.StoppedAt),
		CreatedAt: stamp(s.StartedAt), UpdatedAt: stamp(latest(s.StartedAt, s.StoppedAt)),
	}
}

// StartLivestream starts a livestream of a live session. Errors match ErrUnknown,
// also if no session is live, or ErrConflict if one is streamed already.
func (p *Platform) StartLivestream(k Key, meetingID string, name *string) (Livestream, error) {
	return withMeeting(p, k, meetingID, func(m *meeting) (Livestream, []rtk.Event, error) {
		if _, err := p.active(k, meetingID); err != nil {
			return Livestream{}, nil, err
		}
		if m.activeLivestream() != nil {
			return Livestream{}, nil, fmt.Errorf("%w: the meeting is being streamed already", ErrConflict)
		}
		l, events, err := p.startLivestream(m, name)
		if err != nil {
			return Livestream{}, nil, err
		}
		return l.view(), events, nil
	})
}

func (p *Platform) startLivestream(m *meeting, name *string) (*livestream, []rtk.Event, error) {
	one, events, err := m.model.StartLivestream()
	if err != nil {
		return nil, nil, err
	}
	p.index(m)
	l := m.app.livestreams[one.ID()]
	l.name = name
	return l, events, nil
}

// noteLivestream adds a livestream of the model. p.mu is held.
func (p *Platform) noteLivestream(m *meeting, one *payload.Livestream) *livestream {
	if known := m.app.livestreams[one.ID()]; known != nil {
		return known
	}
	l := &livestream{Livestream: one, meeting: m}
	m.app.livestreams[one.ID()] = l
	m.app.streamOrder = append(m.app.streamOrder, l)
	return l
}

// activeLivestream returns the meeting's livestream that is LIVE, or nil.
func (m *meeting) activeLivestream() *livestream {
	for _, s := range slices.Backward(m.model.Sessions()) {
		for _, l := range slices.Backward(s.Livestreams) {
			if l.Status() == payload.LivestreamLive {
				return m.app.livestreams[l.ID()]
			}
		}
	}
	return nil
}

// StopLivestream ends the livestream of a meeting: webhooks say OFFLINE, the API
// IDLE. The error matches ErrUnknown, also if there is none.
func (p *Platform) StopLivestream(k Key, meetingID string) error {
	_, err := withMeeting(p, k, meetingID, func(m *meeting) (struct{}, []rtk.Event, error) {
		l := m.activeLivestream()
		if l == nil {
			return struct{}{}, nil, fmt.Errorf("%w: an active livestream of meeting %.64q", ErrUnknown, meetingID)
		}
		events, err := l.Update(payload.LivestreamOffline)
		return struct{}{}, events, err
	})
	return err
}

// ActiveLivestream returns the livestream of a meeting. The error matches
// ErrUnknown, also if there is none.
func (p *Platform) ActiveLivestream(k Key, meetingID string) (Livestream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.meeting(k, meetingID)
	if err != nil {
		return Livestream{}, err
	}
	if l := m.activeLivestream(); l != nil {
		return l.view(), nil
	}
	return Livestream{}, fmt.Errorf("%w: an active livestream of meeting %.64q", ErrUnknown, meetingID)
}

// LivestreamFilter selects and sorts livestreams. Zero fields select all, the
// newest first.
type LivestreamFilter struct {
	Status     string
	Start, End time.Time // of the creation
	Ascending  bool
}

// Livestreams returns a page of the livestreams that f selects, and how many there
// are.
func (p *Platform) Livestreams(k Key, f LivestreamFilter, page Page) ([]Livestream, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(p.known(k).streamOrder), func(l *livestream) bool {
		at := l.State().StartedAt
		return f.Status != "" && f.Status != l.view().Status || !f.Start.IsZero() && at.Before(f.Start) || !f.End.IsZero() && at.After(f.End)
	})
	slices.SortStableFunc(all, func(a, b *livestream) int { return a.State().StartedAt.Compare(b.State().StartedAt) })
	return cut(all, page, !f.Ascending, (*livestream).view), len(all)
}

// Livestream returns a livestream and its run. The error matches ErrUnknown.
func (p *Platform) Livestream(k Key, id string) (Livestream, LivestreamSession, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.known(k).livestreams[id]; l != nil {
		return l.view(), l.run(p.now()), nil
	}
	return Livestream{}, LivestreamSession{}, fmt.Errorf("%w: livestream %.64q", ErrUnknown, id)
}

// LivestreamSession returns the run of a livestream by its own id. The error
// matches ErrUnknown.
func (p *Platform) LivestreamSession(k Key, id string) (LivestreamSession, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.known(k).streamOrder {
		if l.sessionID() == id {
			return l.run(p.now()), nil
		}
	}
	return LivestreamSession{}, fmt.Errorf("%w: livestream session %.64q", ErrUnknown, id)
}
