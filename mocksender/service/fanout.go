package service

import (
	"context"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
)

// fanOut is the sender of a play: it delivers to all webhooks that are
// subscribed.
type fanOut struct {
	s         *Service
	p         *playing
	health    *mocksender.Health // of the script; nil: none, or the service has one of its own
	onAttempt func(mocksender.Delivery, mocksender.Attempt)
}

// Send implements scenarios.Sender. The receipt is that of the webhook where it
// went worst; the account of each is in the store.
func (f *fanOut) Send(ctx context.Context, url string, d mocksender.Delivery) (mocksender.Receipt, error) {
	var mu sync.Mutex
	var receipts []mocksender.Receipt
	over := make(chan struct{}, MaxWebhooks)
	o := order{event: d.Event, play: f.p.ID, health: f.health, made: d.Mutations, faults: faultsOf(d.Faults)}
	for _, m := range d.Mutations {
		o.mutations = append(o.mutations, m.ID)
	}
	o.uuid = func(webhookID string) string { return derivedUUID(webhookID, d.UUID) }
	o.tried = func(a mocksender.Attempt) {
		if f.onAttempt != nil {
			f.onAttempt(d, a)
		}
	}
	o.done = func(end Delivery, attempts []mocksender.Attempt) {
		mu.Lock()
		receipts = append(receipts, mocksender.Receipt{URL: end.URL, Delivery: d, Attempts: attempts, Fate: fateOf(end)})
		mu.Unlock()
		over <- struct{}{}
	}
	f.s.describe(d.Event)
	ds, err := f.s.deliver(o, func(w Webhook) bool { return w.App == f.p.App && w.Wants(d.Event.Type) })
	if err != nil {
		return mocksender.Receipt{}, err
	}
	for range ds {
		select {
		case <-over:
		case <-ctx.Done():
			return mocksender.Receipt{URL: url, Delivery: d, Fate: mocksender.Abandoned}, nil
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(receipts) == 0 {
		return mocksender.Receipt{URL: url, Delivery: d, Fate: mocksender.NotTried, Health: mocksender.Healthy}, nil
	}
	worst := slices.IndexFunc(receipts, func(r mocksender.Receipt) bool { return !r.Accepted() })
	return receipts[max(worst, 0)], nil
}

func fateOf(d Delivery) mocksender.Fate {
	if d.State == Dropped {
		return mocksender.NotTried
	}
	return mocksender.Fate(d.State)
}
