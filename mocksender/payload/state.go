package payload

import (
	"encoding/json"
	"fmt"
	"time"
)

// State is everything that a Meeting remembers. JSON keeps it without loss.
type State struct {
	Seed             uint64     `json:"seed"`
	Restored         uint64     `json:"restored,omitempty"` // how often it was restored
	ID               string     `json:"id"`
	Title            string     `json:"title"`
	OrganizationID   string     `json:"organization_id"`
	OrganizationName string     `json:"organization_name"`
	CreatedAt        time.Time  `json:"created_at"`
	Clock            time.Time  `json:"clock"`
	Recordings       int        `json:"recordings,omitempty"` // how many there were
	Sessions         []*Session `json:"sessions,omitempty"`   // the last one is the present one
}

// State returns what the meeting remembers. It shares the sessions with the
// meeting: encode it before the next step.
func (m *Meeting) State() State {
	return State{
		Seed: m.set.Seed, Restored: m.restored, ID: m.id, Title: m.title, OrganizationID: m.orgID, OrganizationName: m.orgName,
		CreatedAt: m.created, Clock: m.clock, Recordings: m.recordings, Sessions: m.sessions,
	}
}

// Restore returns a meeting that goes on where s ends. What it invents from then
// on differs from what the first one would have invented, so that no id comes
// twice. The id, title, start, seed and organization of o are not used. The
// sessions of s belong to the meeting afterwards. Errors match ErrOptions.
func Restore(o Options, s State) (*Meeting, error) {
	o.Seed, o.Start = s.Seed, s.CreatedAt
	set, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m := newMeeting(set, s.Seed+(s.Restored+1)*0x9e3779b97f4a7c15)
	m.restored = s.Restored + 1
	m.id, m.title = s.ID, s.Title
	m.SetOrganization(s.OrganizationID, s.OrganizationName)
	m.recordings, m.sessions = s.Recordings, s.Sessions
	if s.Clock.After(m.clock) {
		m.clock = s.Clock
	}
	for i, one := range m.sessions {
		if one == nil || one.ID == "" {
			return nil, fmt.Errorf("%w: session %d of meeting %s has no id", ErrOptions, i, s.ID)
		}
		if one.StartedAt.IsZero() && (i < len(m.sessions)-1 || one.Ended || len(one.Stays)+len(one.Recordings)+len(one.Livestreams) > 0) {
			return nil, fmt.Errorf("%w: session %d of meeting %s has no started_at, and things happened in it", ErrOptions, i, s.ID)
		}
		m.adopt(one)
	}
	if len(m.sessions) == 0 {
		m.openSession()
	}
	m.session = m.sessions[len(m.sessions)-1]
	return m, nil
}

// adopt makes what a session consists of belong to the meeting.
func (m *Meeting) adopt(s *Session) {
	s.present = map[string]*Stay{}
	for _, stay := range s.Stays {
		if stay.LeftAt.IsZero() && !s.Ended {
			s.present[stay.CustomID] = stay
		}
	}
	for _, r := range s.Recordings {
		r.meeting, r.session = m, s
	}
	for _, l := range s.Livestreams {
		l.meeting, l.session = m, s
	}
}

// MarshalJSON implements json.Marshaler.
func (r *Recording) MarshalJSON() ([]byte, error) { return json.Marshal(r.state) }

// UnmarshalJSON implements json.Unmarshaler. The recording is of use only after
// Restore.
func (r *Recording) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &r.state) }

// MarshalJSON implements json.Marshaler.
func (l *Livestream) MarshalJSON() ([]byte, error) { return json.Marshal(l.state) }

// UnmarshalJSON implements json.Unmarshaler. The livestream is of use only after
// Restore.
func (l *Livestream) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &l.state) }
