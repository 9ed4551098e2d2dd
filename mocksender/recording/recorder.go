package recording

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// DefaultMaxAnswer is how many bytes of the body of an answer a recording holds.
const DefaultMaxAnswer = 2 << 10

// maxSpare is the largest buffer that is kept for the next record.
const maxSpare = 256 << 10

// Recorder writes a recording: each attempt as one Record. It is safe for
// concurrent use and keeps nothing of what it has written. Make one with
// NewRecorder; its fields may be set before the first attempt.
//
// Deliveries that were not tried leave nothing in a recording.
//
// A recording is for sending again, so it is exact: the header fields and bytes
// of a request are written as they went out. Only the secrets that the caller
// names are not.
type Recorder struct {
	// Redact names header fields, in any case, whose values are written as
	// "(redacted)". A replay of such a record asks for them.
	Redact []string
	// WholeURL writes the target's URL with its userinfo and the values of its
	// query. Without it, these are written as "(redacted)", and a replay asks
	// for the URL.
	WholeURL bool
	// MaxAnswer is how many bytes of an answer's body are written, and of its
	// header fields together. Zero: DefaultMaxAnswer; below zero: none.
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
// the recording ends: Err and Close say why.
func (r *Recorder) Attempt(d mocksender.Delivery, a mocksender.Attempt) {
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

// Err returns why the recording is not complete, nil while it is. What is still
// in the buffer may fail later: only Close knows all.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("recording: the recording ends after about %d attempts, %d are missing: %w", r.n, r.lost, r.err)
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

// trim removes secrets from record, and what is too much of an answer. The parts
// of record are shared, so it replaces them.
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
		limit = DefaultMaxAnswer
	}
	limit = max(limit, 0)
	for _, o := range []*Outcome{record.Outcome, record.Target} {
		if o == nil {
			continue
		}
		o.Header = header.Trim(redactor.Header(o.Header), limit)
		o.Message = redactor.Text(o.Message)
		if o.Body = redactor.Body(o.Body); len(o.Body) > limit {
			o.Body, o.Truncated = cutText(o.Body, limit), true
		}
	}
}

// cutText returns the first limit bytes, or a few less so that no character is
// cut in two.
func cutText(b []byte, limit int) []byte {
	for cut := limit; cut > limit-utf8.UTFMax && cut > 0; cut-- {
		if utf8.RuneStart(b[cut]) {
			return b[:cut]
		}
	}
	return b[:limit]
}
