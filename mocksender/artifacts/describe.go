package artifacts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	// ErrToken is matched by the errors about what can be no token of a link:
	// up to 128 letters and digits of ASCII, and - _ + =.
	ErrToken = errors.New("artifacts: not a token")
	// ErrMeeting is matched by the errors of Describe about a Meeting.
	ErrMeeting = errors.New("artifacts: unusable meeting")
)

// Meeting is what a payload says of the session that a link belongs to. What
// is zero is made up from the session id or, without one, from the token. Texts
// are UTF-8 and at most 256 bytes long.
type Meeting struct {
	ID        string // meeting.id
	SessionID string // meeting.sessionId; equal ones give equal conversations
	Title     string // meeting.title
	Start     time.Time
	End       time.Time // zero: after all that is said
	// People are those who took part, one for each stay. Only the first 16
	// are kept. Empty: people are made up.
	People []Person
}

// Person is one stay in a Meeting, from joining to leaving.
type Person struct {
	PeerID   string    // participant.peerId
	UserID   string    // only artifacts tell it
	CustomID string    // participant.customParticipantId: who it is, in each stay
	Name     string    // participant.userDisplayName
	JoinedAt time.Time // zero: when the meeting began
	LeftAt   time.Time // zero: when it ended
}

// maxPeople bounds what one description takes: not many more can speak.
const maxPeople = 16

// note is what was registered for a token.
type note struct {
	meeting  Meeting
	settled  bool // Expire was called
	deadline time.Time
}

// notes is guarded by Server.mu.
type notes struct {
	byToken   map[string]*note
	tokens    []string // of byToken, oldest first
	forgotten int
}

// Describe makes what is served for token agree with m: ids, names and times,
// and nobody speaks before joining or after leaving. The last description of a
// token counts. Describe before the link goes out, as a content that changes
// breaks downloads that are resumed. Errors match ErrToken or ErrMeeting.
//
// The server remembers the NoteLimit tokens that Describe and Expire named
// last; see Forgotten.
func (s *Server) Describe(token string, m Meeting) error {
	if err := m.check(); err != nil {
		return err
	}
	return s.note(token, func(n *note) { n.meeting = m.clone() })
}

// Expire makes the links of token answer 403 from the time at on, by the
// server's Clock; so a payload's …Expiry holds. The zero time stands for never.
// The last call counts, and counts more than the TTL. Errors match ErrToken.
func (s *Server) Expire(token string, at time.Time) error {
	return s.note(token, func(n *note) { n.settled, n.deadline = true, at })
}

// Forgotten returns how many tokens have made room for others of Describe and
// Expire: they have the content and the expiry of any other token again.
func (s *Server) Forgotten() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notes.forgotten
}

func (s *Server) note(token string, change func(*note)) error {
	if !wellFormed(token) {
		return fmt.Errorf("%w: %.40q", ErrToken, token)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.notes.byToken[token]
	if n == nil {
		n = &note{}
		token = strings.Clone(token)
		s.notes.byToken[token] = n
		s.notes.tokens = append(s.notes.tokens, token)
		for len(s.notes.tokens) > s.noteLimit() {
			delete(s.notes.byToken, s.notes.tokens[0])
			s.notes.tokens = s.notes.tokens[1:]
			s.notes.forgotten++
		}
	}
	change(n)
	return nil
}

// described returns what is known of the meeting behind token. The caller
// changes nothing in it.
func (s *Server) described(token string) Meeting {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.notes.byToken[token]; n != nil {
		return n.meeting
	}
	return Meeting{}
}

// expired reports whether the links of token lead nowhere at now. s.mu is held.
func (s *Server) expired(token string, now time.Time) bool {
	if n := s.notes.byToken[token]; n != nil && n.settled {
		return !n.deadline.IsZero() && !now.Before(n.deadline)
	}
	known := s.visits.byToken[token]
	return s.ttl > 0 && known != nil && now.Sub(known.seen) >= s.ttl
}

func (m Meeting) check() error {
	texts := []string{m.ID, m.SessionID, m.Title}
	for i, p := range m.People {
		texts = append(texts, p.PeerID, p.UserID, p.CustomID, p.Name)
		if !p.LeftAt.IsZero() && p.LeftAt.Before(p.JoinedAt) {
			return fmt.Errorf("%w: person %d left before joining", ErrMeeting, i)
		}
	}
	for _, text := range texts {
		if len(text) > maxText || !utf8.ValidString(text) {
			return fmt.Errorf("%w: %.40q is longer than %d bytes or not UTF-8", ErrMeeting, text, maxText)
		}
	}
	if !m.End.IsZero() && m.End.Before(m.Start) {
		return fmt.Errorf("%w: it ended before it began", ErrMeeting)
	}
	return nil
}

// clone keeps nothing alive of what the caller's strings are parts of.
func (m Meeting) clone() Meeting {
	m.ID, m.SessionID, m.Title = strings.Clone(m.ID), strings.Clone(m.SessionID), strings.Clone(m.Title)
	m.People = slices.Clone(m.People[:min(len(m.People), maxPeople)])
	for i, p := range m.People {
		p.PeerID, p.UserID, p.CustomID, p.Name = strings.Clone(p.PeerID), strings.Clone(p.UserID), strings.Clone(p.CustomID), strings.Clone(p.Name)
		m.People[i] = p
	}
	return m
}
