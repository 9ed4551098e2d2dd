package dispatch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// resume goes on with what the store held.
func (d *Dispatcher) resume(held store.Contents) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range held.Webhooks {
		d.add(w)
	}
	for _, one := range held.Pending {
		q := d.byID[one.WebhookID]
		if q == nil { // the process ended before it could be abandoned
			q = &webhookQueue{removed: "the webhook was deleted", jobs: map[*job]struct{}{}}
		}
		j := d.addJob(q, one, &Order{})
		if !one.NextAt.IsZero() {
			d.wait(j, max(0, time.Until(one.NextAt)))
		}
		d.arm(j)
	}
}

// add makes a queue for w. d.mu is held.
func (d *Dispatcher) add(w store.Webhook) {
	q := &webhookQueue{webhook: w, jobs: map[*job]struct{}{}, status: untried}
	d.webhooks = append(d.webhooks, q)
	d.byID[w.ID] = q
}

// addJob counts a delivery as pending. d.mu is held.
func (d *Dispatcher) addJob(q *webhookQueue, one store.Delivery, o *Order) *job {
	j := &job{queue: q, order: o, d: one}
	q.jobs[j] = struct{}{}
	d.pending++
	return j
}

// wait makes j due after so long. d.mu is held; the caller arms it.
func (d *Dispatcher) wait(j *job, long time.Duration) {
	j.waits, j.due = true, time.Now().Add(long)
	j.d.NextAt = j.due.UTC()
}

// arm makes j ready when it is due. d.mu is held.
func (d *Dispatcher) arm(j *job) {
	wait := time.Until(j.due)
	if wait <= 0 {
		d.ready(j)
		return
	}
	j.timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if j.waits && !d.closed && time.Until(j.due) <= 0 {
			d.ready(j)
		}
	})
}

// ready lets the next attempt of j begin. d.mu is held.
func (d *Dispatcher) ready(j *job) {
	j.timer, j.waits = nil, false
	j.queue.ready = append(j.queue.ready, j)
	d.start(j.queue)
}

// start begins as many attempts of q as it may have, and as there is room for.
// d.mu is held.
func (d *Dispatcher) start(q *webhookQueue) {
	limit := d.o.PerWebhook
	if q.status == hangs {
		limit = 1
	}
	for len(q.ready) > 0 && q.running < limit && !d.closed && d.budget.take(q) {
		j := q.ready[0]
		if q.ready = q.ready[1:]; len(q.ready) == 0 {
			q.ready = nil
		}
		d.attempts.Go(func() { d.attempt(j) })
	}
}

// release ends an attempt of q, and begins those that waited for it. d.mu is
// held.
func (d *Dispatcher) release(q *webhookQueue) {
	d.budget.release(q)
	for next := d.budget.next(); next != nil; next = d.budget.next() {
		d.start(next)
	}
	d.start(q) // last: the others have waited longer
}

// attempt makes one attempt of j, decides what follows, and stores that. Only
// then it lets the next attempt begin.
func (d *Dispatcher) attempt(j *job) {
	decide := d.try(j)
	d.mu.Lock()
	defer d.mu.Unlock()
	decide()
	d.save(j)
	if j.waits && !d.closed { // nobody has abandoned it while it was stored
		d.arm(j)
	}
	d.release(j.queue)
}

// try makes one attempt of j, unless something forbids it. It returns what is to
// be done about that while d.mu is held.
func (d *Dispatcher) try(j *job) func() {
	d.mu.Lock()
	w, n, refusal := j.queue.webhook, len(j.d.Attempts)+1, j.queue.refusal(j.d.Event)
	ctx := d.current
	d.mu.Unlock()
	if refusal != "" {
		return func() { d.end(j, store.Abandoned, refusal) }
	}
	if reason := d.forbidden(ctx, j, w, n); reason != "" {
		return func() { d.end(j, store.NotTried, reason) }
	}
	if err := d.prepare(j, w, n); err != nil {
		return func() { d.end(j, store.Failed, err.Error()) }
	}
	a := j.prepared.Try(ctx, n)
	if d.o.OnAttempt != nil {
		d.o.OnAttempt(j.d.Event, a)
	}
	if j.order.Tried != nil && a.Outcome.Class != mocksender.ClassOwn {
		j.order.Tried(a)
	}
	return func() { d.tried(j, a) }
}

// forbidden says why there may be no attempt number n at w, or nothing.
func (d *Dispatcher) forbidden(ctx context.Context, j *job, w store.Webhook, n int) string {
	if reason := d.remote(ctx, w.URL); reason != "" {
		return reason
	}
	if n > 1 || j.admitted {
		return ""
	}
	j.admitted = true
	switch d.healthOf(j).Admit(w.ID) {
	case mocksender.Reduced:
		return "attempts at the webhook are reduced after repeated failures"
	case mocksender.Probing:
		j.probe = true
	}
	return ""
}

func (d *Dispatcher) healthOf(j *job) *mocksender.Health {
	if j.order.Health != nil {
		return j.order.Health
	}
	return d.health
}

// lookupTimeout bounds how long the lookup of a target's name may take.
const lookupTimeout = 2 * time.Second

// remote says why a target is not allowed, or nothing.
func (d *Dispatcher) remote(ctx context.Context, target string) string {
	u, err := url.Parse(target)
	if d.o.AllowRemote || err != nil { // the sender explains the error better
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	switch allowed, known := mocksender.AllowedByDefault(ctx, u.Hostname()); {
	case allowed:
		return ""
	case !known:
		return fmt.Sprintf("the host %s does not resolve, so nobody knows whether it is private; remote targets have to be allowed", u.Hostname())
	}
	return fmt.Sprintf("the host %s is neither this machine nor in a private network; remote targets have to be allowed", u.Hostname())
}

// prepare makes the request of j. All attempts share it, unless the webhook has
// another URL by now, or each attempt has its own uuid.
func (d *Dispatcher) prepare(j *job, w store.Webhook, n int) error {
	renumber := n > 1 && d.o.Sender.RetryUUID == mocksender.NewUUID
	if j.prepared != nil && j.url == w.URL && !renumber {
		return nil
	}
	md := mocksender.Delivery{UUID: j.d.UUID, WebhookID: w.ID, Mutations: j.order.Mutations}
	md.Event.Type, md.Event.Body = j.d.Event, j.d.Body
	if renumber {
		md.UUID = d.uuids.Next()
	}
	var err error
	if md.Faults, err = store.Plan(j.d.Faults); err != nil {
		return err
	}
	if md.Mutations == nil {
		for _, id := range j.d.Mutations {
			m, err := mutation.ByID(mutation.Options{}, id)
			if err != nil {
				return err
			}
			md.Mutations = append(md.Mutations, m)
		}
	}
	p, err := d.sender.Prepare(w.URL, md)
	if err == nil {
		j.prepared, j.url = p, w.URL
	}
	return err
}

// tried records an attempt of j. It ends j, or makes it wait for the next
// attempt. d.mu is held.
func (d *Dispatcher) tried(j *job, a mocksender.Attempt) {
	o := a.Outcome
	if d.ctx.Err() != nil && o.Class == mocksender.ClassCanceled {
		return // the dispatcher ends, and the delivery stays pending
	}
	refusal := j.queue.refusal(j.d.Event)
	if o.Class == mocksender.ClassOwn && refusal == "" && !errors.Is(o.Err, mocksender.ErrNotAllowed) {
		d.postpone(j, o.Err)
		return
	}
	d.budget.grow()
	j.d.Attempts = append(j.d.Attempts[:len(j.d.Attempts):len(j.d.Attempts)], store.NewAttempt(a, j.d.Body))
	j.d.URL, j.d.NextAt = redact.URL(j.url), time.Time{}
	if j.order.Ended != nil {
		j.attempts = append(j.attempts, a)
	}
	j.queue.status = answers
	if o.Class == mocksender.ClassTimeout {
		j.queue.status = hangs
	}
	wait, again := d.o.Sender.Retry.Next(a.N, o)
	switch {
	case o.OK() || j.probe || !again:
		fate := mocksender.FateOf(o)
		d.healthOf(j).Learn(j.queue.webhook.ID, fate)
		d.end(j, store.State(fate), "")
	case refusal != "":
		d.end(j, store.Abandoned, refusal)
	default:
		d.wait(j, time.Duration(float64(wait)*d.scale))
	}
}

// shortagePause is how long a delivery waits if this process may not open another
// connection.
const shortagePause = 100 * time.Millisecond

// postpone makes the attempt of j again later: it was none, since this process
// may not open another connection. d.mu is held.
func (d *Dispatcher) postpone(j *job, why error) {
	d.short.Do(func() {
		d.o.Log.Warn("no more connections can be opened from here: deliveries wait until others have ended, and no target is blamed",
			"attempts_under_way", d.budget.inUse, "error", why)
	})
	d.budget.shrink()
	d.wait(j, shortagePause)
}

// end ends j. d.mu is held; the caller saves j.
func (d *Dispatcher) end(j *job, state store.State, reason string) {
	if j.d.Over() {
		return
	}
	delete(j.queue.jobs, j)
	j.stopTimer()
	j.timer, j.waits, j.prepared = nil, false, nil
	j.d = j.d.Ended(state, reason)
	d.ended[state]++
}

// save stores the present state of j and reports it. If j is over, it stops being
// pending: nothing is quiet before the store has all ends. d.mu is held, but not
// while the store works. If another goroutine is storing j, that one stores it
// again: what is stored last has to be the latest.
func (d *Dispatcher) save(j *job) {
	if j.changed = true; j.saving {
		return
	}
	j.saving = true
	for j.changed {
		j.changed = false
		one := j.d
		d.mu.Unlock()
		if err := d.o.Store.Update(one); err != nil {
			d.o.Log.Error("a delivery could not be stored", "delivery", one.ID, "error", err)
		}
		d.o.Observer.DeliverySet(one)
		d.mu.Lock()
	}
	j.saving = false
	if j.d.Over() {
		d.uncount()
		d.mu.Unlock()
		j.order.end(j.d, j.attempts)
		d.mu.Lock()
	}
}

// saveAll saves jobs that have ended without an attempt. No lock is held.
func (d *Dispatcher) saveAll(jobs []*job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range jobs {
		d.save(j)
	}
}

// abandon ends those jobs of q that wait for an attempt and are refused by now,
// and returns them for saveAll. An attempt under way decides when it ends. d.mu is
// held.
func (d *Dispatcher) abandon(q *webhookQueue) []*job {
	var abandoned []*job
	q.ready = slices.DeleteFunc(q.ready, func(j *job) bool {
		refused := q.refusal(j.d.Event) != ""
		if refused {
			abandoned = append(abandoned, j)
		}
		return refused
	})
	for j := range q.jobs {
		if j.waits && q.refusal(j.d.Event) != "" {
			abandoned = append(abandoned, j)
		}
	}
	for _, j := range abandoned {
		d.end(j, store.Abandoned, q.refusal(j.d.Event))
	}
	return abandoned
}
