package platform

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// State is everything that a Platform holds, for Restore. JSON keeps it without
// loss. A meeting may lack everything but its app: State is also what a person
// writes to begin with.
type State struct {
	Apps     []AppState     `json:"apps,omitempty"`
	Meetings []MeetingState `json:"meetings,omitempty"`
	Clock    *ClockState    `json:"clock,omitempty"`
}

// AppState is an app with its presets.
type AppState struct {
	Key
	Order     uint64    `json:"order,omitempty"` // of creation, as in all below
	Name      string    `json:"name,omitempty"`
	CreatedAt time.Time `json:"created_at,omitzero"`
	Presets   []Preset  `json:"presets,omitempty"`
}

// MeetingState is a meeting with all that it has. Model is what the first session
// on needs; nil: nobody has joined yet.
type MeetingState struct {
	Key
	Order        uint64             `json:"order,omitempty"`
	ID           string             `json:"id,omitempty"`
	Title        string             `json:"title,omitempty"`
	Settings     *Settings          `json:"settings,omitempty"`
	UpdatedAt    time.Time          `json:"updated_at,omitzero"`
	Participants []participantData  `json:"participants,omitempty"`
	Model        *payload.State     `json:"model,omitempty"`
	Recordings   []recordingData    `json:"recordings,omitempty"`
	Livestreams  map[string]*string `json:"livestreams,omitempty"` // the names, by id
	EmptyAt      time.Time          `json:"empty_at,omitzero"`
	Due          []*due             `json:"due,omitempty"`
	MadeUp       bool               `json:"made_up,omitempty"`
}

// ClockState says where the clock is, and how often the state began.
type ClockState struct {
	Offset time.Duration `json:"offset_ns"`
	Starts uint64        `json:"starts"`
}

// participantRecord is a participant on its own, so that a meeting of many is not
// written for each.
type participantRecord struct {
	Key
	MeetingID string `json:"meeting_id"`
	participantData
}

func (p *Platform) record() Record {
	return Record{"clock", ClockState{p.offset, p.starts}}
}

func (a *app) recordName() string { return fmt.Sprintf("app %q %q", a.AccountID, a.AppID) }

func (a *app) record() Record { return Record{a.recordName(), a} }

// MarshalJSON implements json.Marshaler.
func (a *app) MarshalJSON() ([]byte, error) { return json.Marshal(a.state()) }

func (a *app) state() AppState {
	out := AppState{Key: a.Key, Order: a.order, Name: a.name, CreatedAt: a.createdAt}
	for _, t := range a.presets {
		out.Presets = append(out.Presets, *t)
	}
	return out
}

func (m *meeting) recordName() string {
	return fmt.Sprintf("meeting %q %q %q", m.app.AccountID, m.app.AppID, m.model.ID())
}

func (m *meeting) record() Record { return Record{m.recordName(), m} }

// records are those of a new meeting: its app may be new, too.
func (m *meeting) records() []Record { return []Record{m.record(), m.app.record()} }

// MarshalJSON implements json.Marshaler.
func (m *meeting) MarshalJSON() ([]byte, error) { return json.Marshal(m.state(false)) }

func (m *meeting) state(people bool) MeetingState {
	model := m.model.State()
	out := MeetingState{
		Key: m.app.Key, Order: m.order, ID: m.model.ID(), Title: m.model.Title(), Settings: &m.settings, UpdatedAt: m.updatedAt,
		Model: &model, EmptyAt: m.emptyAt, Due: m.dues, MadeUp: m.madeUp, Livestreams: map[string]*string{},
	}
	if people {
		for _, one := range m.people {
			out.Participants = append(out.Participants, one.participantData)
		}
	}
	for _, s := range m.model.Sessions() {
		for _, r := range s.Recordings {
			out.Recordings = append(out.Recordings, m.app.recordings[r.ID()].data)
		}
		for _, l := range s.Livestreams {
			if name := m.app.livestreams[l.ID()].name; name != nil {
				out.Livestreams[l.ID()] = name
			}
		}
	}
	return out
}

func (one *participant) recordName() string { return "participant " + one.ID }

func (one *participant) record() Record { return Record{one.recordName(), one} }

// MarshalJSON implements json.Marshaler.
func (one *participant) MarshalJSON() ([]byte, error) {
	return json.Marshal(participantRecord{one.meeting.app.Key, one.meeting.model.ID(), one.participantData})
}

// Encode calls f with the state as JSON, before anything else happens.
func (p *Platform) Encode() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return json.Marshal(p.state())
}

func (p *Platform) state() State {
	s := State{Clock: &ClockState{p.offset, p.starts}}
	for _, a := range p.order {
		s.Apps = append(s.Apps, a.state())
		for _, m := range a.meetings {
			s.Meetings = append(s.Meetings, m.state(true))
		}
	}
	return s
}

// Reset removes everything.
func (p *Platform) Reset() error { return p.Restore(State{}) }

// Restore replaces everything by s, which belongs to the Platform afterwards. What
// is made from then on has ids that nothing before had. Errors match ErrInvalid;
// nothing has changed then.
func (p *Platform) Restore(s State) error {
	restore, err := p.Prepare(s)
	if err != nil {
		return err
	}
	return restore()
}

// Prepare is the part of Restore that can be refused. The function that it returns
// does the rest; it need not be called. Nothing else may be restored in between.
func (p *Platform) Prepare(s State) (restore func() error, err error) {
	o := p.o
	o.Hold = nil // nobody waits for what may never happen
	fresh := New(o)
	p.mu.Lock()
	fresh.starts, fresh.made = p.starts, p.made
	p.mu.Unlock()
	if err := fresh.fill(s); err != nil {
		return nil, err
	}
	return func() error { return p.become(fresh) }, nil
}

// become replaces everything by what fresh has.
func (p *Platform) become(fresh *Platform) error {
	p.mu.Lock()
	old := p.names()
	p.schedule.clear()
	p.offset, p.ids = fresh.offset, fresh.ids
	p.starts, p.made = fresh.starts, max(p.made, fresh.made)
	p.apps, p.order, p.meetings, p.people, p.madeUp = fresh.apps, fresh.order, fresh.meetings, fresh.people, fresh.madeUp
	p.schedule, p.noted = fresh.schedule, nil
	for _, d := range p.schedule.all {
		p.hold(d)
	}
	records := []Record{p.record()}
	for _, name := range old {
		records = append(records, Record{Name: name})
	}
	records = append(records, p.records()...)
	wait := p.commit(Change{Records: records})
	p.arm()
	p.mu.Unlock()
	return wait()
}

// names returns the names of all records. p.mu is held.
func (p *Platform) names() (out []string) {
	for _, r := range p.records() {
		out = append(out, r.Name)
	}
	return out
}

func (p *Platform) records() (out []Record) {
	for _, a := range p.order {
		out = append(out, a.record())
		for _, m := range a.meetings {
			out = append(out, m.record())
			for _, one := range m.people {
				out = append(out, one.record())
			}
		}
	}
	return out
}

// fill adds what s holds to an empty platform.
func (p *Platform) fill(s State) error {
	if c := s.Clock; c != nil {
		p.offset, p.starts = c.Offset, max(p.starts, c.Starts)
	}
	p.starts++
	p.ids = newIDs(p)
	for i, one := range s.Apps {
		if err := p.restoreApp(one); err != nil {
			return fmt.Errorf("%w: app %d: %s", ErrInvalid, i, plainer(err))
		}
	}
	for i, one := range s.Meetings {
		if err := p.restoreMeeting(one); err != nil {
			return fmt.Errorf("%w: meeting %d: %s", ErrInvalid, i, plainer(err))
		}
	}
	return nil
}

func plainer(err error) string {
	text := strings.TrimPrefix(plain(err), "platform: ")
	return strings.TrimPrefix(text, "not usable: ")
}

func (p *Platform) restoreApp(s AppState) error {
	if s.AccountID == "" || s.AppID == "" {
		return fmt.Errorf("account_id or app_id: found none, want the ids of the app")
	}
	a, err := p.app(s.Key)
	if err != nil {
		return err
	}
	if s.Name != "" {
		a.name = s.Name
	}
	if s.Order > 0 {
		a.order = p.place(s.Order)
	}
	if !s.CreatedAt.IsZero() {
		a.createdAt = s.CreatedAt
	}
	for _, t := range s.Presets {
		if t.Name == "" || a.preset("", t.Name) != nil {
			return fmt.Errorf("presets: found the name %q, want one that no other preset has", t.Name)
		}
		if _, err := p.addPreset(a, t); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) restoreMeeting(s MeetingState) error {
	if s.AccountID == "" || s.AppID == "" {
		return fmt.Errorf("account_id or app_id: found none, want the ids of its app")
	}
	a, err := p.app(s.Key)
	if err != nil {
		return err
	}
	if s.ID != "" && a.byID[s.ID] != nil {
		return fmt.Errorf("id: found %q, which another meeting has", s.ID)
	}
	m, err := p.restoreModel(a, s)
	if err != nil {
		return err
	}
	if s.Settings != nil {
		m.settings = *s.Settings
	}
	if m.settings.Status == "" {
		m.settings.Status = Active
	}
	if !s.UpdatedAt.IsZero() {
		m.updatedAt = s.UpdatedAt
	}
	for _, data := range s.Participants {
		if data.CustomID == "" || m.byCustom[data.CustomID] != nil {
			return fmt.Errorf("participants: found the custom_participant_id %q, want one that no other participant has", data.CustomID)
		}
		if p.people[data.ID] != nil {
			return fmt.Errorf("participants: found the id %q, which another participant has", data.ID)
		}
		if data.PresetName == "" {
			data.PresetName = defaultPresetName
		}
		p.addParticipant(m, data)
	}
	for _, s := range m.model.Sessions() {
		for _, r := range s.Recordings {
			if a.recordings[r.ID()] != nil {
				return fmt.Errorf("model: found the recording %q, which another meeting has", r.ID())
			}
		}
		for _, l := range s.Livestreams {
			if a.livestreams[l.ID()] != nil {
				return fmt.Errorf("model: found the livestream %q, which another meeting has", l.ID())
			}
		}
	}
	p.note(m, false)
	for _, data := range s.Recordings {
		if r := a.recordings[data.ID]; r != nil {
			r.data = data
		}
	}
	for id, name := range s.Livestreams {
		if l := a.livestreams[id]; l != nil {
			l.name = name
		}
	}
	m.emptyAt = s.EmptyAt
	if m.madeUp = s.MadeUp; m.madeUp {
		p.madeUp = append(p.madeUp, m)
	}
	for _, d := range s.Due {
		d.meeting = m
		p.add(d)
	}
	return nil
}

// restoreModel adds the meeting of s without what it has.
func (p *Platform) restoreModel(a *app, s MeetingState) (*meeting, error) {
	if s.Model == nil {
		given := MeetingChange{}
		if s.Title != "" {
			given.Title = &s.Title
		}
		return p.addMeeting(a, s.ID, given)
	}
	if s.Model.ID == "" || s.Model.ID != s.ID {
		return nil, fmt.Errorf("model: found the id %q, want that of the meeting, %q", s.Model.ID, s.ID)
	}
	s.Model.Restored = max(s.Model.Restored, p.starts) // the same snapshot may come back more than once
	model, err := payload.Restore(p.payloadOptions(a), *s.Model)
	if err != nil {
		return nil, stateError(err)
	}
	m := &meeting{model: model, app: a, order: s.Order, updatedAt: s.Model.CreatedAt}
	p.insert(m)
	return m, nil
}

// sort puts what records hold into the order of its creation.
func (s *State) sort() {
	slices.SortStableFunc(s.Apps, func(a, b AppState) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(s.Meetings, func(a, b MeetingState) int { return cmp.Compare(a.Order, b.Order) })
	for _, m := range s.Meetings {
		slices.SortStableFunc(m.Participants, func(a, b participantData) int { return cmp.Compare(a.Order, b.Order) })
	}
}

// Load is Restore from the records that Options.Commit was given. Nothing is
// committed but that the platform has begun once more.
func (p *Platform) Load(records map[string][]byte) error {
	var s State
	at := map[string]int{}
	var people []participantRecord
	for name, data := range records {
		var err error
		switch kind, _, _ := strings.Cut(name, " "); kind {
		case "clock":
			err = json.Unmarshal(data, &s.Clock)
		case "app":
			var one AppState
			err = json.Unmarshal(data, &one)
			s.Apps = append(s.Apps, one)
		case "meeting":
			var one MeetingState
			err = json.Unmarshal(data, &one)
			at[fmt.Sprintf("%q", []string{one.AccountID, one.AppID, one.ID})] = len(s.Meetings)
			s.Meetings = append(s.Meetings, one)
		case "participant":
			var one participantRecord
			err = json.Unmarshal(data, &one)
			people = append(people, one)
		}
		if err != nil {
			return fmt.Errorf("%w: the record %s: %w", ErrInvalid, name, err)
		}
	}
	for _, one := range people {
		if i, ok := at[fmt.Sprintf("%q", []string{one.AccountID, one.AppID, one.MeetingID})]; ok {
			s.Meetings[i].Participants = append(s.Meetings[i].Participants, one.participantData)
		}
	}
	s.sort()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fill(s); err != nil {
		return err
	}
	p.noted = nil // they are there already
	p.commit(Change{Records: []Record{p.record()}})
	p.arm()
	return nil
}
