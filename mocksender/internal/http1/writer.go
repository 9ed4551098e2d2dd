package http1

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// continueWait is how long a body waits for a 100 Continue that does not come.
const continueWait = time.Second

// finishWait is how long the end of a response waits for the end of its request
// before the connection is given up. That end may be on its way at this moment.
const finishWait = 50 * time.Millisecond

// writer is the writing half of an exchange.
type writer struct {
	err   error         // of a write that was over before reading began
	done  chan error    // nil for such a write; else gets the result once
	asked chan struct{} // gets a value when the target asks for the body
	stop  chan struct{} // closed when the rest of the body is pointless
}

var errStopped = errors.New("the rest of the request was not needed")

// start starts to write q to c. A small request is written at once; of others, the
// answer can be read while they are still on their way.
func (w *writer) start(c *conn, q *Request) {
	if q.whole != nil {
		_, w.err = c.Write(q.whole)
		return
	}
	w.done = make(chan error, 1)
	w.asked = make(chan struct{}, 1)
	w.stop = make(chan struct{})
	go func() {
		err := w.write(c, q)
		if err != nil && !wasCut(err) {
			c.abort() // nothing will come to end the reading
		}
		w.done <- err
	}()
}

// proceed says that the target asks for the body.
func (w *writer) proceed() {
	select {
	case w.asked <- struct{}{}:
	default: // it has asked before, or nobody waits for that
	}
}

// finish ends the writing and reports whether all was sent. It returns an error
// only where writing failed for a reason that reading does not show better.
func (w *writer) finish(c *conn) (sent bool, err error) {
	if w.done == nil {
		return w.err == nil, nil // readHead has reported it
	}
	close(w.stop)
	timer := time.NewTimer(finishWait)
	defer timer.Stop()
	select {
	case err = <-w.done:
	case <-timer.C:
		c.abort()
		err = <-w.done
	}
	if err != nil && !wasCut(err) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, errStopped) {
		return false, err
	}
	return err == nil, nil
}

// write writes head and body as q's Framing says.
func (w *writer) write(c *conn, q *Request) error {
	if _, err := c.Write(q.Head); err != nil {
		return err
	}
	if q.Framing.ExpectContinue {
		if err := w.await(w.asked, continueWait); err != nil {
			return err
		}
	}
	if err := w.writeBody(c, q); err != nil {
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

func (w *writer) writeBody(c *conn, q *Request) error {
	body := q.Body
	if q.Framing.CutAt > 0 {
		body = body[:q.Framing.CutAt]
	}
	n := min(q.pieces(), max(len(body), 1))
	for i := range n {
		if i > 0 {
			if err := w.await(nil, q.Framing.Pause); err != nil {
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
func (w *writer) await(event <-chan struct{}, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-event:
	case <-timer.C:
	case <-w.stop:
	}
	select {
	case <-w.stop:
		return errStopped
	default:
		return nil
	}
}
