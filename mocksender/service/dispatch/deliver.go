package dispatch

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// Deliver sends an event to every enabled webhook of the app that is subscribed
// to it. It returns the deliveries, some of which may be Dropped. They are in the
// store then; Deliver does not wait for their attempts.
func (d *Dispatcher) Deliver(o Order) ([]store.Delivery, error) {
	return d.deliver(o, func(w store.Webhook) bool { return w.App == o.App && w.Wants(o.Event.Type) })
}

// Resend sends the bytes of a delivery again, with the same rtk-uuid or a fresh
// one, to the webhook's present URL. It returns the new delivery, which is
// abandoned if the webhook does not want the event any more. Errors match
// ErrUnknown if the delivery or its webhook is gone.
func (d *Dispatcher) Resend(id uint64, freshUUID bool) (store.Delivery, error) {
	old, err := d.Delivery(id)
	if err != nil {
		return old, err
	}
	o := Order{Event: rtk.Event{Type: old.Event, Body: old.Body}, MeetingID: old.MeetingID, MutationIDs: old.Mutations, resendOf: id}
	if !freshUUID {
		o.UUID = func(string) string { return old.UUID }
	}
	ds, err := d.deliver(o, func(w store.Webhook) bool { return w.ID == old.WebhookID })
	if err != nil {
		return store.Delivery{}, err
	}
	if len(ds) == 0 {
		return store.Delivery{}, fmt.Errorf("%w: the webhook %s of delivery %d", ErrUnknown, old.WebhookID, id)
	}
	return ds[0], nil
}

// Begin is Deliver for several events, which are kept together with records, all
// or none. It does not wait for that; the function that it returns does, and has to
// be called. What begins first is kept first.
func (d *Dispatcher) Begin(orders []Order, records []store.Record) (finish func() ([]store.Delivery, error)) {
	return d.begin(orders, records, func(o Order, w store.Webhook) bool { return w.App == o.App && w.Wants(o.Event.Type) })
}

func (d *Dispatcher) deliver(o Order, wanted func(store.Webhook) bool) ([]store.Delivery, error) {
	return d.begin([]Order{o}, nil, func(_ Order, w store.Webhook) bool { return wanted(w) })()
}

func (d *Dispatcher) begin(orders []Order, records []store.Record, wanted func(Order, store.Webhook) bool) (finish func() ([]store.Delivery, error)) {
	fail := func(err error) func() ([]store.Delivery, error) {
		return func() ([]store.Delivery, error) { return nil, err }
	}
	var ds []store.Delivery
	var jobs []*job
	over := map[uint64]*Order{} // deliveries that are over already
	for i := range orders {
		o := &orders[i]
		more, pending, err := d.enqueue(o, func(w store.Webhook) bool { return wanted(*o, w) })
		if err != nil {
			d.withdraw(jobs)
			return fail(err)
		}
		ds, jobs = append(ds, more...), append(jobs, pending...)
		for _, one := range more {
			if one.Over() {
				over[one.ID] = o
			}
		}
	}
	if len(ds)+len(records) == 0 {
		return fail(nil)
	}
	wait := d.o.Store.Accept(ds, records)
	return func() ([]store.Delivery, error) {
		if err := wait(); err != nil {
			d.withdraw(jobs)
			return nil, fmt.Errorf("dispatch: store the deliveries: %w", err)
		}
		d.mu.Lock()
		for _, j := range jobs {
			d.ready(j)
		}
		d.mu.Unlock()
		for _, one := range ds {
			if o := over[one.ID]; o != nil {
				o.end(one, nil)
			}
			d.o.Observer.DeliverySet(one)
		}
		return ds, nil
	}
}

// withdraw forgets jobs that could not be stored.
func (d *Dispatcher) withdraw(jobs []*job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range jobs {
		delete(j.queue.jobs, j)
		d.uncount()
	}
}

// enqueue makes a delivery for each webhook that is wanted, and a job for each of
// them for which there is room.
func (d *Dispatcher) enqueue(o *Order, wanted func(store.Webhook) bool) (ds []store.Delivery, jobs []*job, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, nil, ErrClosed
	}
	now := time.Now().UTC()
	for _, q := range d.webhooks {
		if !wanted(q.webhook) {
			continue
		}
		one := d.newDelivery(o, q.webhook, now)
		if reason := d.full(q); reason != "" {
			one = one.Ended(store.Dropped, reason)
			d.ended[store.Dropped]++
		} else {
			jobs = append(jobs, d.addJob(q, one, o))
		}
		ds = append(ds, one)
	}
	return ds, jobs, nil
}

// newDelivery returns a delivery of o to w. d.mu is held.
func (d *Dispatcher) newDelivery(o *Order, w store.Webhook, now time.Time) store.Delivery {
	d.lastID++
	one := store.Delivery{Info: store.Info{
		ID: d.lastID, App: w.App, WebhookID: w.ID, URL: redact.URL(w.URL), Event: o.Event.Type, EmittedAt: now,
		MeetingID: o.MeetingID, ResendOf: o.resendOf, Play: o.Play, Mutations: o.MutationIDs, State: store.Pending,
	}, Body: o.Event.Body, Faults: o.Faults}
	if o.UUID != nil {
		one.UUID = o.UUID(w.ID)
	} else {
		one.UUID = d.uuids.Next()
	}
	return one
}

// full says why q can take no more, or nothing. d.mu is held.
func (d *Dispatcher) full(q *webhookQueue) string {
	switch {
	case len(q.jobs) >= d.o.Queue:
		return fmt.Sprintf("the webhook's queue was full: deliveries pending: %d", len(q.jobs))
	case d.pending >= d.o.MaxPending:
		return fmt.Sprintf("the service's queue was full: deliveries pending: %d", d.pending)
	}
	return ""
}

// Delivery returns one delivery. The error matches ErrUnknown if it is not there.
func (d *Dispatcher) Delivery(id uint64) (store.Delivery, error) {
	one, known, err := d.o.Store.Delivery(id)
	if err == nil && !known {
		err = fmt.Errorf("%w: delivery %d", ErrUnknown, id)
	}
	return one, err
}

// Deliveries returns the deliveries that f selects, the newest first.
func (d *Dispatcher) Deliveries(f store.Filter) ([]store.Delivery, error) {
	return d.o.Store.Deliveries(f)
}

// Order is an event to deliver, and how.
type Order struct {
	App   store.App
	Event rtk.Event
	// MeetingID is the meeting that the event is about, empty if nobody knows.
	MeetingID string
	// Play is the play that it belongs to, 0 for none.
	Play uint64
	// MutationIDs name changes after signing. Mutations are the same changes, if
	// the catalogue does not have them; nil if it does.
	MutationIDs []string
	Mutations   []mutation.Mutation
	Faults      []store.Fault
	// Health decides whether there are attempts. Nil: the dispatcher's.
	Health *mocksender.Health
	// UUID gives each webhook's delivery its rtk-uuid. Nil: a fresh one.
	UUID func(webhookID string) string
	// Tried is called after each attempt, and Ended at the end of each delivery,
	// both concurrently. Nil: nobody wants to know.
	Tried func(mocksender.Attempt)
	Ended func(store.Delivery, []mocksender.Attempt)

	resendOf uint64
}

func (o *Order) end(d store.Delivery, attempts []mocksender.Attempt) {
	if o.Ended != nil {
		o.Ended(d, attempts)
	}
}
