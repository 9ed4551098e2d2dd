package mocksender

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Pipeline sends deliveries one after the other on one connection, for as long as
// the target keeps it. It is for what depends on the connection: a Sender
// leaves a connection on which bytes came that nobody asked for, whereas a Pipeline
// takes them for the next answer, as a client does that trusts the framing. A
// Pipeline serves one goroutine. Make one with Sender.Pipeline, and Close it in the
// end.
type Pipeline struct {
	s   *Sender
	url string
	c   *conn // nil: none is open
}

// Pipeline returns a line to the http or https URL. It connects when something is
// first sent.
func (s *Sender) Pipeline(url string) *Pipeline { return &Pipeline{s: s, url: url} }

// Send makes one attempt of d, on the line's connection if that is still open
// and else on a new one. reused says that the connection had carried an answer
// before. Neither retries nor faults nor health apply. The error is that of
// Sender.Send.
func (l *Pipeline) Send(ctx context.Context, d Delivery) (r Receipt, reused bool, err error) {
	r = Receipt{URL: l.url, Delivery: d, Health: Healthy}
	q, d, err := l.s.prepare(l.url, d)
	if r.Delivery = d; err != nil {
		return r, false, err
	}
	if ctx.Err() != nil {
		r.Fate = Abandoned
		return r, false, nil
	}
	a := Attempt{N: 1, At: time.Now(), Request: q.Request, Reached: true}
	a.Outcome, reused, a.Resent = l.attempt(ctx, q)
	r.Attempts = []Attempt{a}
	r.Fate = FateOf(a.Outcome)
	if l.s.o.OnAttempt != nil {
		l.s.o.OnAttempt(d, a)
	}
	if a.Outcome.Class == ClassOwn {
		return r, reused, fmt.Errorf("mocksender: %w", a.Outcome.Err)
	}
	return r, reused, nil
}

func (l *Pipeline) attempt(caller context.Context, q *request) (o Outcome, reused, resent bool) {
	t, cancel := l.s.begin(caller, q)
	defer cancel()
	if l.c != nil {
		c := l.c
		o = l.exchange(t, c)
		if !t.stale(c, o) {
			return o, true, false
		}
		resent = true
	}
	c, failure := l.s.dialer.connect(t)
	if failure != nil {
		return Outcome{Err: failure, Class: failure.Class, Took: time.Since(t.start)}, false, resent
	}
	return l.exchange(t, c), false, resent
}

// exchange sends on c, and keeps it if it can be used again.
func (l *Pipeline) exchange(t *try, c *conn) Outcome {
	o, keep := t.exchange(c)
	if l.c = c; !keep {
		l.Close()
	}
	return o
}

// Close closes the connection, if one is open.
func (l *Pipeline) Close() {
	if l.c != nil {
		l.c.abort()
		l.c = nil
	}
}

// IdlePoint says how much of a request comes before nothing more does.
type IdlePoint string

const (
	IdleAtOnce IdlePoint = "at-once" // a connection on which nothing is sent
	IdleInHead IdlePoint = "in-head" // half of the header
	IdleInBody IdlePoint = "in-body" // the header and half of the body
)

// OpenIdle opens a connection of its own to the http or https URL and sends d as
// far as where says; then it sits there until it is closed. Closing it does not
// wait for the target.
//
// The time-out bounds the opening. A target that does not take the connection,
// or what is sent, is an error that wraps a *NetError; other errors are those
// of Send.
func (s *Sender) OpenIdle(ctx context.Context, url string, d Delivery, where IdlePoint) (io.Closer, error) {
	q, _, err := s.prepare(url, d)
	if err != nil {
		return nil, err
	}
	var part []byte
	switch where {
	case IdleAtOnce:
	case IdleInHead:
		part = q.Head[:len(q.Head)/2]
	case IdleInBody:
		part = append(q.Head[:len(q.Head):len(q.Head)], q.Body[:len(q.Body)/2]...)
	default:
		return nil, fmt.Errorf("mocksender: unknown stall %q", where)
	}
	t, cancel := s.begin(ctx, q)
	defer cancel()
	c, failure := s.dialer.connect(t)
	if failure != nil {
		return nil, fmt.Errorf("mocksender: %w", failure)
	}
	stop := context.AfterFunc(t.ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := c.Write(part); len(part) > 0 && err != nil {
		failure := t.classify(err, t.answerer(), "did not read the request")
		c.abort()
		return nil, fmt.Errorf("mocksender: %w", failure)
	}
	return stalled{c}, nil
}

// stalled is a connection that is closed without a word.
type stalled struct{ c *conn }

func (s stalled) Close() error { return s.c.raw.Close() }
