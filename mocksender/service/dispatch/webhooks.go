package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// Register adds a webhook, and gives it times and, unless it has one, an ID. Errors
// match
// ErrConflict, ErrTooMany or ErrClosed, or come from the store.
func (d *Dispatcher) Register(w store.Webhook) (store.Webhook, error) {
	d.registry.Lock()
	defer d.registry.Unlock()
	if err := d.check(w, 1); err != nil {
		return w, err
	}
	for w.ID == "" || d.byID[w.ID] != nil {
		w.ID = d.webhookIDs.Next()
	}
	w.CreatedAt = now()
	w.UpdatedAt = w.CreatedAt
	if err := d.o.Store.PutWebhook(w); err != nil {
		return w, fmt.Errorf("dispatch: store the webhook: %w", err)
	}
	d.mu.Lock()
	d.add(w)
	d.mu.Unlock()
	d.o.Observer.WebhookSet(w)
	return w, nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// check returns an error unless w may be put, as one of so many more webhooks.
func (d *Dispatcher) check(w store.Webhook, more int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return ErrClosed
	case len(d.webhooks)+more > MaxWebhooks:
		return fmt.Errorf("%w: there are %d", ErrTooMany, MaxWebhooks)
	case d.o.ConflictOnURL && slices.ContainsFunc(d.webhooks, func(q *webhookQueue) bool {
		return q.webhook.App == w.App && q.webhook.URL == w.URL && q.webhook.ID != w.ID
	}):
		return ErrConflict
	}
	return nil
}

// Webhook returns a webhook of app. The error matches ErrUnknown.
func (d *Dispatcher) Webhook(app store.App, id string) (store.Webhook, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q := d.byID[id]; q != nil && q.webhook.App == app {
		return q.webhook, nil
	}
	return store.Webhook{}, fmt.Errorf("%w: webhook %.64q", ErrUnknown, id)
}

// Webhooks returns all webhooks of all apps, in the order of their creation.
func (d *Dispatcher) Webhooks() []store.Webhook {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]store.Webhook, len(d.webhooks))
	for i, q := range d.webhooks {
		out[i] = q.webhook
	}
	return out
}

// WebhooksOf returns the webhooks of app.
func (d *Dispatcher) WebhooksOf(app store.App) []store.Webhook {
	return slices.DeleteFunc(d.Webhooks(), func(w store.Webhook) bool { return w.App != app })
}

// Change replaces a webhook of app by what change makes of it, at once: what
// waits for its next attempt goes to the new URL, or is abandoned if the webhook
// does not want it any more. Errors match ErrUnknown, or are those of Register
// and of change.
func (d *Dispatcher) Change(app store.App, id string, change func(store.Webhook) (store.Webhook, error)) (store.Webhook, error) {
	d.registry.Lock()
	defer d.registry.Unlock()
	before, err := d.Webhook(app, id)
	if err != nil {
		return before, err
	}
	w, err := change(before)
	if err != nil {
		return before, err
	}
	w.App, w.ID, w.CreatedAt, w.UpdatedAt = before.App, before.ID, before.CreatedAt, now()
	if err := d.check(w, 0); err != nil {
		return before, err
	}
	if err := d.o.Store.PutWebhook(w); err != nil {
		return before, fmt.Errorf("dispatch: store the webhook: %w", err)
	}
	d.mu.Lock()
	q := d.byID[id]
	q.webhook = w
	if w.URL != before.URL {
		q.status = untried
		d.health.Forget(id)
	}
	abandoned := d.abandon(q)
	d.start(q)
	d.mu.Unlock()
	d.o.Observer.WebhookSet(w)
	d.saveAll(abandoned)
	return w, nil
}

// Delete removes a webhook of app and returns it. What waits for its next attempt
// is abandoned. Errors match ErrUnknown or come from the store.
func (d *Dispatcher) Delete(app store.App, id string) (store.Webhook, error) {
	d.registry.Lock()
	defer d.registry.Unlock()
	w, err := d.Webhook(app, id)
	if err != nil {
		return w, err
	}
	if err := d.o.Store.DeleteWebhook(id); err != nil {
		return w, fmt.Errorf("dispatch: delete the webhook: %w", err)
	}
	d.mu.Lock()
	abandoned := d.drop(d.byID[id], "the webhook was deleted")
	d.mu.Unlock()
	d.o.Observer.WebhookDeleted(w)
	d.saveAll(abandoned)
	return w, nil
}

// Fits returns an error unless these webhooks can be registered, and no others with
// them. Errors match ErrConflict, ErrTooMany or ErrClosed.
func (d *Dispatcher) Fits(all []store.Webhook) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	urls := map[string]bool{}
	for _, w := range all {
		urls[fmt.Sprintf("%q %q %s", w.AccountID, w.AppID, w.URL)] = true
	}
	switch {
	case d.closed:
		return ErrClosed
	case len(all) > MaxWebhooks:
		return fmt.Errorf("%w: found %d, want %d at most", ErrTooMany, len(all), MaxWebhooks)
	case d.o.ConflictOnURL && len(urls) < len(all):
		return ErrConflict
	}
	return nil
}

// Clear removes all webhooks and deliveries, and sets the time scale to 1. It
// waits until nothing is under way: attempts have a second to end by themselves,
// then their connections are closed. So no delivery of before reaches a target
// afterwards. An error comes from the store, or matches ErrClosed.
func (d *Dispatcher) Clear() error {
	d.registry.Lock()
	defer d.registry.Unlock()
	var abandoned []*job
	d.mu.Lock()
	removed := slices.Clone(d.webhooks)
	for _, q := range removed {
		abandoned = append(abandoned, d.drop(q, "the service was reset")...)
	}
	d.mu.Unlock()
	d.saveAll(abandoned) // for those who wait for them
	err := d.drain()
	if err == nil {
		err = d.o.Store.Clear() // now that nothing follows
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		for _, q := range removed {
			d.add(q.webhook)
		}
		return err
	}
	for _, q := range removed { // attempts that have ended since may have taught something
		d.health.Forget(q.webhook.ID)
	}
	d.ended, d.scale = newEnded(), 1
	return nil
}

// clearGrace is how long Clear lets attempts under way end by themselves. A target
// that answers by then does nothing for them afterwards.
const clearGrace = time.Second

// drain waits until nothing is pending, while there are no webhooks. After
// clearGrace it gives up the attempts under way.
func (d *Dispatcher) drain() error {
	grace := time.NewTimer(clearGrace)
	defer grace.Stop()
	for {
		d.mu.Lock()
		idle, pending := d.whenIdle(), d.pending
		d.mu.Unlock()
		if pending == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-grace.C:
			d.mu.Lock()
			d.giveUp()
			d.current, d.giveUp = context.WithCancel(d.ctx)
			d.mu.Unlock()
		case <-d.ctx.Done():
			return ErrClosed
		}
	}
}

// drop removes a webhook and returns the jobs that are abandoned. d.mu is held.
func (d *Dispatcher) drop(q *webhookQueue, reason string) []*job {
	q.removed = reason
	delete(d.byID, q.webhook.ID)
	d.webhooks = slices.DeleteFunc(d.webhooks, func(other *webhookQueue) bool { return other == q })
	d.health.Forget(q.webhook.ID)
	return d.abandon(q)
}
