package artifacts

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
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
