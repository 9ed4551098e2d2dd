package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/requestlog"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

// What the zero values of Server's fields stand for, and the bounds of what it keeps.
const (
	DefaultSlowBy = 5 * time.Second // longer than a sender waits for an answer
	DefaultLimit  = time.Minute

	maxCalls   = 10_000
	maxPending = 20_000 // events that nobody has called because of
	maxIDs     = 100_000
	maxNamed   = 256 // texts of one call
)

// Server is the API as an instrument: it can fail on purpose, keeps a log of the
// calls, and can take what it shows from the events that others send. It needs no
// memory to speak of before the first call. Make one with NewServer or Follow. Its
// methods are safe for concurrent use; set the exported fields before the first call.
type Server struct {
	// SlowBy is how late answers are with Slow. 0: DefaultSlowBy.
	SlowBy time.Duration
	// Limit bounds how long Hang holds a call; then its connection is reset. 0:
	// DefaultLimit.
	Limit time.Duration
	// Webhooks answers the operations of webhooks. Nil: they are not built.
	Webhooks http.Handler

	open     func() (http.Handler, *platform.Platform)
	follows  bool         // else nobody asks for the log
	app      platform.Key // that every account and app stands for
	learning sync.Mutex

	mu      sync.Mutex
	fault   Fault
	changed chan struct{} // closed, and replaced, when fault changes
	log     requestlog.Log[Visit]
	pending []rtk.Event
	shown   map[string]bool // ids that answers showed to who did not name them
}

// Visit is one call in the log. Of its headers, the log has the User-Agent alone.
type Visit struct {
	requestlog.Request
	Path string // cut, and without the query
	// Operation is what was called; its ID is empty for what the API does not have.
	Operation Operation
	// Fault is the fault when the call arrived.
	Fault Fault
	// Named are the texts in path and body of a changing call, such as ids, without
	// those that an answer to another call has shown.
	Named []string
}

// Changes reports whether the call asks for a change.
func (v Visit) Changes() bool { return v.Method != http.MethodGet && v.Method != http.MethodHead }

// NewServer returns the API that o describes. It keeps no log.
func NewServer(o Options) *Server {
	s := newServer()
	s.open = sync.OnceValues(func() (http.Handler, *platform.Platform) { return s.api(o), o.Platform })
	return s
}

// Follow returns an API that has what events say: see Server.Learn. All accounts and
// apps are one there. keys signs tokens, and linksURL returns what begins the
// download links; it is called with the first call of the API.
func Follow(keys *rtk.Keyring, linksURL func() string) *Server {
	s := newServer()
	// The app has no name that a caller would mean.
	s.follows, s.app = true, platform.Key{AccountID: "rtkmock", AppID: "rtkmock"}
	s.open = sync.OnceValues(func() (http.Handler, *platform.Platform) {
		p := platform.New(platform.Options{BaseURL: linksURL(), Keys: keys})
		return s.api(Options{Platform: p, App: &s.app}), p
	})
	return s
}

func newServer() *Server {
	return &Server{changed: make(chan struct{}), shown: map[string]bool{}}
}

func (s *Server) api(o Options) http.Handler {
	o.wrap = s.wrap
	return New(o)
}

func (s *Server) slowBy() time.Duration { return cmp.Or(s.SlowBy, DefaultSlowBy) }
func (s *Server) limit() time.Duration  { return cmp.Or(s.Limit, DefaultLimit) }

// Handles reports whether a path is the API's.
func Handles(path string) bool {
	return strings.HasPrefix(path, Base) || strings.HasPrefix(path, PredecessorBase)
}

// Beside answers the paths of the API by s, and all others by next. A mux would
// redirect paths with an empty part to others.
func (s *Server) Beside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if Handles(r.URL.Path) {
			s.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Learn has the API know what events say, from the next call on. Each has happened,
// whether it is sent or not. An event that names no meeting says nothing.
func (s *Server) Learn(events ...rtk.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending = append(s.pending, events...); len(s.pending) > maxPending {
		s.pending = append([]rtk.Event(nil), s.pending[len(s.pending)-maxPending/2:]...)
	}
}

// visitKey finds the Visit of a call in its context.
type visitKey struct{}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler, p := s.open()
	s.learnPending(p)
	v := s.begin(r)
	counted := &requestlog.Writer{ResponseWriter: w}
	defer s.end(v, counted)
	if s.follows && http.NewCrossOriginProtection().Check(r) != nil { // else who has the API guards it
		jsonapi.Fail(counted, jsonapi.Errorf(http.StatusForbidden, "a page of another origin may not do this"))
		return
	}
	handler.ServeHTTP(counted, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
}

// learnPending returns when the platform knows everything that Learn was told.
func (s *Server) learnPending(p *platform.Platform) {
	s.learning.Lock()
	defer s.learning.Unlock()
	s.mu.Lock()
	events := s.pending
	s.pending = nil
	s.mu.Unlock()
	if len(events) > 0 {
		_ = p.Learn(s.app, events...) // where apps are full there is nothing to show
	}
}

func (s *Server) begin(r *http.Request) *Visit {
	v := &Visit{Request: requestlog.Arrived(r), Path: requestlog.Clip(r.URL.Path)}
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Fault = s.fault
	if s.follows {
		v.N = s.log.Add(v, maxCalls)
	}
	return v
}

func (s *Server) end(v *Visit, w *requestlog.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.End(w)
}

// wrap has calls of an operation noted, and fail.
func (s *Server) wrap(op Operation, next http.Handler) http.Handler {
	if strings.HasPrefix(op.ID, "webhooks.") && s.Webhooks != nil {
		next = s.Webhooks
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, _ := r.Context().Value(visitKey{}).(*Visit)
		_, changed := s.faultUntil()
		if !s.follows {
			if s.answer(w, r, v.Fault, changed) {
				next.ServeHTTP(w, r)
			}
			return
		}
		body, err := jsonapi.ReadAll(w, r)
		if err != nil {
			jsonapi.Fail(w, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		named := named(r, body)
		s.mu.Lock()
		v.Operation = op
		for _, text := range named {
			if v.Changes() && !s.shown[text] && len(v.Named) < maxNamed {
				v.Named = append(v.Named, text)
			}
		}
		s.mu.Unlock()
		if !s.answer(w, r, v.Fault, changed) {
			return
		}
		answer := &shown{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		s.show(named, answer.Bytes())
	})
}

// shown keeps what an answer shows.
type shown struct {
	http.ResponseWriter
	bytes.Buffer
}

func (s *shown) Write(p []byte) (int, error) {
	s.Buffer.Write(p)
	return s.ResponseWriter.Write(p)
}

func (s *shown) WriteString(text string) (int, error) { return s.Write([]byte(text)) }

func (s *shown) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// named returns the texts in the path, the query and the body of a call.
func named(r *http.Request, body []byte) []string {
	out := strings.Split(r.URL.Path, "/")
	for _, values := range r.URL.Query() {
		out = append(out, values...)
	}
	return append(out, texts(body)...)
}

// show notes the ids that an answer shows beside those that its call named.
func (s *Server) show(named []string, answer []byte) {
	all := texts(answer)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]bool{}
	for _, text := range named {
		known[text] = true
	}
	for _, text := range all {
		if !known[text] && len(s.shown) < maxIDs {
			s.shown[text] = true
		}
	}
}

// texts returns all texts in a JSON value that an id may be.
func texts(body []byte) (out []string) {
	const longest = 128
	var value any
	if json.Unmarshal(body, &value) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if v != "" && len(v) <= longest {
				out = append(out, v)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(value)
	return out
}

// Fault returns the present fault.
func (s *Server) Fault() Fault {
	f, _ := s.faultUntil()
	return f
}

func (s *Server) faultUntil() (Fault, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault, s.changed
}

// SetFault makes f answer from the next call on; NoFault removes the fault. It also
// ends the waiting of calls that Slow or Hang hold. An unknown fault changes nothing;
// the error matches ErrFault.
func (s *Server) SetFault(f Fault) error {
	if _, err := ParseFault(f.String()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f != s.fault {
		s.fault = f
		close(s.changed)
		s.changed = make(chan struct{})
	}
	return nil
}

// Log returns the calls that the log still holds, oldest first.
func (s *Server) Log() []Visit { return s.Since(0) }

// Since returns the calls after the first n that the log still holds, oldest first.
func (s *Server) Since(n int) []Visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Visit
	for _, v := range s.log.Latest {
		if v.N > n {
			out = append(out, *v)
		}
	}
	return out
}

// Calls returns how many calls there were in all.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Total
}
