package service

import (
	"context"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// playSender is the sender of a play. It delivers to all webhooks that are
// subscribed.
type playSender struct {
	s         *Service
	app       store.App
	play      uint64
	health    *mocksender.Health // of the script; nil: none, or the service has its own
	onAttempt func(mocksender.Delivery, mocksender.Attempt)
}

// Send implements scenarios.Sender. It returns the receipt of the webhook where
// the delivery went worst. The store has those of all.
func (p *playSender) Send(ctx context.Context, url string, d mocksender.Delivery) (mocksender.Receipt, error) {
	var mu sync.Mutex
	var receipts []mocksender.Receipt
	ended := make(chan struct{}, dispatch.MaxWebhooks)
	o := dispatch.Order{
		App: p.app, Event: d.Event, Play: p.play, Health: p.health, Mutations: d.Mutations, Faults: store.Faults(d.Faults),
		UUID: func(webhookID string) string { return derivedUUID(webhookID, d.UUID) },
		Tried: func(a mocksender.Attempt) {
			if p.onAttempt != nil {
				p.onAttempt(d, a)
			}
		},
		Ended: func(end store.Delivery, attempts []mocksender.Attempt) {
			mu.Lock()
			receipts = append(receipts, mocksender.Receipt{URL: end.URL, Delivery: d, Attempts: attempts, Fate: fateOf(end)})
			mu.Unlock()
			ended <- struct{}{}
		},
	}
	for _, m := range d.Mutations {
		o.MutationIDs = append(o.MutationIDs, m.ID)
	}
	p.s.describeLinks(d.Event)
	ds, err := p.s.Deliver(o)
	if err != nil {
		return mocksender.Receipt{}, err
	}
	for range ds {
		select {
		case <-ended:
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

func fateOf(d store.Delivery) mocksender.Fate {
	if d.State == store.Dropped {
		return mocksender.NotTried
	}
	return mocksender.Fate(d.State)
}

// derivedUUID gives a webhook a uuid of its own for a uuid of a play. It is the
// same for the same pair, so that a duplicate stays one.
func derivedUUID(webhookID, uuid string) string {
	return rtk.NewIDs(hash(webhookID+" "+uuid), "service/derived").Next()
}
