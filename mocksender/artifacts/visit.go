package artifacts

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/requestlog"
)

// Visit is a request that a Server received.
type Visit struct {
	requestlog.Request
	Path  string // relative to where the server is mounted
	Kind  Kind   // empty if the path is not /KIND/TOKEN/FILE
	Token string // empty if Kind is
	// Expired says that the link had expired on arrival. Status is 403 then.
	Expired bool
	// Late says that it was not there yet on arrival. The answer was empty then.
	Late bool
}

// Log returns the requests that the log still holds, oldest first. Every request
// is logged, with any path, method and answer.
func (s *Server) Log() []Visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Visit, len(s.visits.Latest))
	for i, v := range s.visits.Latest {
		out[i] = *v
	}
	return out
}

// Total returns how many requests have arrived.
func (s *Server) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits.Total
}

// Visits returns how many requests for token have arrived. A request counts on
// arrival, also while a delay holds its answer. All kinds, methods and answers
// count, because any request with the token shows that somebody followed the
// link.
func (s *Server) Visits(token string) int { return s.visitsOf(token).count }

// FirstVisit returns when the first request for token arrived, and whether one
// arrived.
func (s *Server) FirstVisit(token string) (at time.Time, ok bool) {
	visits := s.visitsOf(token)
	return visits.first, visits.count > 0
}

// Visited returns the tokens that were visited, in the order of their first
// visits. The caller owns the slice.
func (s *Server) Visited() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.visits.tokens)
}

// Dropped returns how many requests came for tokens beyond the first
// TokenLimit. Log and Total have them, but Visits, FirstVisit and Visited do
// not. While Dropped is 0, a token without visits was not visited.
func (s *Server) Dropped() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits.dropped
}

func (s *Server) visitsOf(token string) tokenVisits {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.visits.byToken[token]; known != nil {
		return *known
	}
	return tokenVisits{}
}

// visitLog is guarded by Server.mu.
type visitLog struct {
	requestlog.Log[Visit]
	byToken map[string]*tokenVisits
	tokens  []string // of byToken, in the order of their first visits
	dropped int
}

type tokenVisits struct {
	count        int
	first        time.Time
	firstByClock time.Time // by Server.Clock
}

func (vs *visitLog) count(v *Visit, now time.Time, limit int) {
	known := vs.byToken[v.Token]
	switch {
	case known != nil:
		known.count++
	case len(vs.tokens) < limit:
		vs.byToken[v.Token] = &tokenVisits{1, v.At, now}
		vs.tokens = append(vs.tokens, v.Token)
	default:
		vs.dropped++
	}
}
