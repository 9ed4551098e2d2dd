package mocksender

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"
)

// IdlePoint says how much of a request comes before nothing more does.
type IdlePoint string

const (
	IdleAtOnce IdlePoint = "at-once" // a connection on which nothing is sent
	IdleInHead IdlePoint = "in-head" // half of the header
	IdleInBody IdlePoint = "in-body" // the header and half of the body
	IdleAtEnd  IdlePoint = "at-end"  // the whole request, whose answer nobody reads
)

// OpenIdle opens a connection of its own to the http or https URL, sends d as
// far as where says, and then nothing until it is closed. Closing it does not
// wait for the target.
//
// The time-out bounds the opening. A target that does not take the connection,
// or what is sent, is an error that wraps a *NetError; other errors are those
// of Send.
func (s *Sender) OpenIdle(ctx context.Context, url string, d Delivery, where IdlePoint) (io.Closer, error) {
	p, err := s.Prepare(url, d)
	if err != nil {
		return nil, err
	}
	head, body := p.Request.Head, p.Request.Body
	var part []byte
	switch where {
	case IdleAtOnce:
	case IdleInHead:
		part = head[:len(head)/2]
	case IdleInBody:
		part = slices.Concat(head, body[:len(body)/2])
	case IdleAtEnd:
		part = slices.Concat(head, body)
	default:
		return nil, fmt.Errorf("mocksender: unknown idle point %q", where)
	}
	c, failure := s.client.OpenIdle(ctx, p.wire, part)
	if failure != nil {
		return nil, fmt.Errorf("mocksender: %w", newNetError(failure))
	}
	return c, nil
}

// Bounds of the time in which a proxy that leads to nobody ends a connection. A millisecond is
// enough, unless the machine is busy. A server that ends connections without a request waits longer.
const (
	endsLeast = 25 * time.Millisecond
	endsMost  = 100 * time.Millisecond
)

// EndsAtOnce reports whether the target ends a new connection at once, without a byte and
// without being asked for anything. A proxy that publishes the port of a container does so as
// long as nothing listens behind it. It is given an eighth of the time that the start took so
// far, at least 25 milliseconds and at most 100. c is a net.Conn, or what OpenIdle returned,
// and is of no use afterwards but to be closed.
func EndsAtOnce(c io.Closer, took time.Duration) bool {
	conn, ok := c.(net.Conn)
	if !ok || conn.SetReadDeadline(time.Now().Add(min(max(took/8, endsLeast), endsMost))) != nil {
		return false
	}
	n, err := conn.Read(make([]byte, 1))
	return n == 0 && !errors.Is(err, os.ErrDeadlineExceeded)
}
