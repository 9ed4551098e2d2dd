package dispatch

import (
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// webhookQueue holds the deliveries that are pending for one webhook.
// Dispatcher.mu guards it.
type webhookQueue struct {
	webhook store.Webhook
	removed string            // why there is no such webhook any more; empty while there is
	jobs    map[*job]struct{} // all of them
	ready   []*job            // those whose attempt can begin
	running int               // attempts under way
	status  status
	waits   bool // for the connectionBudget
}

// refusal says why events of type t are not sent any more, or nothing.
func (q *webhookQueue) refusal(t rtk.EventType) string {
	switch {
	case q.removed != "":
		return q.removed
	case !q.webhook.Enabled:
		return "the webhook was disabled"
	case !slices.Contains(q.webhook.Events, t):
		return "the webhook is no longer subscribed to " + string(t)
	}
	return ""
}

// halt stops what waits.
func (q *webhookQueue) halt() {
	for j := range q.jobs {
		j.stopTimer()
	}
	q.ready = nil
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
