package payload

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// EndReason is the value of the reason member of meeting.ended.
type EndReason string

// The guide: "The reason value can be HOST_ENDED_MEETING or
// ALL_PARTICIPANTS_LEFT."
const (
	HostEndedMeeting    EndReason = "HOST_ENDED_MEETING"
	AllParticipantsLeft EndReason = "ALL_PARTICIPANTS_LEFT"
)

// EndReasons returns the documented reasons. The caller owns the slice.
func EndReasons() []EndReason { return []EndReason{HostEndedMeeting, AllParticipantsLeft} }

// closing is the time between the last leave and the end of a session, if no
// event has stated another end before. In the guide's sample, too, endedAt lies
// after leftAt.
const closing = time.Second

// Session is one session of a meeting. Recordings and livestreams keep their
// session when the meeting goes on to the next. Its fields are for reading.
type Session struct {
	ID        string    `json:"id"`
	StartedAt time.Time `json:"started_at,omitzero"` // zero before the first join
	// EndedAt is fixed by the first event that states it. That may be a
	// participantLeft while the session is live. Zero before.
	EndedAt time.Time `json:"ended_at,omitzero"`
	Ended   bool      `json:"ended,omitempty"`
	Reason  EndReason `json:"reason,omitempty"`

	Stays       []*Stay       `json:"stays,omitempty"` // in the order in which they joined
	Recordings  []*Recording  `json:"recordings,omitempty"`
	Livestreams []*Livestream `json:"livestreams,omitempty"`
	// What was announced after the end. Nil: not yet.
	Chat       *Download `json:"chat,omitempty"`
	Transcript *Download `json:"transcript,omitempty"`
	Summary    *Download `json:"summary,omitempty"`

	present map[string]*Stay // by CustomID
}

// Stay is one participant's time in a session, from a join to a leave.
type Stay struct {
	Participant
	JoinedAt time.Time `json:"joined_at"`
	LeftAt   time.Time `json:"left_at,omitzero"` // zero: still there
}

// Download is where something can be downloaded, until when.
type Download struct {
	URL    string    `json:"url"`
	Expiry time.Time `json:"expiry"`
}

// Live reports whether somebody has joined and the session has not ended.
func (s *Session) Live() bool { return !s.StartedAt.IsZero() && !s.Ended }

// Present returns how many participants are in the session.
func (s *Session) Present() int { return len(s.present) }

// inOrder returns the stays of those who are present.
func (s *Session) inOrder() []*Stay {
	all := make([]*Stay, 0, len(s.present))
	for _, stay := range s.Stays {
		if stay.LeftAt.IsZero() {
			all = append(all, stay)
		}
	}
	return all
}

// Live reports whether somebody has joined and the session has not ended.
func (m *Meeting) Live() bool { return m.session.Live() }

// Present returns who is in the meeting, with their peer ids, in the order in
// which they joined.
func (m *Meeting) Present() []Participant {
	stays := m.session.inOrder()
	all := make([]Participant, len(stays))
	for i, stay := range stays {
		all[i] = stay.Participant
	}
	return all
}

// Join lets p join and returns meeting.participantJoined. The first join of a
// session also starts it and returns meeting.started before that; the guide's
// trigger is "The first participant joins a meeting."
//
// CustomID says who p is. Each join gets a new peer id, whatever p.PeerID
// holds, so a participant who has left may join again under the same CustomID.
// Errors match ErrPresent, ErrEnded or ErrParticipant.
func (m *Meeting) Join(p Participant) ([]rtk.Event, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := m.session
	if s.Ended {
		return nil, fmt.Errorf("%w: %s cannot join before the next one", ErrEnded, p.CustomID)
	}
	if _, ok := s.present[p.CustomID]; ok {
		return nil, fmt.Errorf("%w: %s cannot join twice", ErrPresent, p.CustomID)
	}
	var events []rtk.Event
	if !s.Live() {
		s.StartedAt = m.Now()
		s.present = map[string]*Stay{}
		events = append(events, m.event(rtk.MeetingStarted, member{"meeting", m.statusFirst(s, m.endedAt(s))}))
	}
	p.PeerID = m.ids.peers.Next()
	stay := &Stay{Participant: p, JoinedAt: m.Now()}
	s.Stays = append(s.Stays, stay)
	s.present[p.CustomID] = stay
	return append(events, m.event(rtk.MeetingParticipantJoined,
		member{"meeting", m.sessionFirst(s)}, member{"participant", m.participant(stay)})), nil
}

// Leave lets the participant with p's CustomID leave and returns
// meeting.participantLeft. The last leave also ends the session with
// ALL_PARTICIPANTS_LEFT and returns meeting.ended after that. Errors match
// ErrAbsent.
//
// The guide's participantLeft states the session's end, although the end is
// still to come. So the first leave fixes it: Options.Duration after the start
// or, if that has passed, at the next multiple of it. From then on the clock
// cannot reach that time, until the last leave moves it there. If the last leave
// is also the first, the session ends a second later. With Options.OpenEnded the
// stated end is a plan, and fixes nothing.
func (m *Meeting) Leave(p Participant) ([]rtk.Event, error) {
	s := m.session
	stay, ok := s.present[p.CustomID]
	if !ok {
		return nil, fmt.Errorf("%w: %s cannot leave", ErrAbsent, p.CustomID)
	}
	if len(s.present) > 1 {
		return []rtk.Event{m.leave(stay, m.plannedEnd())}, nil
	}
	end := m.closingTime()
	return []rtk.Event{m.leave(stay, end), m.finish(AllParticipantsLeft, end)}, nil
}

// Depart is Leave, but it never ends the session. If nobody is left, the event
// states an end that lies so long after the present time. Errors match ErrAbsent.
func (m *Meeting) Depart(p Participant, keepAlive time.Duration) ([]rtk.Event, error) {
	s := m.session
	stay, ok := s.present[p.CustomID]
	if !ok {
		return nil, fmt.Errorf("%w: %s cannot leave", ErrAbsent, p.CustomID)
	}
	end := m.Now().Add(keepAlive)
	if len(s.present) > 1 {
		end = m.plannedEnd()
	}
	return []rtk.Event{m.leave(stay, end)}, nil
}

// Finish ends a session in which nobody is present, and returns meeting.ended.
// Errors match ErrNotLive or ErrPresent.
func (m *Meeting) Finish() ([]rtk.Event, error) {
	s := m.session
	switch {
	case !s.Live():
		return nil, fmt.Errorf("%w: it cannot end", ErrNotLive)
	case len(s.present) > 0:
		return nil, fmt.Errorf("%w: the session cannot end", ErrPresent)
	}
	return []rtk.Event{m.finish(AllParticipantsLeft, m.closingTime())}, nil
}

// End ends the session as the host does: meeting.participantLeft for all who
// are present, in the order in which they joined, then meeting.ended with
// HOST_ENDED_MEETING. The guide does not say whether the participantLeft come
// too. They do here, so that everybody who joined also leaves. Errors match
// ErrNotLive.
//
// If a meeting.participantLeft has stated the end before, the clock first moves
// to a second before it. Otherwise the session ends a second from now, or now
// with Options.OpenEnded.
func (m *Meeting) End() ([]rtk.Event, error) {
	s := m.session
	if !s.Live() {
		return nil, fmt.Errorf("%w: it cannot end", ErrNotLive)
	}
	end := m.closingTime()
	if all := end.Add(-closing); m.clock.Before(all) && !m.set.OpenEnded {
		m.clock = all
	}
	var events []rtk.Event
	for _, stay := range s.inOrder() {
		events = append(events, m.leave(stay, end))
	}
	return append(events, m.finish(HostEndedMeeting, end)), nil
}

// closingTime returns when a session ends that ends now: as stated before, or a
// second from now.
func (m *Meeting) closingTime() time.Time {
	switch s := m.session; {
	case m.set.OpenEnded:
		return m.Now()
	case s.EndedAt.IsZero():
		return m.Now().Add(closing)
	default:
		return s.EndedAt
	}
}

// NextSession makes the meeting ready for another session: the same meeting
// under a new session id. It causes no event; the next join does. Chat,
// transcript and summary of the session before can no longer come, but its
// recordings and livestreams can still change their status. Errors match
// ErrNotEnded.
func (m *Meeting) NextSession() error {
	if !m.session.Ended {
		return fmt.Errorf("%w: the next one must wait", ErrNotEnded)
	}
	m.openSession()
	return nil
}

// SetSessionID gives the present session another id. Events from now on have it.
func (m *Meeting) SetSessionID(id string) { m.session.ID = id }

// Rename gives the stay with this peer id in the present session another name,
// custom id or peer id, and returns the custom id that it had. Empty values change
// nothing. ok is false if there is no such stay, or if somebody else who is present
// has the custom id.
func (m *Meeting) Rename(peerID string, to Participant) (customID string, ok bool) {
	s := m.session
	for _, stay := range slices.Backward(s.Stays) {
		if stay.PeerID != peerID {
			continue
		}
		customID = stay.CustomID
		next := Participant{cmp.Or(to.Name, stay.Name), cmp.Or(to.CustomID, customID), cmp.Or(to.PeerID, stay.PeerID)}
		if s.present[next.CustomID] != nil && next.CustomID != customID {
			return customID, false
		}
		stay.Participant = next
		if s.present[customID] == stay {
			delete(s.present, customID)
			s.present[next.CustomID] = stay
		}
		return customID, true
	}
	return "", false
}

// plannedEnd returns the end that was stated before, or else the first multiple
// of the planned duration after the start that lies after now.
func (m *Meeting) plannedEnd() time.Time {
	s := m.session
	if !s.EndedAt.IsZero() {
		return s.EndedAt
	}
	// In milliseconds, as a time.Duration ends after 292 years.
	start, planned := s.StartedAt.UnixMilli(), m.set.Duration.Milliseconds()
	periods := (m.Now().UnixMilli()-start)/planned + 1
	return time.UnixMilli(start + periods*planned).UTC()
}

// leave takes a participant out of the session, and states its end.
func (m *Meeting) leave(stay *Stay, end time.Time) rtk.Event {
	s := m.session
	delete(s.present, stay.CustomID)
	stay.LeftAt = m.Now()
	if !m.set.OpenEnded {
		s.EndedAt = end
	}
	return m.event(rtk.MeetingParticipantLeft,
		// The sample states the end although the session goes on.
		member{"meeting", m.statusFirst(s, m.timestamp(end))}, member{"participant", m.participant(stay)})
}

// finish ends the session.
func (m *Meeting) finish(reason EndReason, end time.Time) rtk.Event {
	s := m.session
	s.Ended, s.Reason, s.EndedAt = true, reason, end
	m.clock = end
	return m.event(rtk.MeetingEnded, member{"meeting", m.sessionFirst(s)}, member{"reason", string(reason)})
}

func (m *Meeting) participant(stay *Stay) object {
	var specificID, leftAt any
	if m.has(FormClientSpecificID) {
		specificID = stay.CustomID
	}
	if !stay.LeftAt.IsZero() {
		leftAt = m.timestamp(stay.LeftAt)
	}
	return object{
		{"peerId", stay.PeerID},
		{"userDisplayName", stay.Name},
		{"customParticipantId", stay.CustomID},
		{"clientSpecificId", specificID},
		{"joinedAt", m.timestamp(stay.JoinedAt)},
		{"leftAt", leftAt},
	}
}
