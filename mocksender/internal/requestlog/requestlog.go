// Package requestlog is what the instruments share that log their requests: the
// entry of a request, the list of the latest entries, and a writer that notes
// how an answer went. It imports the standard library only.
package requestlog

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Request is one request in a log.
type Request struct {
	N          int       // 1 for the first request of all
	At         time.Time // when it arrived
	Method     string
	RemoteAddr string // as net/http gives it, host and port
	UserAgent  string
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

// Arrived returns the entry of a request that arrives now.
func Arrived(r *http.Request) Request {
	return Request{At: time.Now(), Method: Clip(r.Method), RemoteAddr: Clip(r.RemoteAddr), UserAgent: Clip(r.UserAgent()), Pending: true}
}

// End notes how the answer went that was written to w.
func (q *Request) End(w *Writer) {
	q.Pending, q.Status, q.Took = false, w.status, time.Since(q.At)
	if q.Method != http.MethodHead { // net/http takes that body and drops it
		q.Bytes = w.bytes
	}
}

// maxText is how many bytes a log keeps of each text that a client chooses.
const maxText = 256

// Clip returns a bounded copy, because part of a string keeps the whole string
// in memory.
func Clip(s string) string { return strings.Clone(s[:min(len(s), maxText)]) }

// Log holds the latest requests, oldest first, each with what its owner knows of
// it. The owner guards it.
type Log[E any] struct {
	Latest []*E
	Total  int // how many there were in all
}

// Add adds e, of at most limit, and returns its number.
func (l *Log[E]) Add(e *E, limit int) int {
	// A full log drops a tenth at a time: dropping one each time would copy the
	// whole log for each request.
	if len(l.Latest) >= limit {
		l.Latest = slices.Clone(l.Latest[min(len(l.Latest), limit/10+1):])
	}
	l.Latest = append(l.Latest, e)
	l.Total++
	return l.Total
}

// Writer notes the status and the size of an answer. Unwrap gives
// http.ResponseController the methods of the writer inside.
type Writer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *Writer) WriteHeader(status int) {
	w.status = cmp.Or(w.status, status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *Writer) Write(p []byte) (int, error) {
	w.status = cmp.Or(w.status, http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}
