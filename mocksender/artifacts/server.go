package artifacts

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/requestlog"
)

// The values that zero fields of Server mean.
const (
	DefaultLogLimit          = 10_000
	DefaultTokenLimit        = 100_000
	DefaultRegistrationLimit = 10_000
)

// Server answers GET and HEAD of /KIND/TOKEN/FILE, with ranges; see Kind. Mount
// it with http.StripPrefix. Every valid token has content, even if no payload
// ever held it: that of its description, or one made from the token. Links
// expire only by Expire or SetTTL. Make a Server with New. Its methods are safe
// for concurrent use; set the exported fields before the first request.
type Server struct {
	// LogLimit is how many requests the log holds. Older ones are only counted.
	// 0: DefaultLogLimit.
	LogLimit int
	// TokenLimit is how many tokens have visits of their own; see Dropped.
	// 0: DefaultTokenLimit.
	TokenLimit int
	// RegistrationLimit is for how many tokens the server remembers what
	// Describe and Expire were given. 0: DefaultRegistrationLimit. One takes
	// about 2 KB, and at most 20.
	RegistrationLimit int
	// Clock tells when links expire. Many requests may call it at once. The log
	// has real time. nil: time.Now.
	Clock func() time.Time
	// BaseURL is the URL where the server is mounted, for the links in chats.
	// Empty: as in the URL of each request, but a proxy may have changed that.
	BaseURL string

	mu       sync.Mutex
	delay    time.Duration
	changed  chan struct{} // closed and replaced when delay changes
	ttl      time.Duration
	late     time.Duration
	visits   visitLog
	registry registry
}

// New returns a server that answers without delay.
func New() *Server {
	return &Server{
		changed:  make(chan struct{}),
		visits:   visitLog{byToken: map[string]*tokenVisits{}},
		registry: registry{byToken: map[string]*registration{}},
	}
}

// SetDelay makes every answer start d after its request arrived, also for
// requests that already wait. 0 or less means no delay.
func (s *Server) SetDelay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = max(d, 0)
	close(s.changed)
	s.changed = make(chan struct{})
}

// Delay returns the current delay.
func (s *Server) Delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delay
}

// SetTTL makes the links of a token expire d after its first visit, by Clock. 0
// or less means never. Expire overrides it. The TTL does not apply to tokens
// beyond the first TokenLimit.
func (s *Server) SetTTL(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ttl = max(d, 0)
}

// SetLateness has the chat, transcript or summary of a token be there only d after the
// first visit, by Clock: as in practice, the link works long before, and leads to
// nothing: 0 bytes or, as JSON, an empty list. 0 or less means no lateness. It does
// not apply to tokens beyond the first TokenLimit.
func (s *Server) SetLateness(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = max(d, 0)
}

// TTL returns how long after its first visit a token expires, 0 for never.
func (s *Server) TTL() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ttl
}

// ServeHTTP answers 403 if the link had expired when the request arrived, else
// 404 unless the path is /KIND/TOKEN/FILE with a known kind and extension, else
// 405 unless the method is GET or HEAD. What is late is 200 and empty; see SetLateness. It also serves an empty playlist under
// /live/ID/live.m3u8, for the playbackUrl of a livestream.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l := parseLink(r.URL.Path)
	visit := s.recordArrival(r, l)
	sw := &requestlog.Writer{ResponseWriter: w}
	defer s.recordAnswer(visit, sw)
	if !s.wait(r.Context(), visit.At) {
		return
	}
	if visit.Expired {
		http.Error(sw, "the link has expired", http.StatusForbidden)
		return
	}
	s.answer(sw, r, l, visit.Late)
}

// recordArrival logs and counts a request for l.
func (s *Server) recordArrival(r *http.Request, l link) *Visit {
	v := &Visit{
		Request: requestlog.Arrived(r),
		Path:    requestlog.Clip(r.URL.Path),
		Kind:    Kind(requestlog.Clip(string(l.kind))),
		Token:   requestlog.Clip(l.token),
	}
	now := v.At
	if s.Clock != nil {
		now = s.Clock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v.N = s.visits.Add(v, cmp.Or(max(s.LogLimit, 0), DefaultLogLimit))
	if v.Token != "" {
		s.visits.count(v, now, cmp.Or(max(s.TokenLimit, 0), DefaultTokenLimit))
		v.Expired, v.Late = s.expired(v.Token, now), s.isLate(v, now)
	}
	return v
}

// expired reports whether the links of token have expired. The caller holds s.mu.
func (s *Server) expired(token string, now time.Time) bool {
	if r := s.registry.byToken[token]; r != nil && r.expiry != nil {
		return !r.expiry.IsZero() && !now.Before(*r.expiry)
	}
	visits := s.visits.byToken[token]
	return s.ttl > 0 && visits != nil && now.Sub(visits.firstByClock) >= s.ttl
}

// isLate reports whether what v asks for is not there yet. The caller holds s.mu.
func (s *Server) isLate(v *Visit, now time.Time) bool {
	visits := s.visits.byToken[v.Token]
	return v.Kind != Recording && v.Kind != Audio && visits != nil && now.Sub(visits.firstByClock) < s.late
}

// wait waits until the delay has passed since arrival. It returns false if the
// client leaves before.
func (s *Server) wait(ctx context.Context, arrival time.Time) bool {
	for {
		s.mu.Lock()
		left, changed := s.delay-time.Since(arrival), s.changed
		s.mu.Unlock()
		if left <= 0 {
			return true
		}
		select {
		case <-time.After(left):
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, l link, late bool) {
	format, ok := l.format()
	if !ok {
		http.Error(w, "no such artifact", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "an artifact can only be read", http.StatusMethodNotAllowed)
		return
	}
	var content bytes.Buffer
	switch {
	case !late:
		format.write(&content, source{l.token, s.described(l.token), s.baseURL(r)})
	case format.contentType == "application/json":
		content.WriteString("[]\n")
	}
	w.Header().Set("Content-Type", format.contentType)
	// The ETag lets a client resume a broken download (If-Range).
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(content.Bytes())))
	http.ServeContent(w, r, l.file, time.Time{}, bytes.NewReader(content.Bytes()))
}

// described returns what is known about the meeting of token. The caller must
// not change it.
func (s *Server) described(token string) Meeting {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.registry.byToken[token]; r != nil {
		return r.meeting
	}
	return Meeting{}
}

// baseURL returns the URL where the server is mounted, as far as r shows it.
func (s *Server) baseURL(r *http.Request) string {
	if s.BaseURL != "" {
		return strings.TrimSuffix(s.BaseURL, "/")
	}
	requested, _, _ := strings.Cut(r.RequestURI, "?")
	prefix, ok := strings.CutSuffix(requested, r.URL.EscapedPath())
	if !ok || !strings.HasPrefix(prefix, "/") {
		prefix = ""
	}
	const maxHost = 255 + len(":65535") // the longest name that exists, and a port
	if r.Host == "" || len(r.Host) > maxHost {
		return prefix
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + prefix
}

func (s *Server) recordAnswer(v *Visit, w *requestlog.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.End(w)
}
