package dispatch

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
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

// status says what the last attempt at a webhook lets expect of the next one.
type status int

const (
	answers status = iota // the target answered, or refused at once
	untried
	hangs // the attempt timed out
)

// job is a delivery that is pending. Dispatcher.mu guards it, apart from what
// only its attempt under way uses.
type job struct {
	queue *webhookQueue
	order *Order
	d     store.Delivery

	saving  bool // d is on its way to the store
	changed bool // since then

	waits bool // for its next attempt, at due
	due   time.Time
	timer *time.Timer // makes it ready at due; nil while its last attempt is stored

	// These belong to the attempt under way.
	admitted bool // health was asked
	probe    bool // health allows one attempt
	prepared *mocksender.Prepared
	url      string               // that prepared is for
	attempts []mocksender.Attempt // only for Order.Ended
}

func (j *job) stopTimer() {
	if j.timer != nil {
		j.timer.Stop()
	}
}
