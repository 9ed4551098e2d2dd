package platform

import (
	"errors"
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Turn is a time in which one caller alone takes steps of meetings, steps that no
// call and no door has. It is of use while Take runs.
type Turn struct {
	p       *Platform
	touched []*meeting
	records []Record
}

// Take gives f a turn. The events that f returns are not handed to Options.Commit
// but to commit, in whose terms the steps are kept then. What happened before an
// error of f is kept, too.
func (p *Platform) Take(commit Commit, f func(*Turn) ([]rtk.Event, error)) error {
	p.mu.Lock()
	t := &Turn{p: p}
	events, err := f(t)
	c := Change{Events: events}
	for _, m := range t.touched {
		c.App, c.Meeting = m.app.Key, m.model.ID()
		p.index(m)
		m.noteWhetherEmpty()
		c.Records = append(c.Records, m.record())
	}
	c.Records = append(p.noted, append(t.records, c.Records...)...)
	p.noted = nil
	c.People = p.peopleFor(c)
	wait := commit(c)
	p.arm()
	p.mu.Unlock()
	return errors.Join(err, wait())
}

// noteWhetherEmpty ends the keep-alive if it has no reason any more.
func (m *meeting) noteWhetherEmpty() {
	if m.model.Session().Present() > 0 || !m.model.Live() {
		m.emptyAt = time.Time{}
	}
}

// Meeting returns a meeting, whose time is the present, or nil if there is none.
// It is to be used in the turn only.
func (t *Turn) Meeting(k Key, id string) *payload.Meeting {
	m := t.p.known(k).byID[id]
	if m == nil {
		return nil
	}
	return t.touch(m)
}

func (t *Turn) touch(m *meeting) *payload.Meeting {
	t.p.sync(m)
	t.touched = append(t.touched, m)
	return m.model
}

// Make makes a meeting. Without an id it has one of its own, and only the last of
// those meetings are kept. Errors match ErrFull or ErrInvalid.
func (t *Turn) Make(k Key, id, title string) (*payload.Meeting, error) {
	p := t.p
	a, err := p.app(k)
	if err != nil {
		return nil, err
	}
	given := MeetingChange{}
	if title != "" {
		given.Title = &title
	}
	m, err := p.addMeeting(a, id, given)
	if err != nil {
		return nil, err
	}
	t.records = append(t.records, a.record())
	if id == "" {
		t.keepAsMadeUp(m, maxMadeUp)
	}
	return t.touch(m), nil
}

// Adopt makes a meeting that the caller has made, and whose steps the caller takes,
// a meeting of the app. Only the last of those are kept. Errors match ErrFull or
// ErrConflict.
func (t *Turn) Adopt(k Key, model *payload.Meeting) error {
	p := t.p
	a, err := p.app(k)
	switch {
	case err != nil:
		return err
	case a.byID[model.ID()] != nil:
		return fmt.Errorf("%w: there is a meeting %.64q already", ErrConflict, model.ID())
	case p.meetings >= MaxMeetings:
		return fmt.Errorf("%w: there are %d meetings", ErrFull, MaxMeetings)
	}
	m := &meeting{model: model, app: a, settings: Settings{Status: Active}, updatedAt: p.now()}
	p.insert(m)
	t.records = append(t.records, a.record())
	t.touched = append(t.touched, m)
	t.keepAsMadeUp(m, maxMadeUp)
	return nil
}

// Touch says that the caller took steps of a meeting. Its time stays what it is.
func (t *Turn) Touch(k Key, id string) {
	if m := t.p.known(k).byID[id]; m != nil {
		t.touched = append(t.touched, m)
	}
}

// keepAsMadeUp removes the oldest of such meetings if there are too many, or too
// many people.
func (t *Turn) keepAsMadeUp(m *meeting, most int) {
	p := t.p
	m.madeUp = true
	p.madeUp = append(p.madeUp, m)
	for ; len(p.madeUp) > most || len(p.people) > maxMadeUpPeople && len(p.madeUp) > 1; p.madeUp = p.madeUp[1:] {
		t.records = append(t.records, p.removeMeeting(p.madeUp[0])...)
	}
}

// Person returns the participant of a meeting whom a call of the API or a door
// added, by id, custom id or name.
func (t *Turn) Person(k Key, meetingID, name string) (payload.Participant, bool) {
	m := t.p.known(k).byID[meetingID]
	if m == nil || name == "" {
		return payload.Participant{}, false
	}
	one := m.byCustom[name]
	for _, other := range m.people {
		if one == nil && (other.ID == name || other.displayName() == name) {
			one = other
		}
	}
	if one == nil {
		return payload.Participant{}, false
	}
	return payload.Participant{Name: one.displayName(), CustomID: one.CustomID}, true
}

// Now returns the time of the platform.
func (t *Turn) Now() time.Time { return t.p.now() }

// Names are what Rename changes. Empty ones stay as they are.
type Names struct {
	Title, SessionID                 string
	OrganizationID, OrganizationName string
	Participant                      payload.Participant
}

// Rename makes names stick: of a meeting, of its present session and, if peerID is
// not empty, of who has this peer id there. It returns the custom id that this one
// had before.
func (t *Turn) Rename(k Key, meetingID string, to Names, peerID string) (customID string) {
	m := t.p.known(k).byID[meetingID]
	if m == nil {
		return ""
	}
	t.p.index(m)
	if to.Title != "" {
		m.model.SetTitle(to.Title)
	}
	if to.SessionID != "" {
		m.model.SetSessionID(to.SessionID)
	}
	m.model.SetOrganization(to.OrganizationID, to.OrganizationName)
	customID, ok := m.model.Rename(peerID, to.Participant)
	one := m.byCustom[customID]
	if !ok || one == nil {
		return ""
	}
	if id := to.Participant.CustomID; id != "" && m.byCustom[id] == nil {
		delete(m.byCustom, one.CustomID)
		one.CustomID = id
		m.byCustom[id] = one
	}
	if to.Participant.Name != "" {
		one.Name = ptr(to.Participant.Name)
	}
	one.UpdatedAt = t.p.now()
	t.records = append(t.records, one.record())
	return customID
}

// HasRecording reports whether a recording or a livestream of the app has this id,
// and was there before the turn.
func (t *Turn) HasRecording(k Key, id string) bool {
	a := t.p.known(k)
	return a.recordings[id] != nil || a.livestreams[id] != nil
}

// RenameRecording gives a recording or a livestream of a meeting another id, unless
// something has that already.
func (t *Turn) RenameRecording(k Key, meetingID, id, to string) {
	a := t.p.known(k)
	m := a.byID[meetingID]
	if m == nil || t.HasRecording(k, to) {
		return
	}
	t.p.index(m)
	if r := a.recordings[id]; r != nil {
		delete(a.recordings, id)
		r.SetID(to)
		r.data.ID, a.recordings[to] = to, r
		for _, d := range r.meeting.dues {
			if d.Which == id {
				d.Which = to
			}
		}
	}
	if l := a.livestreams[id]; l != nil {
		delete(a.livestreams, id)
		l.SetID(to)
		a.livestreams[to] = l
	}
}
