package artifacts

import (
	"net/http"
	"strings"
	"time"
)

// Visit is one request that a Server met.
type Visit struct {
	N          int       // 1 for the first
	At         time.Time // when it arrived
	Method     string
	Path       string // below the prefix that the server is mounted at
	Kind       Kind   // empty if the path is not /KIND/TOKEN/FILE
	Token      string // empty if Kind is
	RemoteAddr string // as net/http gives it, host and port
	UserAgent  string
	// Expired says that the link's expiry had passed on arrival; Status is 403
	// then.
	Expired bool
	// Pending says that the request is still being answered.
	Pending bool
	// Status is the status sent, 0 if none was (yet).
	Status int
	// Took is the time from arrival to the end of the answer, 0 while Pending.
	Took time.Duration
}

// A client chooses what these hold, so the log keeps this many bytes of each.
const maxText = 256

// visits is guarded by Server.mu.
type visits struct {
	latest  []*Visit // oldest first
	total   int
	byToken map[string]*tally
	tokens  []string // of byToken, in order of their first visit
	dropped int
}

// tally is what is known of one token.
type tally struct {
	first time.Time
	seen  time.Time // first, by Server.Clock
	count int
}

func (s *Server) begin(r *http.Request, t target) *Visit {
	v := &Visit{
		At:         time.Now(),
		Method:     clip(r.Method),
		Path:       clip(r.URL.Path),
		RemoteAddr: clip(r.RemoteAddr),
		UserAgent:  clip(r.UserAgent()),
		Pending:    true,
	}
	if t.token != "" {
		v.Kind, v.Token = t.kind, strings.Clone(t.token)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits.log(v, s.logLimit())
	if v.Token != "" {
		s.visits.count(v, now, s.tokenLimit())
		v.Expired = s.expired(v.Token, now)
	}
	return v
}

func (vs *visits) log(v *Visit, limit int) {
	vs.total++
	v.N = vs.total
	if len(vs.latest) >= limit {
		// Dropping a tenth at a time makes room for many visits with one copy.
		vs.latest = append([]*Visit(nil), vs.latest[limit/10+1:]...)
	}
	vs.latest = append(vs.latest, v)
}

func (vs *visits) count(v *Visit, now time.Time, limit int) {
	known := vs.byToken[v.Token]
	switch {
	case known != nil:
		known.count++
	case len(vs.tokens) < limit:
		vs.byToken[v.Token] = &tally{first: v.At, seen: now, count: 1}
		vs.tokens = append(vs.tokens, v.Token)
	default:
		vs.dropped++
	}
}

func (s *Server) end(v *Visit, w *notingWriter) {
	took := time.Since(v.At)
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Pending, v.Status, v.Took = false, w.status, took
}

func clip(s string) string { return strings.Clone(s[:min(len(s), maxText)]) }

// Log returns the requests that the log still holds, oldest first. It holds
// every request, whatever its path, method and answer.
func (s *Server) Log() []Visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Visit, len(s.visits.latest))
	for i, v := range s.visits.latest {
		out[i] = *v
	}
	return out
}

// Total returns how many requests have arrived in all.
func (s *Server) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits.total
}

// Visits returns how many requests for token have arrived. Any request with
// the token in its place counts, under each kind, whatever its method and
// answer: it shows that the link was followed. A visit counts on arrival, so
// also while a delay holds it.
func (s *Server) Visits(token string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.visits.byToken[token]; known != nil {
		return known.count
	}
	return 0
}

// FirstVisit returns when the first request for token arrived, and whether one
// did.
func (s *Server) FirstVisit(token string) (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.visits.byToken[token]; known != nil {
		return known.first, true
	}
	return time.Time{}, false
}

// Visited returns the tokens that were visited, in the order of their first
// visits. The caller owns the slice.
func (s *Server) Visited() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.visits.tokens...)
}

// Dropped returns how many requests came for tokens beyond the first
// TokenLimit. They are in the log and in Total, but not in Visits, FirstVisit
// and Visited: while it is 0, a token without visits had none.
func (s *Server) Dropped() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits.dropped
}

// notingWriter notes the status of an answer. Unwrap lets
// http.ResponseController find the methods beneath.
type notingWriter struct {
	http.ResponseWriter
	status int
}

func (w *notingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *notingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
