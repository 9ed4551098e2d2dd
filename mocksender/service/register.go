package service

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Errors of Register.
var (
	ErrConflict = errors.New("service: the URL is registered already")
	ErrTooMany  = errors.New("service: too many webhooks")
)

// Register adds a webhook, whose ID and times it gives. Errors match
// ErrConflict, ErrTooMany, ErrClosed, or come from the store.
func (s *Service) Register(w Webhook) (Webhook, error) {
	s.registry.Lock()
	defer s.registry.Unlock()
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		return w, ErrClosed
	case len(s.webhooks) >= MaxWebhooks:
		s.mu.Unlock()
		return w, fmt.Errorf("%w: there are %d", ErrTooMany, MaxWebhooks)
	case s.o.ConflictOnURL && s.taken(w):
		s.mu.Unlock()
		return w, ErrConflict
	}
	for w.ID = s.ids.webhooks.Next(); s.queues[w.ID] != nil; w.ID = s.ids.webhooks.Next() {
	}
	s.mu.Unlock()
	w.CreatedAt = time.Now().UTC().Truncate(time.Millisecond)
	w.UpdatedAt = w.CreatedAt
	if err := s.store.PutWebhook(w); err != nil {
		return w, fmt.Errorf("service: store the webhook: %w", err)
	}
	s.mu.Lock()
	s.webhooks = append(s.webhooks, w)
	s.queues[w.ID] = newWebhookQueue(w)
	s.mu.Unlock()
	s.bus.tell(func() Update { return Update{Kind: WebhookSet, Webhook: &w} })
	return w, nil
}

// taken reports whether another webhook of w's app has its URL. s.mu is held.
func (s *Service) taken(w Webhook) bool {
	return slices.ContainsFunc(s.webhooks, func(o Webhook) bool { return o.App == w.App && o.URL == w.URL && o.ID != w.ID })
}

// Webhook returns a webhook of app. The error matches ErrUnknown.
func (s *Service) Webhook(app App, id string) (Webhook, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.queues[id]; l != nil && l.hook.App == app {
		return l.hook, nil
	}
	return Webhook{}, fmt.Errorf("%w: webhook %.64q", ErrUnknown, id)
}

// Change replaces a webhook of app by what change makes of it. It takes effect
// at once: what waits for its next attempt goes to the new URL, or is abandoned
// if the webhook does not want it any more. Errors are ErrUnknown's, those of
// Register and those of change.
func (s *Service) Change(app App, id string, change func(Webhook) (Webhook, error)) (Webhook, error) {
	s.registry.Lock()
	defer s.registry.Unlock()
	before, err := s.Webhook(app, id)
	if err != nil {
		return before, err
	}
	w, err := change(before)
	if err != nil {
		return before, err
	}
	w.App, w.ID, w.CreatedAt = before.App, before.ID, before.CreatedAt
	w.UpdatedAt = time.Now().UTC().Truncate(time.Millisecond)
	s.mu.Lock()
	conflict := s.o.ConflictOnURL && s.taken(w)
	s.mu.Unlock()
	if conflict {
		return before, ErrConflict
	}
	if err := s.store.PutWebhook(w); err != nil {
		return before, fmt.Errorf("service: store the webhook: %w", err)
	}
	s.mu.Lock()
	l := s.queues[id]
	l.hook = w
	if w.URL != before.URL {
		l.status = untried
		s.health.Forget(id)
	}
	s.webhooks[s.indexOf(id)] = w
	gone := s.abandon(l)
	s.pump(l)
	s.mu.Unlock()
	s.bus.tell(func() Update { return Update{Kind: WebhookSet, Webhook: &w} })
	s.saveAll(gone)
	return w, nil
}

// Delete removes a webhook of app and returns it. What waits for its next
// attempt is abandoned. Errors match ErrUnknown or come from the store.
func (s *Service) Delete(app App, id string) (Webhook, error) {
	s.registry.Lock()
	defer s.registry.Unlock()
	w, err := s.Webhook(app, id)
	if err != nil {
		return w, err
	}
	if err := s.store.DeleteWebhook(id); err != nil {
		return w, fmt.Errorf("service: delete the webhook: %w", err)
	}
	s.mu.Lock()
	gone := s.drop(id, "the webhook was deleted")
	s.mu.Unlock()
	s.bus.tell(func() Update { return Update{Kind: WebhookDeleted, Webhook: &w} })
	s.saveAll(gone)
	return w, nil
}

// drop takes a webhook out and returns what is abandoned by that. s.mu is held.
func (s *Service) drop(id, reason string) []*job {
	l := s.queues[id]
	l.ended = reason
	delete(s.queues, id)
	i := s.indexOf(id)
	s.webhooks = slices.Delete(slices.Clone(s.webhooks), i, i+1)
	s.health.Forget(id)
	return s.abandon(l)
}

// indexOf returns the place of a webhook that is there. s.mu is held.
func (s *Service) indexOf(id string) int {
	return slices.IndexFunc(s.webhooks, func(w Webhook) bool { return w.ID == id })
}

// listed returns the webhooks of app.
func (s *Service) listed(app App) []Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Webhook
	for _, w := range s.webhooks {
		if w.App == app {
			out = append(out, w)
		}
	}
	return out
}

// unique returns the events without repetitions.
func unique(events []rtk.EventType) []rtk.EventType {
	var out []rtk.EventType
	for _, e := range events {
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}
