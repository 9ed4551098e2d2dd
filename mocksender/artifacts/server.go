package artifacts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// What the zero values of Server's fields stand for.
const (
	DefaultLogLimit   = 10_000
	DefaultTokenLimit = 100_000
)

// Server serves GET and HEAD of /KIND/TOKEN/FILE, with ranges; see Kind. Mount
// it with http.StripPrefix. Every well-formed token has a content, whether or
// not a payload ever held it. Make one with New. Its methods are safe for
// concurrent use; the exported fields may be set before the first request.
type Server struct {
	// LogLimit is how many requests the log holds; older ones are only
	// counted. 0: DefaultLogLimit.
	LogLimit int
	// TokenLimit is how many tokens are counted one by one; see Dropped.
	// 0: DefaultTokenLimit.
	TokenLimit int

	mu      sync.Mutex
	delay   time.Duration
	changed chan struct{} // closed, and made anew, when delay changes
	visits  visits
}

// New returns a server that answers without delay.
func New() *Server {
	return &Server{
		changed: make(chan struct{}),
		visits:  visits{byToken: map[string]*tally{}},
	}
}

// SetDelay makes every answer begin d after its request came, also those of
// requests that are waiting already: 0 or less lets them go at once.
func (s *Server) SetDelay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = max(d, 0)
	close(s.changed)
	s.changed = make(chan struct{})
}

// Delay returns the delay in force.
func (s *Server) Delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delay
}

// ServeHTTP answers 404 to every path that is not /KIND/TOKEN/FILE with a
// known kind and extension, and 405 to methods other than GET and HEAD.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := parsePath(r.URL.Path)
	visit := s.begin(r, t)
	noted := &notingWriter{ResponseWriter: w}
	defer s.end(visit, noted)
	if err := s.wait(r.Context(), visit.At); err != nil {
		return // the client has left
	}
	s.answer(noted, r, t)
}

// wait returns nil when the delay has passed since arrival.
func (s *Server) wait(ctx context.Context, arrival time.Time) error {
	for {
		s.mu.Lock()
		delay, changed := s.delay, s.changed
		s.mu.Unlock()
		left := delay - time.Since(arrival)
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, t target) {
	format, ok := t.format()
	if !ok {
		http.Error(w, "no such artifact", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "an artifact can only be read", http.StatusMethodNotAllowed)
		return
	}
	content, err := format.render(t.token)
	if err != nil {
		http.Error(w, "the artifact could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", format.contentType)
	// A validator lets a client go on with a download that broke off (If-Range).
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(content)))
	http.ServeContent(w, r, t.file, time.Time{}, bytes.NewReader(content))
}

func (s *Server) logLimit() int {
	if s.LogLimit > 0 {
		return s.LogLimit
	}
	return DefaultLogLimit
}

func (s *Server) tokenLimit() int {
	if s.TokenLimit > 0 {
		return s.TokenLimit
	}
	return DefaultTokenLimit
}
