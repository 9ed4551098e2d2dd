package payload

import (
	"fmt"
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

// Live reports whether somebody has joined and the session has not ended.
func (m *Meeting) Live() bool { return m.session.live() }

// Present returns who is in the meeting, with their peer ids, in the order in
// which they joined.
func (m *Meeting) Present() []Participant {
	stays := m.session.inOrder()
	all := make([]Participant, len(stays))
	for i, p := range stays {
		all[i] = p.Participant
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
	if s.ended {
		return nil, fmt.Errorf("%w: %s cannot join before the next one", ErrEnded, p.CustomID)
	}
	if _, ok := s.present[p.CustomID]; ok {
		return nil, fmt.Errorf("%w: %s cannot join twice", ErrPresent, p.CustomID)
	}
	var events []rtk.Event
	if !s.live() {
		s.startedAt = m.Now()
		s.present = map[string]*presence{}
		events = append(events, m.event(rtk.MeetingStarted, member{"meeting", m.statusFirst(s, m.endedAt(s))}))
	}
	p.PeerID = m.ids.peers.Next()
	stay := &presence{Participant: p, joinedAt: m.Now(), order: s.joins}
	s.joins++
	s.present[p.CustomID] = stay
	return append(events, m.event(rtk.MeetingParticipantJoined,
		member{"meeting", m.sessionFirst(s)}, member{"participant", m.participant(stay, nil)})), nil
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
// is also the first, the session ends a second later.
func (m *Meeting) Leave(p Participant) ([]rtk.Event, error) {
	s := m.session
	stay, ok := s.present[p.CustomID]
	if !ok {
		return nil, fmt.Errorf("%w: %s cannot leave", ErrAbsent, p.CustomID)
	}
	last := len(s.present) == 1
	if s.endedAt.IsZero() {
		if last {
			s.endedAt = m.Now().Add(closing)
		} else {
			s.endedAt = m.plannedEnd()
		}
	}
	events := []rtk.Event{m.leave(stay)}
	if last {
		events = append(events, m.finish(AllParticipantsLeft))
	}
	return events, nil
}

// End ends the session as the host does: meeting.participantLeft for all who
// are present, in the order in which they joined, then meeting.ended with
// HOST_ENDED_MEETING. The guide does not say whether the participantLeft come
// too. They do here, so that everybody who joined also leaves. Errors match
// ErrNotLive.
//
// If a meeting.participantLeft has stated the end before, the clock first moves
// to a second before it. Otherwise the session ends a second from now.
func (m *Meeting) End() ([]rtk.Event, error) {
	s := m.session
	if !s.live() {
		return nil, fmt.Errorf("%w: it cannot end", ErrNotLive)
	}
	if s.endedAt.IsZero() {
		s.endedAt = m.Now().Add(closing)
	}
	if all := s.endedAt.Add(-closing); m.clock.Before(all) {
		m.clock = all
	}
	var events []rtk.Event
	for _, stay := range s.inOrder() {
		events = append(events, m.leave(stay))
	}
	return append(events, m.finish(HostEndedMeeting)), nil
}

// NextSession makes the meeting ready for another session: the same meeting
// under a new session id. It causes no event; the next join does. Chat,
// transcript and summary of the session before can no longer come, but its
// recordings and livestreams can still change their status. Errors match
// ErrNotEnded.
func (m *Meeting) NextSession() error {
	if !m.session.ended {
		return fmt.Errorf("%w: the next one must wait", ErrNotEnded)
	}
	m.session = &session{id: m.ids.sessions.Next()}
	return nil
}

// plannedEnd returns the first multiple of the planned duration after the
// start that lies after now.
func (m *Meeting) plannedEnd() time.Time {
	// In milliseconds, as a time.Duration ends after 292 years.
	start, planned := m.session.startedAt.UnixMilli(), m.set.Duration.Milliseconds()
	periods := (m.Now().UnixMilli()-start)/planned + 1
	return time.UnixMilli(start + periods*planned).UTC()
}

// leave takes a participant out of the session.
func (m *Meeting) leave(stay *presence) rtk.Event {
	delete(m.session.present, stay.CustomID)
	return m.event(rtk.MeetingParticipantLeft,
		// The sample states the end although the session goes on.
		member{"meeting", m.statusFirst(m.session, m.timestamp(m.session.endedAt))},
		member{"participant", m.participant(stay, m.timestamp(m.Now()))})
}

// finish ends the session.
func (m *Meeting) finish(reason EndReason) rtk.Event {
	s := m.session
	s.ended = true
	m.clock = s.endedAt
	return m.event(rtk.MeetingEnded, member{"meeting", m.sessionFirst(s)}, member{"reason", string(reason)})
}

func (m *Meeting) participant(stay *presence, leftAt any) object {
	var specificID any
	if m.has(FormClientSpecificID) {
		specificID = stay.CustomID
	}
	return object{
		{"peerId", stay.PeerID},
		{"userDisplayName", stay.Name},
		{"customParticipantId", stay.CustomID},
		{"clientSpecificId", specificID},
		{"joinedAt", m.timestamp(stay.joinedAt)},
		{"leftAt", leftAt},
	}
}
