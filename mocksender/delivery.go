package mocksender

import (
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Delivery is one event on its way to one target.
type Delivery struct {
	// UUID is the value of rtk-uuid: "Unique ID for the webhook delivery."
	// Empty: the sender assigns the next of its own.
	UUID string
	// WebhookID is the value of rtk-webhook-id. Empty: the sender's.
	WebhookID string
	// Event is what is delivered. Its bytes are signed and sent as they are.
	Event rtk.Event
	// Header is added to the request, replacing what the sender would set
	// under the same name, however spelt. A name without values removes it.
	// The names go out as they are spelt here.
	Header http.Header
	// Mutations are applied in order to the signed request, once, before the
	// first attempt; every attempt sends the result. A delivery without
	// mutations is genuine.
	Mutations []mutation.Mutation
	// Faults are what goes wrong on the way, before those of the sender's
	// Options.
	Faults FaultPlan
	// MeetingTime is when the event happened, by its meeting's own clock: for
	// ledgers and recordings, not sent. Zero: not known.
	MeetingTime time.Time
	// Declared is what the caller's own Options.Inspect has to know of this
	// delivery. It is not sent.
	Declared any
}

// Genuine reports whether the delivery goes out as the real service would
// send it.
func (d Delivery) Genuine() bool { return len(d.Mutations) == 0 }

// Fate is how a delivery ended.
type Fate string

const (
	Delivered Fate = "delivered" // an attempt was answered 2xx
	Failed    Fate = "failed"    // an attempt was answered with another status below 500: final
	Exhausted Fate = "exhausted" // every attempt was answered 5xx or ended in a network error
	Abandoned Fate = "abandoned" // the caller's context ended before any of these
	NotTried  Fate = "not-tried" // attempts at the target were reduced, and this delivery got none
)

// Receipt is the account of one delivery.
type Receipt struct {
	URL      string
	Delivery Delivery // with UUID and WebhookID as sent
	Attempts []Attempt
	Fate     Fate
	// Health is how the sender stood with the target when the delivery came:
	// Reduced ones were not tried, Probing ones had one attempt.
	Health HealthState
}

// Accepted reports whether the target took the delivery, on whichever attempt.
func (r Receipt) Accepted() bool { return r.Fate == Delivered }

// Last returns the last attempt, or the zero Attempt where there was none.
func (r Receipt) Last() Attempt {
	if len(r.Attempts) == 0 {
		return Attempt{}
	}
	return r.Attempts[len(r.Attempts)-1]
}
