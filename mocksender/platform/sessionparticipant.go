package platform

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// SessionParticipant is somebody who took part in a session, with all stays, as
// the API shows it.
type SessionParticipant struct {
	ID         string      `json:"id"`
	UserID     string      `json:"user_id"` // the participant's id
	CustomID   string      `json:"custom_participant_id"`
	Name       string      `json:"display_name"`
	PresetName string      `json:"preset_name"`
	JoinedAt   string      `json:"joined_at"`
	LeftAt     *string     `json:"left_at"` // null while inside
	Minutes    float64     `json:"duration"`
	CreatedAt  string      `json:"created_at"`
	UpdatedAt  string      `json:"updated_at"`
	PeerEvents []PeerEvent `json:"peer_events,omitempty"`

	joined time.Time
	length time.Duration
}

// PeerEvent is something that one peer of a participant did.
type PeerEvent struct {
	ID            string `json:"id"`
	Name          string `json:"event_name"`
	PeerID        string `json:"peer_id"`
	ParticipantID string `json:"participant_id"`
	SessionID     string `json:"session_id"`
	ViewType      string `json:"preset_view_type"`
	CreatedAt     string `json:"created_at"`
	UpdatedAt     string `json:"updated_at"`
}

// ParticipantFilter selects and sorts participants of a session.
type ParticipantFilter struct {
	Search     string // in the ids or the name
	ByDuration bool   // else by the first join
	Descending bool
	PeerEvents bool // also list these
}

// SessionParticipants returns a page of those who took part in a session, and how
// many they are. The error matches ErrUnknown.
func (p *Platform) SessionParticipants(k Key, sessionID string, f ParticipantFilter, page Page) ([]SessionParticipant, int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.session(k, sessionID)
	if err != nil {
		return nil, 0, err
	}
	all := slices.DeleteFunc(p.participants(s, f.PeerEvents), func(one SessionParticipant) bool {
		return f.Search != "" && !contains(one.Name, f.Search) && !contains(one.CustomID, f.Search) && one.ID != f.Search && one.UserID != f.Search
	})
	slices.SortStableFunc(all, func(a, b SessionParticipant) int {
		if f.ByDuration {
			return cmp.Compare(a.length, b.length)
		}
		return a.joined.Compare(b.joined)
	})
	return cut(all, page, f.Descending, func(one SessionParticipant) SessionParticipant { return one }), len(all), nil
}

// SessionParticipant returns one who took part in a session, by the id there or by
// the participant's id. The error matches ErrUnknown.
func (p *Platform) SessionParticipant(k Key, sessionID, id string, peerEvents bool) (SessionParticipant, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.session(k, sessionID)
	if err != nil {
		return SessionParticipant{}, err
	}
	for _, one := range p.participants(s, peerEvents) {
		if one.ID == id || one.UserID == id {
			return one, nil
		}
	}
	return SessionParticipant{}, fmt.Errorf("%w: participant %.64q of session %.64q", ErrUnknown, id, sessionID)
}

// participants returns who took part, in the order of their first joins.
func (p *Platform) participants(s session, peerEvents bool) []SessionParticipant {
	now := p.now()
	var all []SessionParticipant
	at := map[string]int{}
	for _, stay := range s.Stays {
		i, known := at[stay.CustomID]
		if !known {
			i = len(all)
			at[stay.CustomID] = i
			all = append(all, s.newParticipant(stay))
		}
		one := &all[i]
		one.Name, one.LeftAt = stay.Name, stampOrNull(stay.LeftAt)
		one.length += length(stay, now)
		one.Minutes = roundMinutes(one.length)
		one.UpdatedAt = stamp(latest(stay.JoinedAt, stay.LeftAt))
		if peerEvents {
			one.PeerEvents = append(one.PeerEvents, s.peerEvents(stay, *one)...)
		}
	}
	return all
}

func (s session) newParticipant(stay *payload.Stay) SessionParticipant {
	out := SessionParticipant{
		ID: derivedID("session participant", s.ID, stay.CustomID), CustomID: stay.CustomID, PresetName: defaultPresetName,
		JoinedAt: stamp(stay.JoinedAt), CreatedAt: stamp(stay.JoinedAt), joined: stay.JoinedAt,
	}
	if one := s.meeting.byCustom[stay.CustomID]; one != nil {
		out.UserID, out.PresetName = one.ID, one.PresetName
	} else { // deleted
		out.UserID = derivedID("participant", s.meeting.model.ID(), stay.CustomID)
	}
	return out
}

func (s session) peerEvents(stay *payload.Stay, one SessionParticipant) []PeerEvent {
	view := s.meeting.app.preset("", one.PresetName).viewType()
	event := func(name string, at time.Time) PeerEvent {
		return PeerEvent{
			ID: derivedID("peer event", stay.PeerID, name), Name: name, PeerID: stay.PeerID, ParticipantID: one.ID, SessionID: s.ID,
			ViewType: view, CreatedAt: stamp(at), UpdatedAt: stamp(at),
		}
	}
	out := []PeerEvent{event("PEER_CREATED", stay.JoinedAt), event("PEER_JOINING", stay.JoinedAt)}
	if !stay.LeftAt.IsZero() {
		out = append(out, event("PEER_LEAVING", stay.LeftAt))
	}
	return out
}
