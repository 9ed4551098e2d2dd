package delivery

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

// Flight is a single attempt under way.
type Flight struct {
	s    *Session
	over chan struct{} // closed when the rest is there
	x    *exchange.Exchange
	err  error
}

// Start begins a single attempt of d at once, whatever rate the user wants. If the
// target was found to limit its rate, that is waited for.
func (s *Session) Start(kind exchange.Kind, label string, d mocksender.Delivery) *Flight {
	if s.c.Found() > 0 {
		_ = s.c.pace.limiter.Wait(s.ctx) // the caller's ctx has ended
	}
	return s.begin(kind, label, d)
}

// StartInTurn is Start for an attempt that need not be at once: it waits for the rate of
// the run, and for a target that has said that it limits its own.
func (s *Session) StartInTurn(kind exchange.Kind, label string, d mocksender.Delivery) *Flight {
	s.c.pace.awaitTurn(s.ctx)
	return s.begin(kind, label, d)
}

func (s *Session) begin(kind exchange.Kind, label string, d mocksender.Delivery) *Flight {
	return s.start(func() (*exchange.Exchange, error) { return s.send(s.c.single, kind, label, d) })
}

// StartUnlogged is Start for a nonstandard delivery of which the log keeps no body: a
// large one would be kept for as long as the run.
func (s *Session) StartUnlogged(label string, d mocksender.Delivery) *Flight {
	return s.start(func() (*exchange.Exchange, error) {
		receipt, err := s.c.single.Send(s.ctx, s.c.o.URL, s.declare(exchange.Nonstandard, d))
		x := s.exchange(exchange.Nonstandard, label, receipt)
		if err == nil {
			s.c.Log.addLarge(*x)
		}
		return x, err
	})
}

func (s *Session) start(send func() (*exchange.Exchange, error)) *Flight {
	f := &Flight{s: s, over: make(chan struct{})}
	go func() {
		defer close(f.over)
		f.x, f.err = send()
	}()
	return f
}

// Over is closed when the attempt is over.
func (f *Flight) Over() <-chan struct{} { return f.over }

// Wait waits for the end of the attempt. Call it once.
func (f *Flight) Wait() *exchange.Exchange {
	<-f.over
	if f.err != nil {
		f.s.failed(f.x.Label, f.err)
	}
	return f.x
}

// Overlapping delivers d once, and after gap the same again while the first is
// under way. When both have been under way for gap, it calls release; held
// reports that the first was under way until then. If the first is answered
// before the second is sent, the second is nil.
func (s *Session) Overlapping(gap time.Duration, label, duplicate string, d mocksender.Delivery, release func()) (first, second *exchange.Exchange, held bool) {
	one := s.StartInTurn(exchange.Nonstandard, label, d)
	timer := time.NewTimer(gap)
	defer timer.Stop()
	select {
	case <-one.Over():
		release()
		return one.Wait(), nil, false
	case <-timer.C:
	}
	two := s.Start(exchange.Nonstandard, duplicate, d)
	select {
	case <-one.Over():
	case <-s.ctx.Done():
	case <-time.After(gap):
		held = true
	}
	release()
	return one.Wait(), two.Wait(), held
}
