package delivery

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
)

// Pipeline sends deliveries on one connection. It belongs to the goroutine of its
// check. Close it in the end.
type Pipeline struct {
	*mocksender.Pipeline
	s *Session
}

// Pipeline returns one connection to the target. It is used for as long as the
// target keeps it, and whatever comes on it is taken for the answer.
func (s *Session) Pipeline() *Pipeline { return &Pipeline{s.c.single.Pipeline(s.c.o.URL), s} }

// Send makes a single attempt of a nonstandard delivery. reused says that the
// connection had carried an answer before.
func (l *Pipeline) Send(label string, d mocksender.Delivery) (x *exchange.Exchange, reused bool) {
	s := l.s
	release, err := s.c.pace.acquire(s.ctx)
	if err != nil {
		return &exchange.Exchange{Label: label}, false
	}
	defer release()
	s.c.take(s.c.single)
	receipt, reused, err := l.Pipeline.Send(s.ctx, s.declare(exchange.Nonstandard, d))
	if err != nil {
		s.failed(label, err)
		return &exchange.Exchange{Label: label}, false
	}
	x = s.exchange(exchange.Nonstandard, label, receipt)
	s.c.Log.add(x)
	s.c.pace.learn(x)
	return x, reused
}

// How idle connections are opened.
const (
	idleAtATime = 16
	idleTime    = time.Second // for all of them
)

// OpenIdle opens n connections to the target on which a request does not end: one
// third are silent, one third end in the header of d, one third in its body. After
// a second it opens no more. open is how many are open; release closes them.
func (s *Session) OpenIdle(n int, d mocksender.Delivery) (open int, release func()) {
	ctx, cancel := context.WithTimeout(s.ctx, idleTime)
	defer cancel()
	d = s.declare(exchange.Nonstandard, d)
	points := []mocksender.IdlePoint{mocksender.IdleAtOnce, mocksender.IdleInHead, mocksender.IdleInBody}
	connections := make([]io.Closer, n)
	errs := make([]error, n)
	slots := make(chan struct{}, idleAtATime)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				connections[i], errs[i] = s.c.single.OpenIdle(ctx, s.c.o.URL, d, points[i%len(points)])
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil && !isRefusal(err) {
			s.failed("an unfinished delivery", err)
			break
		}
		if connections[i] != nil {
			open++
		}
	}
	return open, func() {
		for _, c := range connections {
			if c != nil {
				_ = c.Close()
			}
		}
	}
}

// isRefusal reports an error of the target, not of the harness.
func isRefusal(err error) bool {
	refused := new(mocksender.NetError)
	return errors.As(err, &refused)
}

// HangUp sends d once, and closes the connection after wait, whatever the target does. It
// reads no answer.
func (s *Session) HangUp(wait time.Duration, label string, d mocksender.Delivery) {
	release, err := s.c.pace.acquire(s.ctx)
	if err != nil {
		return
	}
	defer release()
	c, err := s.c.single.OpenIdle(s.ctx, s.c.o.URL, s.declare(exchange.Nonstandard, d), mocksender.IdleAtEnd)
	if err != nil {
		if !isRefusal(err) {
			s.failed(label, err)
		}
		return
	}
	pause.For(s.ctx, wait)
	_ = c.Close()
}

// Knock opens one connection to the target and closes it. refused says that the
// error is the target's. ends, if it is not nil, reports whether the target ends the
// connection at once: that is such an error, too.
func (s *Session) Knock(d mocksender.Delivery, ends func(io.Closer) bool) (refused bool, err error) {
	c, err := s.c.single.OpenIdle(s.ctx, s.c.o.URL, s.declare(exchange.Nonstandard, d), mocksender.IdleAtOnce)
	if err != nil {
		return isRefusal(err), err
	}
	defer c.Close()
	if ends != nil && ends(c) {
		return true, errEnds
	}
	return false, nil
}

// errEnds is what Knock finds at a proxy with nobody behind it.
var errEnds = errors.New("it keeps no connection open (a proxy without a receiver behind it?)")
