package mocksender

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
)

// Sender signs deliveries and sends them. It is safe for concurrent use. Make
// one with New, and Close it in the end.
type Sender struct {
	o      Options // filled
	signer *signer
	client *http1.Client
	health *Health
	latest atomic.Pointer[parsedURL] // most deliveries go to one URL
}

// New returns a Sender. The error, which matches ErrOptions, names the option
// that cannot be used.
func New(o Options) (*Sender, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	health, err := NewHealth(o.Health)
	if err != nil {
		return nil, err
	}
	o.fill()
	return &Sender{
		o:      o,
		signer: &signer{keys: o.Keys, store: o.Signatures},
		client: http1.NewClient(o.client()),
		health: health,
	}, nil
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
		s.identify(&r.Delivery)
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
			if err := p.renumber(); err != nil {
				return err
			}
		}
	}
}

// next asks the policy about a further attempt, where there may be one.
func (s *Sender) next(r *Receipt, a Attempt) (time.Duration, bool) {
	if a.Outcome.OK() || a.Outcome.Class == ClassCanceled || r.Health == Probing {
		return 0, false
	}
	return s.o.Retry.Next(a.N, a.Outcome)
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
func (s *Sender) Close() { s.client.Close() }

// CloseIdle closes idle connections and leaves the Sender usable. A target that
// serves one connection at a time waits for them otherwise.
func (s *Sender) CloseIdle() { s.client.CloseIdle() }
