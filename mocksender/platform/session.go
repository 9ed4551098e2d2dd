package platform

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Session is a session as the API shows it.
type Session struct {
	ID            string  `json:"id"`
	MeetingID     string  `json:"associated_id"`
	Title         string  `json:"meeting_display_name"`
	Type          string  `json:"type"`
	Status        string  `json:"status"`
	Live          int     `json:"live_participants"`
	MaxConcurrent int     `json:"max_concurrent_participants"`
	Minutes       float64 `json:"minutes_consumed"`
	OrgID         string  `json:"organization_id"`
	CreatedAt     string  `json:"created_at"`
	StartedAt     string  `json:"started_at"`
	UpdatedAt     string  `json:"updated_at"`
	EndedAt       string  `json:"ended_at,omitempty"`
	BreakoutRooms []any   `json:"breakout_rooms,omitempty"`
}

// The values of Session.Status.
const (
	Live  = "LIVE"
	Ended = "ENDED"
)

// session is a session and its meeting.
type session struct {
	*payload.Session
	meeting *meeting
}

func (s session) status() string {
	if s.Ended {
		return Ended
	}
	return Live
}

func (s session) view(now time.Time) Session {
	out := Session{
		ID: s.ID, MeetingID: s.meeting.model.ID(), Title: s.meeting.model.Title(), Type: "meeting", Status: s.status(),
		Live: s.Present(), MaxConcurrent: s.maxConcurrent(), Minutes: s.minutes(now), OrgID: s.meeting.model.OrganizationID(),
		CreatedAt: stamp(s.StartedAt), StartedAt: stamp(s.StartedAt), UpdatedAt: stamp(s.updatedAt()),
	}
	if s.Ended {
		out.EndedAt = stamp(s.EndedAt)
	}
	return out
}

// updatedAt returns when something happened in the session last.
func (s session) updatedAt() time.Time {
	last := s.StartedAt
	for _, stay := range s.Stays {
		last = latest(last, latest(stay.JoinedAt, stay.LeftAt))
	}
	if s.Ended {
		last = latest(last, s.EndedAt)
	}
	return last
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// maxConcurrent returns how many participants were in the session at most.
func (s session) maxConcurrent() int {
	type change struct {
		at time.Time
		by int
	}
	var all []change
	for _, stay := range s.Stays {
		all = append(all, change{stay.JoinedAt, 1})
		if !stay.LeftAt.IsZero() {
			all = append(all, change{stay.LeftAt, -1})
		}
	}
	// Who leaves at the instant at which another joins has met that one.
	slices.SortStableFunc(all, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), b.by-a.by) })
	now, most := 0, 0
	for _, c := range all {
		now += c.by
		most = max(most, now)
	}
	return most
}

// minutes returns the minutes of all participants together.
func (s session) minutes(now time.Time) float64 {
	var sum time.Duration
	for _, stay := range s.Stays {
		sum += length(stay, now)
	}
	return roundMinutes(sum)
}

func roundMinutes(d time.Duration) float64 { return math.Round(d.Minutes()*100) / 100 }

// length returns how long a stay was, or is by now.
func length(stay *payload.Stay, now time.Time) time.Duration {
	if stay.LeftAt.IsZero() {
		return max(0, now.Sub(stay.JoinedAt))
	}
	return stay.LeftAt.Sub(stay.JoinedAt)
}

// SessionFilter selects and sorts sessions. Zero fields select all, the newest
// first.
type SessionFilter struct {
	MeetingID, Status, Search string
	Participants              []string  // ids or custom ids, of whom one took part
	Start, End                time.Time // of the creation
	ByMinutes                 bool
	Ascending                 bool
}

func (f SessionFilter) matches(s session) bool {
	return (f.MeetingID == "" || f.MeetingID == s.meeting.model.ID()) && (f.Status == "" || f.Status == s.status()) &&
		(f.Start.IsZero() || !s.StartedAt.Before(f.Start)) && (f.End.IsZero() || !s.StartedAt.After(f.End)) &&
		(f.Search == "" || contains(s.ID, f.Search) || contains(s.meeting.model.ID(), f.Search) || contains(s.meeting.model.Title(), f.Search)) &&
		(len(f.Participants) == 0 || slices.ContainsFunc(s.Stays, func(stay *payload.Stay) bool {
			one := s.meeting.byCustom[stay.CustomID]
			return slices.Contains(f.Participants, stay.CustomID) || one != nil && slices.Contains(f.Participants, one.ID)
		}))
}

// Sessions returns a page of the sessions that f selects, and how many there are.
func (p *Platform) Sessions(k Key, f SessionFilter, page Page) ([]Session, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	all := slices.DeleteFunc(slices.Clone(p.known(k).sessions), func(s session) bool { return !f.matches(s) })
	if f.ByMinutes {
		type lasting struct {
			session
			minutes float64
		}
		sorted := make([]lasting, len(all))
		for i, s := range all {
			sorted[i] = lasting{s, s.minutes(now)}
		}
		slices.SortStableFunc(sorted, func(a, b lasting) int { return cmp.Compare(a.minutes, b.minutes) })
		return cut(sorted, page, !f.Ascending, func(s lasting) Session { return s.view(now) }), len(all)
	}
	if !slices.IsSortedFunc(all, byStart) { // most of the time they are
		slices.SortStableFunc(all, byStart)
	}
	return cut(all, page, !f.Ascending, func(s session) Session { return s.view(now) }), len(all)
}

func byStart(a, b session) int { return a.StartedAt.Compare(b.StartedAt) }

// Session returns a session. The error matches ErrUnknown.
func (p *Platform) Session(k Key, id string) (Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.session(k, id)
	if err != nil {
		return Session{}, err
	}
	return s.view(p.now()), nil
}

// session finds a session. p.mu is held.
func (p *Platform) session(k Key, id string) (session, error) {
	for _, s := range p.known(k).sessions {
		if s.ID == id {
			return s, nil
		}
	}
	return session{}, fmt.Errorf("%w: session %.64q", ErrUnknown, id)
}

func (m *meeting) session(id string) *payload.Session {
	for _, s := range m.model.Sessions() {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (m *meeting) lastEnded() *payload.Session {
	for _, s := range slices.Backward(m.model.Sessions()) {
		if s.Ended {
			return s
		}
	}
	return nil
}

// ActiveSession returns the live session of a meeting. The error matches
// ErrUnknown, also if none is live.
func (p *Platform) ActiveSession(k Key, meetingID string) (Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.active(k, meetingID)
	if err != nil {
		return Session{}, err
	}
	return session{m.model.Session(), m}.view(p.now()), nil
}

// active finds a meeting that has a live session. p.mu is held.
func (p *Platform) active(k Key, meetingID string) (*meeting, error) {
	m, err := p.meeting(k, meetingID)
	if err == nil && !m.model.Live() {
		err = fmt.Errorf("%w: an active session of meeting %.64q", ErrUnknown, meetingID)
	}
	return m, err
}

// Kick lets participants leave, by their ids or custom ids, and returns those who
// were inside. Errors match ErrUnknown, also if no session is live or none of them
// is in it.
func (p *Platform) Kick(k Key, meetingID string, ids, customIDs []string) ([]Participant, error) {
	return withMeeting(p, k, meetingID, func(m *meeting) ([]Participant, []rtk.Event, error) {
		if _, err := p.active(k, meetingID); err != nil {
			return nil, nil, err
		}
		var out []Participant
		var events []rtk.Event
		for _, here := range m.model.Present() {
			one := m.byCustom[here.CustomID]
			if !slices.Contains(customIDs, here.CustomID) && (one == nil || !slices.Contains(ids, one.ID)) {
				continue
			}
			left, err := p.depart(m, here.CustomID)
			if err != nil {
				return nil, nil, err
			}
			events = append(events, left...)
			if one != nil {
				out = append(out, one.view())
			}
		}
		if events == nil {
			return nil, nil, fmt.Errorf("%w: none of the participants is in the session", ErrUnknown)
		}
		return out, events, nil
	})
}

// KickAll lets everybody leave and ends the session, and returns how many they
// were. The reason of its end is not documented; here it is the host's. Errors
// match ErrUnknown, also if no session is live.
func (p *Platform) KickAll(k Key, meetingID string) (int, error) {
	return withMeeting(p, k, meetingID, func(m *meeting) (int, []rtk.Event, error) {
		if _, err := p.active(k, meetingID); err != nil {
			return 0, nil, err
		}
		n := m.model.Session().Present()
		events, err := p.end(m)
		return n, events, err
	})
}

// Download is where something of a session can be downloaded.
type Download struct {
	SessionID, URL, Expiry string
}

// Chat returns the download of a session's chat. The error matches ErrUnknown,
// also while there is none. Transcript and Summary are like it.
func (p *Platform) Chat(k Key, sessionID string) (Download, error) {
	return p.download(k, sessionID, "chat", func(s session) *payload.Download { return s.Chat })
}

// Transcript returns the download of a session's transcript.
func (p *Platform) Transcript(k Key, sessionID string) (Download, error) {
	return p.download(k, sessionID, "transcript", func(s session) *payload.Download { return s.Transcript })
}

// Summary returns the download of a session's summary.
func (p *Platform) Summary(k Key, sessionID string) (Download, error) {
	return p.download(k, sessionID, "summary", func(s session) *payload.Download { return s.Summary })
}

func (p *Platform) download(k Key, sessionID, what string, of func(session) *payload.Download) (Download, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.session(k, sessionID)
	if err != nil {
		return Download{}, err
	}
	d := of(s)
	if d == nil {
		return Download{}, fmt.Errorf("%w: a %s of session %.64q", ErrUnknown, what, sessionID)
	}
	return Download{s.ID, d.URL, stamp(d.Expiry)}, nil
}

// Summarize makes the summary of a session that has ended. It is there after
// Options.Processing; ready says that it is there already. Errors match
// ErrUnknown or ErrConflict.
func (p *Platform) Summarize(k Key, sessionID string) (ready bool, err error) {
	p.mu.Lock()
	s, err := p.session(k, sessionID)
	p.mu.Unlock()
	if err != nil {
		return false, err
	}
	return withMeeting(p, k, s.meeting.model.ID(), func(m *meeting) (bool, []rtk.Event, error) {
		switch {
		case !s.Ended:
			return false, nil, fmt.Errorf("%w: the session has not ended", ErrConflict)
		case s.Summary != nil:
			return true, nil, nil
		}
		if !slices.ContainsFunc(m.dues, func(d *due) bool { return d.Kind == dueSummary && d.Session == s.ID }) {
			p.plan(m, dueSummary, p.o.Processing, s.ID, "")
		}
		return false, nil, nil
	})
}
