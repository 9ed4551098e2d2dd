package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Window is how many bytes one direction of a connection holds before its
// writer blocks.
const Window = 64 << 10

// stream is one direction of a connection: one end writes, the other reads.
type stream struct {
	mu   sync.Mutex
	turn sync.Cond // signalled at every change below

	buf []byte // written and not yet read

	ended  bool // the writer closed its side: EOF once buf is read
	reset  bool // the connection was aborted: an error once buf is read
	closed bool // the reader is gone: nothing may be written any more

	readBy, writeBy deadline
}

func newStream() *stream {
	s := new(stream)
	s.turn.L = &s.mu
	return s
}

// read is called by the reading end.
func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.closed:
			return 0, net.ErrClosed
		case s.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case len(s.buf) > 0:
			n := copy(p, s.buf)
			s.buf = s.buf[n:]
			if len(s.buf) == 0 {
				s.buf = nil // frees the array
			}
			s.turn.Broadcast()
			return n, nil
		case s.reset:
			return 0, os.NewSyscallError("read", syscall.ECONNRESET)
		case s.ended:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		s.turn.Wait()
	}
}

// write is called by the writing end. It returns once all of p is in the
// window, or with the number of bytes that are.
func (s *stream) write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.reset:
			return n, os.NewSyscallError("write", syscall.ECONNRESET)
		case s.closed, s.ended:
			return n, os.NewSyscallError("write", syscall.EPIPE)
		case s.writeBy.passed():
			return n, os.ErrDeadlineExceeded
		case len(p) == 0:
			return n, nil
		}
		if room := min(Window-len(s.buf), len(p)); room > 0 {
			s.buf = append(s.buf, p[:room]...)
			p, n = p[room:], n+room
			s.turn.Broadcast()
			continue
		}
		s.turn.Wait()
	}
}

// end is called by the writing end: no more will be written.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.writeBy.stop()
	s.turn.Broadcast()
}

// leave is called by the reading end: nothing more will be read. It reports
// whether bytes were left unread, which makes a close a reset.
func (s *stream) leave() (unread bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	unread = len(s.buf) > 0
	s.closed, s.buf = true, nil
	s.readBy.stop()
	s.turn.Broadcast()
	return unread
}

// abort makes both ends fail once what was written before is read.
func (s *stream) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset = true
	s.turn.Broadcast()
}

// set changes d, one of the stream's two deadlines.
func (s *stream) set(d *deadline, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.stop()
	d.at = t
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		d.timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.turn.Broadcast()
		})
	}
	s.turn.Broadcast()
}

// deadline is a moment from which an operation fails; zero is none. The
// stream's lock guards it.
type deadline struct {
	at    time.Time
	timer *time.Timer // wakes the waiting operation at that moment
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
