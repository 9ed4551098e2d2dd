package mocksender

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Sender signs deliveries and sends them. It is safe for concurrent use. Make
// one with New, and Close it in the end.
type Sender struct {
	o      Options // filled
	signer *signer
	dialer *dialer
	pool   *pool
	health *Health
	// hasty is how often BodyTime is halved for the next body.
	hasty atomic.Int32
}

// Send delivers d to the http or https URL and says how that went. It makes
// attempts until one is answered 2xx or the retry policy ends it; if ctx ends
// first, the receipt says Abandoned and holds what happened until then.
//
// An error means that the delivery could not be made, never that the target
// failed: the URL is unusable (ErrURL), signing failed, a mutation or header
// cannot be applied, or this process may open no more connections (a *NetError
// of ClassOwn).
func (s *Sender) Send(ctx context.Context, url string, d Delivery) (Receipt, error) {
	r := Receipt{URL: url, Delivery: d, Health: s.health.Admit(url)}
	if r.Health == Reduced {
		orDefault(&r.Delivery.UUID, s.o.IDs.Next)
		orDefault(&r.Delivery.WebhookID, func() string { return s.o.WebhookID })
		r.Fate = NotTried
		return r, nil
	}
	err := s.deliver(ctx, &r)
	if err == nil {
		s.health.Learn(url, r.Fate)
	}
	return r, err
}

// deliver makes the attempts of r and fills it in.
func (s *Sender) deliver(ctx context.Context, r *Receipt) error {
	p, err := s.Prepare(r.URL, r.Delivery)
	if r.Delivery = p.Delivery; err != nil {
		return err
	}
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			r.Fate = Abandoned
			return nil
		}
		a := p.Try(ctx, n)
		r.Attempts = append(r.Attempts, a)
		if a.Outcome.Class == ClassOwn {
			r.Fate = Abandoned
			return fmt.Errorf("mocksender: %w", a.Outcome.Err)
		}
		wait, again := s.next(r, a)
		if !again {
			r.Fate = FateOf(a.Outcome)
			return nil
		}
		pause(ctx, wait)
		if s.o.RetryUUID == NewUUID {
			if p.q, err = s.renumbered(p.q, r.Delivery); err != nil {
				return err
			}
		}
	}
}

// Prepared is a delivery whose bytes stand: signed, changed by its mutations
// and laid out. Every attempt sends the same.
type Prepared struct {
	// Delivery is what was given, with its UUID and WebhookID filled in.
	Delivery Delivery

	s      *Sender
	q      *request
	faults FaultPlan
}

// Prepare signs d and lays it out for the http or https URL. It is for callers
// that keep their own schedule of retries and account of health, which Send has
// of itself. Errors are those of Send; the Prepared then holds the Delivery
// alone.
func (s *Sender) Prepare(url string, d Delivery) (*Prepared, error) {
	p := &Prepared{Delivery: d, s: s}
	if err := d.Faults.check(); err != nil {
		return p, err
	}
	var err error
	if p.q, p.Delivery, err = s.prepare(url, d); err != nil {
		return p, err
	}
	p.faults = append(d.Faults[:len(d.Faults):len(d.Faults)], s.o.Faults...)
	return p, nil
}

// Try makes attempt number n, 1 for the first, and tells OnAttempt. It is safe
// for concurrent use.
func (p *Prepared) Try(ctx context.Context, n int) Attempt {
	a := Attempt{N: n, At: time.Now(), Request: p.q.Request}
	p.s.attemptWithFault(ctx, p.q, p.faults.selectFault(p.s.o.FaultSeed, p.Delivery.UUID, p.Delivery.Event.Type, n), &a)
	if p.s.o.OnAttempt != nil {
		p.s.o.OnAttempt(p.Delivery, a)
	}
	return a
}

// next asks the policy about a further attempt, where there may be one.
func (s *Sender) next(r *Receipt, a Attempt) (time.Duration, bool) {
	if a.Outcome.OK() || a.Outcome.Class == ClassCanceled || r.Health == Probing {
		return 0, false
	}
	return s.o.Retry.Next(a.N, a.Outcome)
}

// renumbered returns q with a new uuid. Mutations are not applied anew: the
// bytes and the signature stay.
func (s *Sender) renumbered(q *request, d Delivery) (*request, error) {
	w := &mutation.Wire{Method: q.Method, URL: q.URL, Header: q.Header.Clone(), Body: q.Body, Framing: q.Framing}
	d.UUID = s.o.IDs.Next()
	renumber(w.Header, d.UUID)
	again, err := s.layOut(w)
	if err != nil || q.twin == nil {
		return again, err
	}
	twin := *q.twin
	twin.Header = q.twin.Header.Clone()
	renumber(twin.Header, d.UUID)
	again.twin = &twin
	return again, s.inspect(again, d)
}

// renumber sets the uuid wherever h has one.
func renumber(h http.Header, id string) {
	for _, names := range rtk.HeadersBoth.Sets() {
		if name := header.Key(h, names.UUID); len(h[name]) > 0 {
			h[name] = []string{id}
		}
	}
}

// Health returns how the sender stands with url now.
func (s *Sender) Health(url string) HealthState { return s.health.State(url) }

// Presign signs body, so that a delivery of it finds its signature made. A
// failure shows when it is delivered.
func (s *Sender) Presign(body []byte) { _, _, _ = s.signer.sign(body) }

// Signatures returns how many signatures the Sender has made. Each distinct
// body is signed once for each key, however often it is sent.
func (s *Sender) Signatures() uint64 { return s.signer.made.Load() }

// Close closes idle connections. Deliveries under way are not disturbed, and
// close theirs.
func (s *Sender) Close() { s.pool.close() }

// CloseIdle closes idle connections and leaves the Sender usable. A target that
// serves one connection at a time waits for them otherwise.
func (s *Sender) CloseIdle() { s.pool.drop() }

// FateOf returns the fate of a delivery whose last attempt ended in o.
func FateOf(o Outcome) Fate {
	switch {
	case o.OK():
		return Delivered
	case o.Class == ClassCanceled || o.Class == ClassOwn:
		return Abandoned
	case o.Retryable():
		return Exhausted
	default:
		return Failed
	}
}

// pause waits, or returns early because ctx ended.
func pause(ctx context.Context, wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// attempt sends q once: on an idle connection if there is one, and if that
// turns out to have been closed, on a fresh one.
func (s *Sender) attempt(caller context.Context, q *request) (o Outcome, resent bool) {
	t, cancel := s.begin(caller, q)
	defer cancel()
	if !q.close {
		if c := s.pool.take(q.route()); c != nil {
			o, keep := t.exchange(c)
			s.release(c, keep)
			if !t.stale(c, o) {
				return o, false
			}
			resent = true
		}
	}
	c, failure := s.dialer.connect(t)
	if failure != nil && failure.Class == ClassOwn {
		s.pool.drop() // idle connections are files, too
		c, failure = s.dialer.connect(t)
	}
	if failure != nil {
		return Outcome{Err: failure, Class: failure.Class, Took: time.Since(t.start)}, resent
	}
	o, keep := t.exchange(c)
	s.release(c, keep)
	return o, resent
}

// begin starts the clock of one attempt at q.
func (s *Sender) begin(caller context.Context, q *request) (*try, context.CancelFunc) {
	limit := s.o.Timeout + q.pauses()
	ctx, cancel := context.WithTimeout(caller, limit)
	return &try{caller: caller, ctx: ctx, limit: limit, start: time.Now(), q: q, o: &s.o, hasty: &s.hasty}, cancel
}

func (s *Sender) release(c *conn, keep bool) {
	if keep {
		s.pool.put(c)
	} else {
		c.abort()
	}
}

// try is one attempt under way.
type try struct {
	caller, ctx context.Context // the caller's, and the same with the time-out
	limit       time.Duration   // the time-out
	start       time.Time
	q           *request
	o           *Options
	hasty       *atomic.Int32
}

// stale reports whether o tells more about the idle connection c than about
// the target: not a byte came back before c was cut.
func (t *try) stale(c *conn, o Outcome) bool {
	return o.Class == ClassReset && c.src.got == 0 && t.ctx.Err() == nil
}
