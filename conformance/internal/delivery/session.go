package delivery

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Session sends for one check. A delivery that cannot be sent, which is a failure
// of the harness, is reported to failed; the exchange is empty then. No method
// returns a nil exchange.
type Session struct {
	c      *Client
	ctx    context.Context
	check  string                // the check's id
	valid  func(rtk.Event) error // the shape that the check's events have; nil: any
	failed func(label string, err error)
}

// Session returns a Session that ends with ctx.
func (c *Client) Session(ctx context.Context, check string, valid func(rtk.Event) error, failed func(label string, err error)) *Session {
	return &Session{c, ctx, check, valid, failed}
}

// Within returns a Session that ends after d as well: what is not answered by then
// is abandoned. Call cancel in the end.
func (s *Session) Within(d time.Duration) (limited *Session, cancel context.CancelFunc) {
	out := *s
	out.ctx, cancel = context.WithTimeout(s.ctx, d)
	return &out, cancel
}

// Send sends d with the retries of its kind.
func (s *Session) Send(kind exchange.Kind, label string, d mocksender.Delivery) *exchange.Exchange {
	release, err := s.c.pace.acquire(s.ctx)
	if err != nil {
		return &exchange.Exchange{Label: label, Receipt: mocksender.Receipt{Delivery: d, Fate: mocksender.Abandoned}}
	}
	defer release()
	x, err := s.send(s.c.choose(kind, d), kind, label, d)
	if err != nil {
		s.failed(label, err)
		return x
	}
	s.c.pace.learn(x)
	// Where nothing genuine is sent, only silence shows that the target is gone: it
	// may fail at one forgery and refuse the next.
	if kind == exchange.Genuine || s.c.o.Production && (x.Answer == exchange.Silent || x.Answer == exchange.Refused) {
		s.c.Breaker.observe(s.check, x)
	}
	return x
}

// First sends the first delivery of a run. It waits for a target that is still
// starting.
func (s *Session) First(label string, d mocksender.Delivery) *exchange.Exchange {
	x, err := s.send(s.c.warmUp, exchange.Genuine, label, d)
	if err != nil {
		s.failed(label, err)
	}
	return x
}

// Disregard takes x out of all accounts: it was signed by a key that the target could
// not have.
func (s *Session) Disregard(x *exchange.Exchange) { s.c.Log.disregard(x) }

// Once makes a single attempt of d.
func (s *Session) Once(kind exchange.Kind, label string, d mocksender.Delivery) *exchange.Exchange {
	release, err := s.c.pace.acquire(s.ctx)
	if err != nil {
		return &exchange.Exchange{Label: label}
	}
	defer release()
	x := s.begin(kind, label, d).Wait()
	s.c.pace.learn(x)
	return x
}

// Together delivers all at one instant, at most width at a time (0: all), and
// returns the results in order. A 5xx is retried; rate limits are final.
func (s *Session) Together(width int, label string, deliveries []mocksender.Delivery) []*exchange.Exchange {
	return s.together(cmp.Or(width, len(deliveries)), 0, label, deliveries)
}

// Staggered is Together with a gap between one delivery and the next.
func (s *Session) Staggered(gap time.Duration, label string, deliveries []mocksender.Delivery) []*exchange.Exchange {
	return s.together(len(deliveries), gap, label, deliveries)
}

func (s *Session) together(width int, gap time.Duration, label string, deliveries []mocksender.Delivery) []*exchange.Exchange {
	out := make([]*exchange.Exchange, len(deliveries))
	errs := make([]error, len(deliveries))
	slots := make(chan struct{}, width)
	start := make(chan struct{})
	var wg, signed sync.WaitGroup
	for i, d := range deliveries {
		signed.Add(1)
		wg.Go(func() {
			s.Sign(d.Event) // otherwise they would go out one by one, as they are signed
			signed.Done()
			<-start
			pause.For(s.ctx, time.Duration(i)*gap)
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i], errs[i] = s.send(s.c.plain, exchange.Genuine, label, d)
		})
	}
	signed.Wait()
	close(start)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			s.failed(label, err)
		}
	}
	return out
}

// send sends d at once and records it.
func (s *Session) send(sender *mocksender.Sender, kind exchange.Kind, label string, d mocksender.Delivery) (*exchange.Exchange, error) {
	s.c.take(sender)
	disturbed := s.c.o.Disturbed()
	receipt, err := sender.Send(s.ctx, s.c.o.URL, s.declare(kind, d))
	if err != nil {
		return &exchange.Exchange{Label: label}, err
	}
	x := s.exchange(kind, label, receipt)
	switch last := x.Last().Outcome; {
	case disturbed && x.Answer == exchange.Limited && last.Status == http.StatusServiceUnavailable:
		x.Answer = exchange.Failing // it asks for time to get its key
	case x.Answer == exchange.Limited && s.c.pace.asksForTime(kind, last):
		x.Answer = exchange.Failing
	case !disturbed && x.Answer == exchange.Failing && s.c.pace.limits(last):
		x.Answer = exchange.Limited
	}
	s.c.Log.add(x)
	s.c.failures.observe(x)
	return x, nil
}

func (s *Session) exchange(kind exchange.Kind, label string, receipt mocksender.Receipt) *exchange.Exchange {
	x := &exchange.Exchange{Receipt: receipt, Kind: kind, Check: s.check, Answer: exchange.AnswerOf(receipt), Label: label, Ended: time.Now()}
	if d, ok := receipt.Delivery.Declared.(declaration); ok {
		x.Made, x.Delivery.Declared = d.made, nil
	}
	return x
}

// Presign says that events are going to be sent as they are, in this order, so
// that they can be signed meanwhile. Those that are not subscribed are left out.
// It only changes the time that a run takes.
func (s *Session) Presign(events ...rtk.Event) {
	for _, e := range events {
		if !e.Type.Known() || s.c.o.Subscribed(e.Type) {
			s.c.presigner.sign(s.c.override, e.Body)
		}
	}
}

// Sign signs an event that is sent soon.
func (s *Session) Sign(e rtk.Event) { s.c.single.Presign(s.c.override(e.Body)) }

// Reconnect has what is sent next come on a new connection: where a target has several
// workers, the connection decides which of them gets it.
func (s *Session) Reconnect() { s.c.CloseIdle() }

// NewUUID returns a uuid that no other delivery of the run has.
func (s *Session) NewUUID() string { return s.c.uuids.Next() }
