package artifacts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What the zero values of Server's fields stand for.
const (
	DefaultLogLimit   = 10_000
	DefaultTokenLimit = 100_000
	DefaultNoteLimit  = 10_000
)

// Server serves GET and HEAD of /KIND/TOKEN/FILE, with ranges; see Kind. Mount
// it with http.StripPrefix. Every well-formed token has a content, whether or
// not a payload ever held it: the one that Describe asked for, or one made from
// the token. Links never expire but by Expire or SetTTL. Make one with New. Its
// methods are safe for concurrent use; the exported fields may be set before
// the first request.
type Server struct {
	// LogLimit is how many requests the log holds; older ones are only
	// counted. 0: DefaultLogLimit.
	LogLimit int
	// TokenLimit is how many tokens are counted one by one; see Dropped.
	// 0: DefaultTokenLimit.
	TokenLimit int
	// NoteLimit is for how many tokens Describe and Expire are remembered.
	// 0: DefaultNoteLimit. One takes about 2 KB, and never more than 20.
	NoteLimit int
	// Clock tells the time by which links expire; it may be called by many
	// requests at once. The log keeps to real time. nil: time.Now.
	Clock func() time.Time
	// BaseURL is the URL that the server is mounted at, for the links in chats.
	// Empty: as each request addresses it, which a proxy may have changed.
	BaseURL string

	mu      sync.Mutex
	delay   time.Duration
	changed chan struct{} // closed, and made anew, when delay changes
	ttl     time.Duration
	visits  visits
	notes   notes
}

// New returns a server that answers without delay.
func New() *Server {
	return &Server{
		changed: make(chan struct{}),
		visits:  visits{byToken: map[string]*tally{}},
		notes:   notes{byToken: map[string]*note{}},
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

// SetTTL makes the links of a token expire when d has passed, by Clock, since
// its first visit, unless Expire has said when: 0 or less stands for never.
// Tokens beyond the first TokenLimit do not expire by it.
func (s *Server) SetTTL(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ttl = max(d, 0)
}

// TTL returns how long after its first visit a token expires, 0 for never.
func (s *Server) TTL() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ttl
}

// ServeHTTP answers 404 to every path that is not /KIND/TOKEN/FILE with a
// known kind and extension, nor /live/ID/live.m3u8, where a livestream's
// playbackUrl leads: an empty playlist. It answers 405 to methods other than GET
// and HEAD, and before either 403 to every link that had expired when the
// request came.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := parsePath(r.URL.Path)
	visit := s.begin(r, t)
	noted := &notingWriter{ResponseWriter: w}
	defer s.end(visit, noted)
	if err := s.wait(r.Context(), visit.At); err != nil {
		return // the client has left
	}
	s.answer(noted, r, t, visit.Expired)
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

func (s *Server) answer(w http.ResponseWriter, r *http.Request, t target, expired bool) {
	if expired {
		http.Error(w, "the link has expired", http.StatusForbidden)
		return
	}
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
	content, err := format.render(subject{t.token, s.described(t.token), s.base(r)})
	if err != nil {
		http.Error(w, "the artifact could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", format.contentType)
	// A validator lets a client go on with a download that broke off (If-Range).
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(content)))
	http.ServeContent(w, r, t.file, time.Time{}, bytes.NewReader(content))
}

// base returns the URL that the server is mounted at, as far as r shows it.
func (s *Server) base(r *http.Request) string {
	if s.BaseURL != "" {
		return strings.TrimSuffix(s.BaseURL, "/")
	}
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	prefix, ok := strings.CutSuffix(asked, r.URL.EscapedPath())
	if !ok || !strings.HasPrefix(prefix, "/") {
		prefix = ""
	}
	const longestName = 255 + len(":65535") // of a host, and a port
	if r.Host == "" || len(r.Host) > longestName {
		return prefix
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + prefix
}

func (s *Server) now() time.Time {
	if s.Clock != nil {
		return s.Clock()
	}
	return time.Now()
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

func (s *Server) noteLimit() int {
	if s.NoteLimit > 0 {
		return s.NoteLimit
	}
	return DefaultNoteLimit
}
