package platform

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Participant is a participant of a meeting as the API shows it.
type Participant struct {
	ID         string  `json:"id"`
	Token      string  `json:"token,omitempty"` // of those that were added or edited
	CustomID   string  `json:"custom_participant_id"`
	Name       *string `json:"name"`
	Picture    *string `json:"picture"`
	PresetName string  `json:"preset_name"`
	CreatedAt  string  `json:"created_at"`
	UpdatedAt  string  `json:"updated_at"`
}

// ParticipantChange is what a call sets of a participant. Nil changes nothing.
type ParticipantChange struct {
	CustomID   *string  `json:"custom_participant_id"`
	PresetName *string  `json:"preset_name"`
	Name       Nullable `json:"name"`
	Picture    Nullable `json:"picture"`
}

// participantData is what is kept of a participant.
type participantData struct {
	Order      uint64    `json:"order,omitempty"` // of creation
	ID         string    `json:"id"`
	CustomID   string    `json:"custom_participant_id"`
	Name       *string   `json:"name"`
	Picture    *string   `json:"picture"`
	PresetName string    `json:"preset_name"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

type participant struct {
	participantData
	meeting *meeting
}

// defaultPresetName is that of participants whom no call of the API added.
const defaultPresetName = "group_call_participant"

func (one *participant) view() Participant {
	return Participant{
		ID: one.ID, CustomID: one.CustomID, Name: one.Name, Picture: one.Picture, PresetName: one.PresetName,
		CreatedAt: stamp(one.CreatedAt), UpdatedAt: stamp(one.UpdatedAt),
	}
}

// displayName is the name in webhooks, which always have one.
func (one *participant) displayName() string {
	if one.Name != nil && *one.Name != "" {
		return *one.Name
	}
	return one.CustomID
}

// AddParticipant adds a participant to a meeting, with a token. Who is added
// again under the same custom id stays the same participant, with the new details
// and a new token. Errors match ErrUnknown, ErrFull, or ErrConflict if the
// meeting is inactive.
func (p *Platform) AddParticipant(k Key, meetingID string, given ParticipantChange) (Participant, error) {
	out, err := withParticipants(p, k, meetingID, func(m *meeting) (*participant, error) {
		if m.settings.Status == Inactive {
			return nil, fmt.Errorf("%w: the meeting is inactive", ErrConflict)
		}
		if err := p.usePreset(m.app, *given.PresetName); err != nil {
			return nil, err
		}
		if one := m.byCustom[*given.CustomID]; one != nil {
			given.apply(one)
			one.UpdatedAt = p.now()
			return one, nil
		}
		if len(p.people) >= MaxParticipants {
			return nil, fmt.Errorf("%w: there are %d participants", ErrFull, MaxParticipants)
		}
		return p.addParticipant(m, participantData{CustomID: *given.CustomID, Name: given.Name.Value, Picture: given.Picture.Value, PresetName: *given.PresetName}), nil
	})
	if err == nil {
		out.Token, err = p.token(k, meetingID, out)
	}
	return out, err
}

// addParticipant adds a participant whose custom id is new to the meeting. p.mu is
// held.
func (p *Platform) addParticipant(m *meeting, data participantData) *participant {
	_ = p.usePreset(m.app, data.PresetName) // no door refuses a preset
	data.ID = cmp.Or(data.ID, p.ids.Next())
	if data.CreatedAt.IsZero() {
		data.CreatedAt = p.now()
		data.UpdatedAt = data.CreatedAt
	}
	data.Order = p.place(data.Order)
	one := &participant{data, m}
	m.people = append(m.people, one)
	if m.byCustom == nil {
		m.byCustom = map[string]*participant{}
	}
	m.byCustom[one.CustomID] = one
	p.people[one.ID] = one
	p.noted = append(p.noted, one.record())
	return one
}

func (c ParticipantChange) apply(one *participant) {
	set(&one.PresetName, c.PresetName)
	if c.Name.Given {
		one.Name = c.Name.Value
	}
	if c.Picture.Given {
		one.Picture = c.Picture.Value
	}
}

// withParticipants changes a participant of a meeting, and records it.
func withParticipants(p *Platform, k Key, meetingID string, change func(*meeting) (*participant, error)) (Participant, error) {
	p.mu.Lock()
	m, err := p.meeting(k, meetingID)
	var one *participant
	if err == nil {
		one, err = change(m)
	}
	if err != nil {
		p.mu.Unlock()
		return Participant{}, err
	}
	out, wait := one.view(), p.commit(Change{App: k, Meeting: meetingID, Records: []Record{one.record()}})
	p.mu.Unlock()
	return out, wait()
}

// Participants returns a page of a meeting's participants, the oldest first, and
// how many there are. The error matches ErrUnknown.
func (p *Platform) Participants(k Key, meetingID string, page Page) ([]Participant, int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.meeting(k, meetingID)
	if err != nil {
		return nil, 0, err
	}
	return cut(m.people, page, false, (*participant).view), len(m.people), nil
}

// Participant returns a participant. The error matches ErrUnknown.
func (p *Platform) Participant(k Key, meetingID, id string) (Participant, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.meeting(k, meetingID)
	if err != nil {
		return Participant{}, err
	}
	one, err := p.participant(m, id)
	if err != nil {
		return Participant{}, err
	}
	return one.view(), nil
}

func (p *Platform) participant(m *meeting, id string) (*participant, error) {
	if one := p.people[id]; one != nil && one.meeting == m {
		return one, nil
	}
	return nil, fmt.Errorf("%w: participant %.64q", ErrUnknown, id)
}

// EditParticipant changes a participant, who gets a new token. Who is in a session
// keeps the name there until the next join. The error matches ErrUnknown.
func (p *Platform) EditParticipant(k Key, meetingID, id string, given ParticipantChange) (Participant, error) {
	out, err := withParticipants(p, k, meetingID, func(m *meeting) (*participant, error) {
		one, err := p.participant(m, id)
		if err != nil {
			return nil, err
		}
		if given.PresetName != nil {
			if err := p.usePreset(m.app, *given.PresetName); err != nil {
				return nil, err
			}
		}
		given.apply(one)
		one.UpdatedAt = p.now()
		return one, nil
	})
	if err == nil {
		out.Token, err = p.token(k, meetingID, out)
	}
	return out, err
}

// DeletedParticipant is what the API shows of a participant who was deleted.
type DeletedParticipant struct {
	CustomID  string `json:"custom_participant_id"`
	PresetID  string `json:"preset_id"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// DeleteParticipant removes a participant. Who is in a session stays there until
// the end of the stay. The error matches ErrUnknown.
func (p *Platform) DeleteParticipant(k Key, meetingID, id string) (DeletedParticipant, error) {
	p.mu.Lock()
	m, err := p.meeting(k, meetingID)
	var one *participant
	if err == nil {
		one, err = p.participant(m, id)
	}
	if err != nil {
		p.mu.Unlock()
		return DeletedParticipant{}, err
	}
	m.people = slices.DeleteFunc(m.people, func(other *participant) bool { return other == one })
	delete(m.byCustom, one.CustomID)
	delete(p.people, id)
	out := DeletedParticipant{one.CustomID, presetID(m.app, one.PresetName), stamp(one.CreatedAt), stamp(one.UpdatedAt)}
	wait := p.commit(Change{App: k, Meeting: meetingID, Records: []Record{{Name: one.recordName()}}})
	p.mu.Unlock()
	return out, wait()
}

func presetID(a *app, name string) string {
	if t := a.preset("", name); t != nil {
		return t.ID
	}
	return derivedID("preset", a.AccountID, a.AppID, name)
}

// RefreshToken returns a new token of a participant. The error matches
// ErrUnknown.
func (p *Platform) RefreshToken(k Key, meetingID, id string) (string, error) {
	one, err := p.Participant(k, meetingID, id)
	if err != nil {
		return "", err
	}
	return p.token(k, meetingID, one)
}

// token returns a token of a participant. p.mu is not held: signing takes time.
func (p *Platform) token(k Key, meetingID string, one Participant) (string, error) {
	p.mu.Lock()
	a, at := p.known(k), p.now()
	claims := tokenClaims{
		Issuer: tokenIssuer, Note: tokenNote, OrgID: a.orgID, MeetingID: meetingID, ParticipantID: one.ID,
		PresetID: presetID(a, one.PresetName), CustomID: one.CustomID,
		IssuedAt: at.Unix(), Expiry: at.Add(tokenLife).Unix(), ID: p.ids.Next(),
	}
	p.mu.Unlock()
	return claims.sign(p.o.Keys)
}
