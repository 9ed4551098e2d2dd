package service

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// order is an event that is to be delivered, and how.
type order struct {
	event     rtk.Event
	resendOf  uint64
	play      uint64
	mutations []string
	made      []mutation.Mutation // of a play: what its ids stand for
	health    *mocksender.Health  // of a play whose script says so; nil: the service's
	faults    []Fault
	// uuid gives each webhook's delivery its rtk-uuid. Nil: a fresh one.
	uuid func(webhookID string) string
	// tried is called after each attempt, and done with the end of each
	// delivery, both by several goroutines. Nil: nobody wants to know.
	tried func(mocksender.Attempt)
	done  func(Delivery, []mocksender.Attempt)
}

func (o *order) over(d Delivery, attempts []mocksender.Attempt) {
	if o.done != nil {
		o.done(d, attempts)
	}
}

// Deliver sends e to every enabled webhook of app that is subscribed to it, and
// returns the deliveries that this makes, of which some may be Dropped. It does
// not wait for them: they are in the store when it returns.
func (s *Service) Deliver(app App, e rtk.Event) ([]Delivery, error) {
	return s.deliver(order{event: e}, func(w Webhook) bool { return w.App == app && w.Wants(e.Type) })
}

func (s *Service) deliver(o order, wanted func(Webhook) bool) ([]Delivery, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	var ds []Delivery
	var jobs []*job
	now := time.Now().UTC()
	for _, w := range s.webhooks {
		if !wanted(w) {
			continue
		}
		l := s.lanes[w.ID]
		d := s.newDelivery(o, w, now)
		if d.Reason = s.full(l); d.Reason != "" {
			d.State, d.EndedAt = Dropped, now
			s.counts[Dropped]++
		} else {
			j := &job{lane: l, d: d, ask: &o}
			s.enter(j)
			jobs = append(jobs, j)
		}
		ds = append(ds, d)
	}
	s.mu.Unlock()
	if len(ds) == 0 {
		return nil, nil
	}
	err := s.store.Accept(ds)
	s.mu.Lock()
	for _, j := range jobs {
		if err != nil {
			s.forget(j)
		} else if _, still := j.lane.jobs[j]; still {
			s.ready(j)
		}
	}
	s.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("service: store the deliveries: %w", err)
	}
	for _, d := range ds {
		if d.Over() {
			o.over(d, nil)
		}
		s.bus.tell(func() Update { return Update{Kind: DeliverySet, Delivery: d.summary()} })
	}
	return ds, nil
}

// newDelivery returns a delivery of o to w. s.mu is held.
func (s *Service) newDelivery(o order, w Webhook, now time.Time) Delivery {
	s.lastID++
	d := Delivery{
		ID: s.lastID, App: w.App, WebhookID: w.ID, URL: redact.URL(w.URL),
		Event: o.event.Type, Body: o.event.Body, EmittedAt: now,
		ResendOf: o.resendOf, Play: o.play, Mutations: o.mutations, Faults: o.faults,
		State: Pending,
	}
	if o.uuid != nil {
		d.UUID = o.uuid(w.ID)
	} else {
		d.UUID = s.ids.uuids.Next()
	}
	return d
}

// full says why l can take no more, or nothing. s.mu is held.
func (s *Service) full(l *lane) string {
	switch {
	case len(l.jobs) >= s.o.Queue:
		return fmt.Sprintf("the webhook's queue was full: deliveries pending: %d", len(l.jobs))
	case s.pending >= s.o.MaxPending:
		return fmt.Sprintf("the service's queue was full: deliveries pending: %d", s.pending)
	}
	return ""
}

// forget takes back what enter did. s.mu is held.
func (s *Service) forget(j *job) {
	if _, still := j.lane.jobs[j]; still {
		delete(j.lane.jobs, j)
		s.pending--
		s.checkQuiet()
	}
}

// derivedUUID gives a webhook an uuid of its own for one of a play: the same for
// the same, so that a duplicate stays one.
func derivedUUID(webhookID, uuid string) string {
	return rtk.NewIDs(digest(webhookID+" "+uuid), "service/derived").Next()
}

func digest(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}

// ErrUnknown is matched by the errors about a webhook, delivery or play that is
// not there.
var ErrUnknown = errors.New("service: not there")

// Resend sends the bytes of a delivery again, to the webhook's present URL and
// whatever it is subscribed to, with the same rtk-uuid or a fresh one. It
// returns the new delivery. Errors match ErrUnknown where the delivery or its
// webhook is gone.
func (s *Service) Resend(id uint64, freshUUID bool) (Delivery, error) {
	d, ok, err := s.store.Delivery(id)
	if err != nil {
		return Delivery{}, fmt.Errorf("service: read the delivery: %w", err)
	}
	if !ok {
		return Delivery{}, fmt.Errorf("%w: delivery %d", ErrUnknown, id)
	}
	o := order{event: rtk.Event{Type: d.Event, Body: d.Body}, resendOf: id, mutations: d.Mutations}
	if !freshUUID {
		o.uuid = func(string) string { return d.UUID }
	}
	ds, err := s.deliver(o, func(w Webhook) bool { return w.ID == d.WebhookID })
	if err != nil {
		return Delivery{}, err
	}
	if len(ds) == 0 {
		return Delivery{}, fmt.Errorf("%w: the webhook %s of delivery %d", ErrUnknown, d.WebhookID, id)
	}
	return ds[0], nil
}

// Delivery returns one delivery. The error matches ErrUnknown if it is not
// there, or not any more.
func (s *Service) Delivery(id uint64) (Delivery, error) {
	d, ok, err := s.store.Delivery(id)
	if err != nil {
		return d, fmt.Errorf("service: read the delivery: %w", err)
	}
	if !ok {
		return d, fmt.Errorf("%w: delivery %d", ErrUnknown, id)
	}
	return d, nil
}

// Deliveries returns the deliveries that f chooses, the newest first.
func (s *Service) Deliveries(f Filter) ([]Delivery, error) {
	ds, err := s.store.Deliveries(f)
	if err != nil {
		return nil, fmt.Errorf("service: read the deliveries: %w", err)
	}
	return ds, nil
}

// Webhooks returns all webhooks of all apps, in the order of their creation.
func (s *Service) Webhooks() []Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.webhooks)
}
