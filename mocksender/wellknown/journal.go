package wellknown

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/requestlog"
)

// Fetch is one request for the key document.
type Fetch struct {
	requestlog.Request
	// Fault is the fault when the request arrived. A request that hung is answered
	// with the fault that came after.
	Fault Fault
}

// Mark is a point in the life of a Server. The zero value is its beginning.
type Mark struct{ requests, fetches int }

// journal is guarded by Server.mu.
type journal struct {
	requestlog.Log[Fetch]
	fetches int           // how many there were in all
	arrived chan struct{} // closed, and replaced, at each arrival
}

func (j *journal) add(f *Fetch, limit int) {
	f.N = j.Add(f, limit)
	if reads(f.Method) {
		j.fetches++
	}
	close(j.arrived)
	j.arrived = make(chan struct{})
}

// begin logs a request. It returns a channel that is closed when the fault
// changes.
func (s *Server) begin(r *http.Request) (*Fetch, <-chan struct{}) {
	f := &Fetch{Request: requestlog.Arrived(r)}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Fault = s.fault
	s.journal.add(f, cmp.Or(s.LogLimit, DefaultLogLimit))
	return f, s.changed
}

// Failed logs a fetch that the present fault kept from arriving, as who accepts
// the connections sees it. It counts like all others.
func (s *Server) Failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.add(&Fetch{requestlog.Request{At: time.Now(), Method: http.MethodGet}, s.fault}, cmp.Or(s.LogLimit, DefaultLogLimit))
}

func (s *Server) end(f *Fetch, w *requestlog.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.End(w)
}

// Log returns the requests that the log still holds, oldest first.
func (s *Server) Log() []Fetch { return s.Since(Mark{}) }

// Since returns the requests that arrived after m and that the log still holds,
// oldest first.
func (s *Server) Since(m Mark) []Fetch {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Fetch
	for _, f := range s.journal.Latest {
		if f.N > m.requests {
			out = append(out, *f)
		}
	}
	return out
}

// Mark returns the present.
func (s *Server) Mark() Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Mark{s.journal.Total, s.journal.fetches}
}

// Fetches returns how many GET and HEAD requests have arrived in all, whatever
// the answer was. Requests of other methods get no key; only the log has them.
func (s *Server) Fetches() int { return s.FetchesSince(Mark{}) }

// FetchesSince returns how many GET and HEAD requests arrived after m.
func (s *Server) FetchesSince(m Mark) int { return s.Mark().fetches - m.fetches }

// WaitFetch waits until a GET or HEAD request has arrived after m. It returns an
// error that wraps the context's if ctx ends first.
func (s *Server) WaitFetch(ctx context.Context, m Mark) error {
	for {
		s.mu.Lock()
		found, arrived := s.journal.fetches > m.fetches, s.journal.arrived
		s.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("wellknown: no fetch of the key: %w", context.Cause(ctx))
		}
	}
}
