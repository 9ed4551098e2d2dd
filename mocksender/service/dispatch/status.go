package dispatch

import (
	"context"
	"fmt"
	"maps"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// Counts say what a Dispatcher has done and has to do.
type Counts struct {
	Quiet     bool                   `json:"quiet"`
	Webhooks  int                    `json:"webhooks"`
	Pending   int                    `json:"pending"`
	Playing   int                    `json:"playing"`
	Over      map[store.State]uint64 `json:"over"` // deliveries, by their state
	Forgotten uint64                 `json:"forgotten"`
	LastID    uint64                 `json:"last_id"`
	Scale     float64                `json:"scale"`
}

// Counts returns the present counts.
func (d *Dispatcher) Counts() Counts {
	forgotten := d.o.Store.Forgotten()
	d.mu.Lock()
	defer d.mu.Unlock()
	return Counts{d.isQuiet(), len(d.webhooks), d.pending, d.holds, maps.Clone(d.ended), forgotten, d.lastID, d.scale}
}

// newEnded returns a count of 0 for each state of a delivery that is over.
func newEnded() map[store.State]uint64 {
	ended := map[store.State]uint64{}
	for _, state := range store.States() {
		ended[state] = 0
	}
	delete(ended, store.Pending)
	return ended
}

// WebhookStatus is a webhook and how its deliveries go.
type WebhookStatus struct {
	store.Webhook
	Health  mocksender.HealthState `json:"health"`
	Pending int                    `json:"pending"`
}

// WebhookStatuses returns the status of all webhooks of all apps.
func (d *Dispatcher) WebhookStatuses() []WebhookStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]WebhookStatus, len(d.webhooks))
	for i, q := range d.webhooks {
		out[i] = WebhookStatus{q.webhook, d.health.State(q.webhook.ID), len(q.jobs)}
	}
	return out
}

// WaitQuiet waits until no delivery is pending and nothing holds the dispatcher.
// It returns an error that wraps the context's if ctx ends first, and ErrClosed's
// if the dispatcher does.
func (d *Dispatcher) WaitQuiet(ctx context.Context) error {
	for {
		d.mu.Lock()
		if d.isQuiet() {
			d.mu.Unlock()
			return nil
		}
		if d.closed {
			d.mu.Unlock()
			return ErrClosed
		}
		idle, pending, holds := d.whenIdle(), d.pending, d.holds
		d.mu.Unlock()
		select {
		case <-idle:
		case <-d.ctx.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("dispatch: not quiet yet (deliveries pending: %d, scenarios played: %d): %w", pending, holds, context.Cause(ctx))
		}
	}
}

// Hold keeps the dispatcher from being quiet until release is called. A scenario
// that is played holds it, since more deliveries may follow.
func (d *Dispatcher) Hold() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.holds++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.holds--
		d.checkIdle()
	}
}

// uncount counts a delivery as no longer pending. d.mu is held.
func (d *Dispatcher) uncount() {
	d.pending--
	d.checkIdle()
}

// whenIdle returns what is closed when something has ended and nothing is pending.
// d.mu is held.
func (d *Dispatcher) whenIdle() <-chan struct{} {
	if d.idle == nil {
		d.idle = make(chan struct{})
	}
	return d.idle
}

// checkIdle wakes those who wait for that. d.mu is held.
func (d *Dispatcher) checkIdle() {
	if d.idle != nil && d.pending == 0 {
		close(d.idle)
		d.idle = nil
	}
}

func (d *Dispatcher) isQuiet() bool { return d.pending == 0 && d.holds == 0 }
