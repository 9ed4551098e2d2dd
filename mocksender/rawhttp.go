package mocksender

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// continueWait is how long a body is held back for a 100 Continue that does
// not come.
const continueWait = time.Second

// patience is how long the end of the response waits for the end of the
// request, which may have gone out this very moment, before the connection is
// given up.
const patience = 50 * time.Millisecond

// sending is the writing half of an exchange.
type sending struct {
	err     error         // of a write that was over before reading began
	done    chan error    // nil for such a write; else gets the result once
	asked   chan struct{} // closed when the target asks for the body
	stop    chan struct{} // closed when the rest of the body is pointless
	proceed func()        // closes asked
}

var errStopped = errors.New("mocksender: the rest of the request was not needed")

// send starts to write the request. A small one is written at once; of
// others, the answer can be read while they are still on their way.
func (t *try) send(c *conn) *sending {
	if t.q.whole != nil {
		_, err := c.Write(t.q.whole)
		return &sending{err: err, proceed: func() {}}
	}
	s := &sending{
		done:  make(chan error, 1),
		asked: make(chan struct{}),
		stop:  make(chan struct{}),
	}
	asked := false
	s.proceed = func() {
		if !asked {
			asked = true
			close(s.asked)
		}
	}
	go func() {
		err := s.write(c, t.q)
		if err != nil && !wasCut(err) {
			c.abort() // nothing will come to end the reading
		}
		s.done <- err
	}()
	return s
}

// finish ends the writing and reports whether all was sent. It returns an
// error where writing failed for a reason of its own, one that reading does
// not show better.
func (s *sending) finish(c *conn) (sent bool, err error) {
	if s.done == nil {
		return s.err == nil, nil // readHead has looked at it
	}
	close(s.stop)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err = <-s.done:
	case <-timer.C:
		c.abort()
		err = <-s.done
	}
	if err != nil && !wasCut(err) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, errStopped) {
		return false, err
	}
	return err == nil, nil
}

// write writes head and body as q's Framing says.
func (s *sending) write(c *conn, q *request) error {
	if _, err := c.Write(q.Head); err != nil {
		return err
	}
	if q.Framing.ExpectContinue {
		if err := s.await(s.asked, continueWait); err != nil {
			return err
		}
	}
	if err := s.writeBody(c, q); err != nil {
		return err
	}
	if q.Framing.CutAt > 0 {
		return c.endWriting()
	}
	if q.Framing.Chunked {
		_, err := c.Write([]byte("0\r\n\r\n"))
		return err
	}
	return nil
}

func (s *sending) writeBody(c *conn, q *request) error {
	body := q.Body
	if q.Framing.CutAt > 0 {
		body = body[:q.Framing.CutAt]
	}
	n := min(q.pieces(), max(len(body), 1))
	for i := range n {
		if i > 0 {
			if err := s.await(nil, q.Framing.Pause); err != nil {
				return err
			}
		}
		piece := body[i*len(body)/n : (i+1)*len(body)/n]
		if q.Framing.Chunked && len(piece) > 0 {
			piece = fmt.Appendf(nil, "%x\r\n%s\r\n", len(piece), piece)
		}
		if _, err := c.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// await returns when event happens or wait has passed, and with errStopped if
// the rest is not needed.
func (s *sending) await(event <-chan struct{}, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-event:
	case <-timer.C:
	case <-s.stop:
	}
	select {
	case <-s.stop:
		return errStopped
	default:
		return nil
	}
}
