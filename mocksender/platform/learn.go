package platform

import (
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxLearned is how many meetings may be there of which only events tell. More
// remove the oldest.
const maxLearned = 10_000

// Learn takes over what events say that somebody else has made, so that the app has
// the meetings, sessions, participants, recordings and livestreams that they name.
// Events may come late and in any order. An event that names no meeting says nothing. Errors
// match ErrFull.
func (p *Platform) Learn(k Key, events ...rtk.Event) error {
	return p.Take(p.o.Commit, func(t *Turn) ([]rtk.Event, error) {
		a, err := p.app(k)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			s, err := payload.Read(e)
			if err != nil || s.MeetingID() == "" {
				continue // a user may have changed an event to anything
			}
			t.learn(a, s)
		}
		return nil, nil
	})
}

// learn takes over a statement. One that nothing can be made of says nothing.
func (t *Turn) learn(a *app, s payload.Statement) {
	p := t.p
	m := a.byID[s.MeetingID()]
	if m == nil {
		model, err := payload.Told(p.payloadOptions(a), s)
		if err != nil {
			return
		}
		m = &meeting{model: model, app: a, settings: Settings{Status: Active}, updatedAt: p.now()}
		p.insert(m)
		t.keepAsMadeUp(m, maxLearned)
	}
	before := m.stays()
	session, err := m.model.Learn(s)
	if err != nil {
		return
	}
	p.index(m)
	// index looks at the last session, and an event may be about any.
	if m.stays() > before { // else somebody who was deleted meanwhile would be added again
		p.noteStay(m, session.Stays[len(session.Stays)-1])
	}
	for _, r := range session.Recordings {
		p.noteRecording(m, r)
	}
	for _, l := range session.Livestreams {
		p.noteLivestream(m, l)
	}
	t.touched = append(t.touched, m)
}

// stays returns how many stays there were in all sessions.
func (m *meeting) stays() (n int) {
	for _, s := range m.model.Sessions() {
		n += len(s.Stays)
	}
	return n
}
