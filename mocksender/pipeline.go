package mocksender

import (
	"context"
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
)

// Pipeline sends deliveries one after the other on one connection, for as long as
// the target keeps it. It is for what depends on the connection. A Sender leaves
// a connection on which bytes came unasked; a Pipeline takes them for the next
// answer, as a client does that trusts the framing. A Pipeline serves one
// goroutine. Make one with Sender.Pipeline, and Close it in the end.
type Pipeline struct {
	s    *Sender
	url  string
	conn *http1.Pipeline
}

// Pipeline returns a Pipeline to the http or https URL. It connects when
// something is first sent.
func (s *Sender) Pipeline(url string) *Pipeline {
	return &Pipeline{s: s, url: url, conn: s.client.NewPipeline()}
}

// Send makes one attempt of d, on the open connection if there is one and else
// on a new one. reused says that the connection had carried an answer before.
// Neither retries nor faults nor health apply. The error is that of
// Sender.Send.
func (l *Pipeline) Send(ctx context.Context, d Delivery) (r Receipt, reused bool, err error) {
	r = Receipt{URL: l.url, Delivery: d, Health: Healthy}
	p, err := l.s.Prepare(l.url, d)
	if r.Delivery = p.Delivery; err != nil {
		return r, false, err
	}
	if ctx.Err() != nil {
		r.Fate = Abandoned
		return r, false, nil
	}
	a := Attempt{N: 1, At: time.Now(), Request: p.Request, Reached: true}
	res := l.conn.Do(ctx, p.wire)
	a.Outcome, a.Resent = newOutcome(res), res.Resent
	r.Attempts = []Attempt{a}
	r.Fate = FateOf(a.Outcome)
	if l.s.o.OnAttempt != nil {
		l.s.o.OnAttempt(p.Delivery, a)
	}
	if a.Outcome.Class == ClassOwn {
		return r, res.Reused, fmt.Errorf("mocksender: %w", a.Outcome.Err)
	}
	return r, res.Reused, nil
}

// Close closes the connection, if one is open.
func (l *Pipeline) Close() { l.conn.Close() }
