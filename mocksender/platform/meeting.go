package platform

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Status says whether a meeting takes new participants.
type Status string

const (
	Active   Status = "ACTIVE"
	Inactive Status = "INACTIVE" // who is inside stays
)

// Settings are what a caller of the API sets of a meeting, apart from its title.
type Settings struct {
	Status            Status          `json:"status"`
	RecordOnStart     bool            `json:"record_on_start"`
	LiveStreamOnStart bool            `json:"live_stream_on_start"`
	PersistChat       bool            `json:"persist_chat"`
	SummarizeOnEnd    bool            `json:"summarize_on_end"`
	TranscribeOnEnd   bool            `json:"transcribe_on_end"`
	KeepAlive         float64         `json:"session_keep_alive_time_in_secs"`
	RecordingConfig   json.RawMessage `json:"recording_config,omitempty"`
	AIConfig          json.RawMessage `json:"ai_config,omitempty"`
}

// Meeting is a meeting as the API shows it.
type Meeting struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
	Settings
}

// MeetingChange is what a call changes of a meeting. Nil changes nothing.
type MeetingChange struct {
	Title             *string         `json:"title"`
	Status            *Status         `json:"status"`
	RecordOnStart     *bool           `json:"record_on_start"`
	LiveStreamOnStart *bool           `json:"live_stream_on_start"`
	PersistChat       *bool           `json:"persist_chat"`
	SummarizeOnEnd    *bool           `json:"summarize_on_end"`
	TranscribeOnEnd   *bool           `json:"transcribe_on_end"`
	KeepAlive         *float64        `json:"session_keep_alive_time_in_secs"`
	RecordingConfig   json.RawMessage `json:"recording_config"`
	AIConfig          json.RawMessage `json:"ai_config"`
}

func (c MeetingChange) apply(s *Settings) {
	set(&s.Status, c.Status)
	set(&s.RecordOnStart, c.RecordOnStart)
	set(&s.LiveStreamOnStart, c.LiveStreamOnStart)
	set(&s.PersistChat, c.PersistChat)
	set(&s.SummarizeOnEnd, c.SummarizeOnEnd)
	set(&s.TranscribeOnEnd, c.TranscribeOnEnd)
	set(&s.KeepAlive, c.KeepAlive)
	if c.RecordingConfig != nil {
		s.RecordingConfig = withoutSecrets(c.RecordingConfig)
	}
	if c.AIConfig != nil {
		s.AIConfig = c.AIConfig
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// withoutSecrets removes from a configuration what the API does not give back:
// "this field is not readable by clients, only writeable".
func withoutSecrets(config json.RawMessage) json.RawMessage {
	var c map[string]any
	if json.Unmarshal(config, &c) != nil {
		return nil
	}
	storage, ok := c["storage_config"].(map[string]any)
	if !ok {
		return config
	}
	for _, name := range []string{"secret", "access_key", "password", "private_key"} {
		delete(storage, name)
	}
	out, _ := json.Marshal(c) // it has just been decoded
	return out
}

// meeting is a meeting and what it has.
type meeting struct {
	model     *payload.Meeting
	app       *app
	order     uint64
	settings  Settings
	updatedAt time.Time
	people    []*participant
	byCustom  map[string]*participant
	emptyAt   time.Time // since when nobody is in the live session; zero: somebody is, or it is not live
	dues      []*due    // what will happen by itself
	madeUp    bool      // by an event or a play, not by a call
	seen      struct {  // what index has noted of model
		sessions, stays, recordings, livestreams int
	}
}

func (m *meeting) view() Meeting {
	return Meeting{m.model.ID(), m.model.Title(), stamp(m.model.CreatedAt()), stamp(m.updatedAt), m.settings}
}

// CreateMeeting makes a meeting. Errors match ErrFull or ErrInvalid.
func (p *Platform) CreateMeeting(k Key, given MeetingChange) (Meeting, error) {
	return p.CreateMeetingAs(k, "", given)
}

// CreateMeetingAs makes a meeting with this id. Errors match ErrConflict if there
// is one, or are those of CreateMeeting.
func (p *Platform) CreateMeetingAs(k Key, id string, given MeetingChange) (Meeting, error) {
	p.mu.Lock()
	a, err := p.app(k)
	var m *meeting
	if err == nil && a.byID[id] != nil {
		err = fmt.Errorf("%w: there is a meeting %.64q already", ErrConflict, id)
	}
	if err == nil {
		m, err = p.addMeeting(a, id, given)
	}
	if err != nil {
		p.mu.Unlock()
		return Meeting{}, err
	}
	out, wait := m.view(), p.commit(Change{App: k, Meeting: m.model.ID(), Records: m.records()})
	p.mu.Unlock()
	return out, wait()
}

// addMeeting makes a meeting with an id, or one of its own. p.mu is held.
func (p *Platform) addMeeting(a *app, id string, given MeetingChange) (*meeting, error) {
	if p.meetings >= MaxMeetings {
		return nil, fmt.Errorf("%w: there are %d meetings", ErrFull, MaxMeetings)
	}
	o := p.payloadOptions(a)
	o.Seed, o.MeetingID = p.seed(fmt.Sprintf("meeting %d", p.made+1)), id
	if given.Title != nil {
		o.Title = *given.Title
	}
	model, err := payload.New(o)
	if err != nil {
		return nil, stateError(err)
	}
	m := &meeting{model: model, app: a, settings: Settings{Status: Active}, updatedAt: p.now()}
	given.apply(&m.settings)
	p.insert(m)
	return m, nil
}

// insert adds a meeting to its app. p.mu is held.
func (p *Platform) insert(m *meeting) {
	p.meetings++
	m.order = p.place(m.order)
	m.app.meetings = append(m.app.meetings, m)
	m.app.byID[m.model.ID()] = m
}

// removeMeeting forgets a meeting and all that it has. p.mu is held.
func (p *Platform) removeMeeting(m *meeting) (records []Record) {
	a := m.app
	p.meetings--
	delete(a.byID, m.model.ID())
	a.meetings = slices.DeleteFunc(a.meetings, func(other *meeting) bool { return other == m })
	a.sessions = slices.DeleteFunc(a.sessions, func(s session) bool { return s.meeting == m })
	a.recordOrder = slices.DeleteFunc(a.recordOrder, func(r *recording) bool {
		if r.meeting == m {
			delete(a.recordings, r.ID())
		}
		return r.meeting == m
	})
	a.streamOrder = slices.DeleteFunc(a.streamOrder, func(l *livestream) bool {
		if l.meeting == m {
			delete(a.livestreams, l.ID())
		}
		return l.meeting == m
	})
	p.schedule.drop(m)
	records = append(records, Record{Name: m.recordName()})
	for _, one := range m.people {
		delete(p.people, one.ID)
		records = append(records, Record{Name: one.recordName()})
	}
	return records
}

// MeetingFilter selects meetings. Zero fields select all.
type MeetingFilter struct {
	Search     string // in the id or the title
	Status     Status
	Live       bool      // with a live session
	Start, End time.Time // of the creation
}

func (f MeetingFilter) matches(m *meeting) bool {
	at := m.model.CreatedAt()
	return (f.Status == "" || f.Status == m.settings.Status) && (!f.Live || m.model.Live()) &&
		(f.Start.IsZero() || !at.Before(f.Start)) && (f.End.IsZero() || !at.After(f.End)) &&
		(f.Search == "" || contains(m.model.Title(), f.Search) || contains(m.model.ID(), f.Search))
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// Meetings returns a page of the meetings that f selects, the newest first, and
// how many there are.
func (p *Platform) Meetings(k Key, f MeetingFilter, page Page) ([]Meeting, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.known(k).meetings
	if f != (MeetingFilter{}) {
		all = slices.DeleteFunc(slices.Clone(all), func(m *meeting) bool { return !f.matches(m) })
	}
	return cut(all, page, true, (*meeting).view), len(all)
}

// Page is a part of a list. Its zero value is all of it.
type Page struct{ Offset, Limit int }

// cut returns the page of a list, or of the list read backwards.
func cut[F, T any](all []F, page Page, backwards bool, view func(F) T) []T {
	limit := cmp.Or(page.Limit, len(all))
	out := make([]T, 0, min(limit, max(0, len(all)-page.Offset)))
	for i := page.Offset; i < len(all) && len(out) < limit; i++ {
		at := i
		if backwards {
			at = len(all) - 1 - i
		}
		out = append(out, view(all[at]))
	}
	return out
}

// Meeting returns a meeting. The error matches ErrUnknown.
func (p *Platform) Meeting(k Key, id string) (Meeting, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.meeting(k, id)
	if err != nil {
		return Meeting{}, err
	}
	return m.view(), nil
}

// meeting finds a meeting. p.mu is held.
func (p *Platform) meeting(k Key, id string) (*meeting, error) {
	if m := p.known(k).byID[id]; m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("%w: meeting %.64q", ErrUnknown, id)
}

// ChangeMeeting changes the members that are given or, if whole, replaces all:
// those that are not given get their defaults. It causes no event, whatever the
// status. The error matches ErrUnknown.
func (p *Platform) ChangeMeeting(k Key, id string, given MeetingChange, whole bool) (Meeting, error) {
	return withMeeting(p, k, id, func(m *meeting) (Meeting, []rtk.Event, error) {
		if whole {
			m.settings = Settings{Status: m.settings.Status}
		}
		given.apply(&m.settings)
		if given.Title != nil && *given.Title != "" {
			m.model.SetTitle(*given.Title)
		}
		m.updatedAt = p.now()
		if !m.emptyAt.IsZero() { // the keep-alive may have changed while it runs
			p.plan(m, dueEnd, max(0, m.emptyAt.Add(m.keepAlive()).Sub(p.now())), m.model.SessionID(), "")
		}
		return m.view(), nil, nil
	})
}

// withMeeting takes a step of a meeting at the present time, and commits what it
// causes. A step that fails has changed nothing.
func withMeeting[T any](p *Platform, k Key, id string, step func(*meeting) (T, []rtk.Event, error)) (T, error) {
	var none T
	p.mu.Lock()
	m, err := p.meeting(k, id)
	if err != nil {
		p.mu.Unlock()
		return none, err
	}
	p.sync(m)
	out, events, err := step(m)
	if err != nil {
		p.mu.Unlock()
		return none, stateError(err)
	}
	p.index(m)
	wait := p.commit(Change{App: k, Meeting: m.model.ID(), Events: events, Records: []Record{m.record()}})
	p.arm()
	p.mu.Unlock()
	return out, wait()
}

// sync lets the time of a meeting pass up to now. p.mu is held.
func (p *Platform) sync(m *meeting) {
	if ahead := p.now().Sub(m.model.Now()); ahead > 0 {
		_ = m.model.Advance(ahead) // an open-ended meeting can always go on
	}
}

// index notes what the model has that it did not have before, and adds whoever joined
// without having been added. p.mu is held.
func (p *Platform) index(m *meeting) { p.note(m, true) }

// note is index. Without admit it adds nobody: a state has those who were not deleted
// since.
func (p *Platform) note(m *meeting, admit bool) {
	a := m.app
	all := m.model.Sessions()
	for i := max(0, m.seen.sessions-1); i < len(all); i++ {
		s := all[i]
		if s.StartedAt.IsZero() {
			break
		}
		if i >= m.seen.sessions {
			a.sessions = append(a.sessions, session{s, m})
			m.seen.sessions, m.seen.stays, m.seen.recordings, m.seen.livestreams = i+1, 0, 0, 0
		}
		for ; m.seen.stays < len(s.Stays); m.seen.stays++ {
			if admit {
				p.noteStay(m, s.Stays[m.seen.stays])
			}
		}
		for ; m.seen.recordings < len(s.Recordings); m.seen.recordings++ {
			p.noteRecording(m, s.Recordings[m.seen.recordings])
		}
		for ; m.seen.livestreams < len(s.Livestreams); m.seen.livestreams++ {
			p.noteLivestream(m, s.Livestreams[m.seen.livestreams])
		}
	}
}

// noteStay adds the participant of a stay, unless it is known. p.mu is held.
func (p *Platform) noteStay(m *meeting, stay *payload.Stay) {
	if m.byCustom[stay.CustomID] == nil {
		name := stay.Name
		p.addParticipant(m, participantData{CustomID: stay.CustomID, Name: &name, PresetName: defaultPresetName})
	}
}

// recordingSize is how many bytes the artifacts server has for a recording.
var recordingSize = artifacts.RecordingSize()
