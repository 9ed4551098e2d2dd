package mocksender

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// DefaultRecordAnswer is how many bytes of an answer's body a recording holds.
const DefaultRecordAnswer = 2 << 10

// maxSpare is the largest buffer that is kept for the next record.
const maxSpare = 256 << 10

// Recorder writes a recording: each attempt as one Record. It is safe for
// concurrent use and keeps nothing of what it has written. Make one with
// NewRecorder; its fields may be set before the first attempt.
//
// Deliveries that were not tried leave nothing in a recording.
//
// A recording is for sending again, so what it holds is exact: the request's
// header fields and bytes are written as they went out. Secrets among them are
// the exception that the caller names.
type Recorder struct {
	// Redact names header fields, in any case, whose values are written as
	// "(redacted)". A replay of such a record asks for them anew.
	Redact []string
	// WholeURL writes the target's URL with its userinfo and the values of its
	// query. Without it, these are written as "(redacted)", and a replay asks
	// for the URL.
	WholeURL bool
	// MaxAnswer is how many bytes of an answer's body are written, and of its
	// header fields together. Zero: DefaultRecordAnswer; below zero: none.
	MaxAnswer int

	spare sync.Pool // *[]byte

	mu     sync.Mutex
	out    *bufio.Writer
	closed bool
	n      int
	lost   int
	err    error
}

// NewRecorder returns a Recorder that writes to w, through a buffer. Whoever
// opened w closes it, after Close.
func NewRecorder(w io.Writer) *Recorder {
	return &Recorder{out: bufio.NewWriterSize(w, 64<<10)}
}

// Attempt writes one attempt. It fits Options.OnAttempt. Where writing fails,
// the recording ends there: Err and Close tell why.
func (r *Recorder) Attempt(d Delivery, a Attempt) {
	record := newRecord(d, a)
	r.trim(&record)
	buf, _ := r.spare.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	line, err := record.AppendJSON((*buf)[:0])
	r.write(append(line, '\n'), err)
	if cap(line) <= maxSpare {
		*buf = line
		r.spare.Put(buf)
	}
}

func (r *Recorder) write(line []byte, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed && r.err == nil {
		err = errors.New("it was closed before this attempt")
	}
	if r.err != nil || err != nil {
		r.lost++
		r.keep(err)
		return
	}
	if _, err := r.out.Write(line); err != nil {
		r.lost++
		r.keep(err)
		return
	}
	r.n++
}

// keep makes err the recording's error, unless it has one. The lock is held.
func (r *Recorder) keep(err error) {
	if r.err == nil && err != nil {
		r.err = err
	}
}

// Err returns why the recording is not complete, nil while it is. The buffer
// may still hold what cannot be written: only Close knows all.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("mocksender: the recording ends after about %d attempts, %d are missing: %w", r.n, r.lost, r.err)
}

// Written returns how many attempts were written so far, buffered ones
// included.
func (r *Recorder) Written() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// Close writes what is left in the buffer and returns the same as Err.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		r.keep(r.out.Flush())
	}
	r.mu.Unlock()
	return r.Err()
}

// trim takes from record, whose parts are shared, secrets and what is too much
// of an answer.
func (r *Recorder) trim(record *Record) {
	secrets := redact.Secrets{Fields: r.Redact}
	if !r.WholeURL {
		secrets.AddURL(record.URL)
		record.URL = redact.URL(record.URL)
	}
	if len(r.Redact) > 0 {
		secrets.AddHeader(record.Header)
		record.Header = redact.Values(record.Header, r.Redact)
	}
	redactor := secrets.Redactor()
	limit := r.MaxAnswer
	if limit == 0 {
		limit = DefaultRecordAnswer
	}
	limit = max(limit, 0)
	for _, o := range []*RecordOutcome{record.Outcome, record.Target} {
		if o == nil {
			continue
		}
		o.Header = trimHeader(redactor.Header(o.Header), limit)
		o.Message = redactor.Text(o.Message)
		if o.Body = redactor.Body(o.Body); len(o.Body) > limit {
			o.Body, o.Truncated = cutText(o.Body, limit), true
		}
	}
}
