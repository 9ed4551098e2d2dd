package platform

import (
	"cmp"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// Overview is a meeting and what goes on in it, for people who look at it.
type Overview struct {
	Key
	Meeting
	// Session is the live one; nil: none is live.
	Session *Session `json:"session,omitempty"`
	// Sessions counts all that there have been.
	Sessions int `json:"sessions"`
	// Present are those who joined last and are inside, the last one last: at most
	// 100. Session counts all.
	Present []Attendee `json:"present"`
	// Recordings are the last ones of the last session, the last one last: at most 20.
	Recordings []Recording `json:"recordings"`
	// Ready says what can be downloaded of the last session that ended: chat,
	// transcript, summary.
	Ready []string `json:"ready"`
	// Livestream is the one that is LIVE; nil: none is.
	Livestream *Livestream `json:"livestream,omitempty"`
}

// Attendee is somebody in a meeting.
type Attendee struct {
	CustomID string `json:"custom_participant_id"`
	Name     string `json:"name"`
}

// Bounds of an Overview.
const (
	overviewPeople     = 100
	overviewRecordings = 20
)

// Overviews returns a page of the meetings that f selects, the newest first, and
// how many there are: of the app, of all apps of an account, or of all apps, as far
// as k is set.
func (p *Platform) Overviews(k Key, f MeetingFilter, page Page) ([]Overview, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*meeting
	apps := 0
	for _, a := range p.order {
		if k.AccountID != "" && k.AccountID != a.AccountID || k.AppID != "" && k.AppID != a.AppID {
			continue
		}
		apps++
		all = append(all, a.meetings...)
	}
	if f != (MeetingFilter{}) {
		all = slices.DeleteFunc(all, func(m *meeting) bool { return !f.matches(m) })
	}
	if apps > 1 {
		slices.SortFunc(all, func(a, b *meeting) int { return cmp.Compare(a.order, b.order) })
	}
	return cut(all, page, true, p.overview), len(all)
}

// Overview returns the overview of one meeting. The error matches ErrUnknown.
func (p *Platform) Overview(k Key, id string) (Overview, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.meeting(k, id)
	if err != nil {
		return Overview{}, err
	}
	return p.overview(m), nil
}

func (p *Platform) overview(m *meeting) Overview {
	s := m.model.Session()
	out := Overview{
		Key: m.app.Key, Meeting: m.view(), Sessions: len(m.model.Sessions()), Present: []Attendee{},
		Ready: m.ready(), Recordings: cut(last(s.Recordings, overviewRecordings), Page{}, false, func(r *payload.Recording) Recording {
			return m.app.recordings[r.ID()].view(false)
		}),
	}
	if s.StartedAt.IsZero() { // it has not begun
		out.Sessions--
	}
	if m.model.Live() {
		out.Session = ptr(session{s, m}.view(p.now()))
		out.Present = cut(last(m.model.Present(), overviewPeople), Page{}, false, func(one payload.Participant) Attendee {
			return Attendee{one.CustomID, one.Name}
		})
	}
	if l := m.activeLivestream(); l != nil {
		out.Livestream = ptr(l.view())
	}
	return out
}

func (m *meeting) ready() []string {
	out := []string{}
	s := m.lastEnded()
	if s == nil {
		return out
	}
	for _, one := range []struct {
		kind dueKind
		made *payload.Download
	}{{dueChat, s.Chat}, {dueTranscript, s.Transcript}, {dueSummary, s.Summary}} {
		if one.made != nil {
			out = append(out, string(one.kind))
		}
	}
	return out
}

// last returns the last n of all, or all if they are fewer.
func last[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }
