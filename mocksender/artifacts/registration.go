package artifacts

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// ErrToken is matched by the errors about an invalid token. A token has up to
// 128 of these characters: ASCII letters, digits, - _ + =.
var ErrToken = errors.New("artifacts: invalid token")

// Describe makes the artifacts of token agree with m: ids, names and times.
// Nobody speaks before joining or after leaving. The last description of a token
// counts. Call Describe before the link goes out: a content that changes breaks
// downloads that are resumed. Errors match ErrToken or ErrMeeting.
//
// The server remembers only the last RegistrationLimit tokens that were given to
// Describe and Expire; see Evicted.
func (s *Server) Describe(token string, m Meeting) error {
	if err := m.check(); err != nil {
		return err
	}
	m.People = slices.Clone(m.People[:min(len(m.People), maxPeople)])
	return s.register(token, func(r *registration) { r.meeting = m })
}

// Expire makes the links of token answer 403 from the given time on, by the
// server's Clock, so that the …Expiry of a payload holds. The zero time means
// never. The last call for a token counts, and it overrides the TTL. Errors
// match ErrToken.
func (s *Server) Expire(token string, at time.Time) error {
	return s.register(token, func(r *registration) { r.expiry = &at })
}

// Evicted returns how many tokens were forgotten to make room for later ones of
// Describe and Expire. They have the content and the expiry of a token that was
// never registered.
func (s *Server) Evicted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.registry.evicted
}

// registry holds what Describe and Expire were given. Server.mu guards it.
type registry struct {
	byToken map[string]*registration
	tokens  []string // of byToken, oldest first
	evicted int
}

type registration struct {
	meeting Meeting
	expiry  *time.Time // nil unless Expire was called; the zero time means never
}

func (s *Server) register(token string, change func(*registration)) error {
	if !validToken(token) {
		return fmt.Errorf("%w: %.40q", ErrToken, token)
	}
	limit := cmp.Or(max(s.RegistrationLimit, 0), DefaultRegistrationLimit)
	s.mu.Lock()
	defer s.mu.Unlock()
	reg := &s.registry
	if reg.byToken[token] == nil {
		if len(reg.tokens) >= limit {
			delete(reg.byToken, reg.tokens[0])
			reg.tokens = reg.tokens[1:]
			reg.evicted++
		}
		reg.byToken[token] = &registration{}
		reg.tokens = append(reg.tokens, token)
	}
	change(reg.byToken[token])
	return nil
}

// ErrMeeting is matched by the errors of Describe about a Meeting.
var ErrMeeting = errors.New("artifacts: invalid meeting")

// Meeting is what a payload says about the session of a link. Zero fields are
// invented from the session id or, if there is none, from the token. Texts are
// UTF-8 and have up to 256 bytes.
type Meeting struct {
	ID        string // meeting.id
	SessionID string // meeting.sessionId; the same one gives the same conversation
	Title     string // meeting.title
	Start     time.Time
	End       time.Time // zero: after the last line
	// People are those who took part, one entry for each stay. Only the first
	// 16 are kept. If it is empty, people are invented.
	People []Person
}

// Person is one stay in a Meeting, from joining to leaving.
type Person struct {
	PeerID   string    // participant.peerId
	UserID   string    // no payload has it, only artifacts
	CustomID string    // participant.customParticipantId; the same in each stay
	Name     string    // participant.userDisplayName
	JoinedAt time.Time // zero: when the meeting started
	LeftAt   time.Time // zero: when it ended
}

// maxText bounds the texts that callers and clients choose, in bytes.
const maxText = 256

// maxPeople bounds the memory of a description. Hardly more people could speak.
const maxPeople = 16

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
		return fmt.Errorf("%w: it ended before it started", ErrMeeting)
	}
	return nil
}
