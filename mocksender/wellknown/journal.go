package wellknown

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fetch is one request for the key document.
type Fetch struct {
	N          int       // 1 for the first request of all
	At         time.Time // when it arrived
	Method     string
	RemoteAddr string // as net/http gives it, host and port
	UserAgent  string
	// Fault is the fault when the request arrived. A request that hung is answered
	// with the fault that came after.
	Fault Fault
	// Pending says that the answer has not ended.
	Pending bool
	// Status is the status sent, 0 if none was sent (yet).
	Status int
	// Bytes is how much of the body was taken, by the client or by the buffers on
	// the way to it.
	Bytes int64
	// Took is the time from arrival to the end of the answer, 0 while Pending.
	Took time.Duration
}

// maxText is how many bytes the log keeps of each text that a client chooses.
const maxText = 256

// Mark is a point in the life of a Server. The zero value is its beginning.
type Mark struct{ requests, fetches int }

// journal is guarded by Server.mu.
type journal struct {
	Mark                  // how many there were in all
	entries []*Fetch      // the latest, oldest first
	arrived chan struct{} // closed, and replaced, at each arrival
}

func (j *journal) add(f *Fetch, limit int) {
	j.requests++
	f.N = j.requests
	if reads(f.Method) {
		j.fetches++
	}
	// A full log drops a tenth at a time: dropping one each time would copy the
	// whole log for each request.
	if len(j.entries) >= limit {
		keep := j.entries[min(len(j.entries), limit/10+1):]
		j.entries = append(make([]*Fetch, 0, limit), keep...)
	}
	j.entries = append(j.entries, f)
	close(j.arrived)
	j.arrived = make(chan struct{})
}

// begin logs a request. It returns a channel that is closed when the fault
// changes.
func (s *Server) begin(r *http.Request) (*Fetch, <-chan struct{}) {
	f := &Fetch{At: time.Now(), Method: clip(r.Method), RemoteAddr: clip(r.RemoteAddr), UserAgent: clip(r.UserAgent()), Pending: true}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Fault = s.fault
	s.journal.add(f, cmp.Or(s.LogLimit, DefaultLogLimit))
	return f, s.changed
}

func (s *Server) end(f *Fetch, w *countingWriter) {
	took := time.Since(f.At)
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Pending, f.Status, f.Took = false, w.status, took
	if f.Method != http.MethodHead { // net/http takes that body and drops it
		f.Bytes = w.bytes
	}
}

func clip(s string) string { return strings.Clone(s[:min(len(s), maxText)]) }

// Log returns the requests that the log still holds, oldest first.
func (s *Server) Log() []Fetch { return s.Since(Mark{}) }

// Since returns the requests that arrived after m and that the log still holds,
// oldest first.
func (s *Server) Since(m Mark) []Fetch {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Fetch
	for _, f := range s.journal.entries {
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
	return s.journal.Mark
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

// countingWriter records the status and size of an answer. Unwrap gives
// http.ResponseController the methods of the writer below.
type countingWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *countingWriter) WriteHeader(status int) {
	w.status = cmp.Or(w.status, status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.status = cmp.Or(w.status, http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}
