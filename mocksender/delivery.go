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
	// Header is added to the request. It replaces what the sender would set
	// under the same name, in any spelling. A name without values removes it.
	// The names go out as they are spelt here.
	Header http.Header
	// Mutations are applied in order to the signed request, once, before the
	// first attempt. Every attempt sends the result. A delivery without
	// mutations is genuine.
	Mutations []mutation.Mutation
	// Faults are what goes wrong on the way. They come before those of the
	// sender's Options.
	Faults FaultPlan
	// MeetingTime is when the event happened, by its meeting's own clock. It is
	// for ledgers and recordings, and not sent. Zero: not known.
	MeetingTime time.Time
	// Label says for people what the delivery is, such as "half a signature". It is
	// not sent.
	Label string
	// Declared is what the caller's own Options.Inspect has to know of this
	// delivery. It is not sent.
	Declared any
}

// Genuine reports whether the delivery goes out as the real service would send
// it.
func (d Delivery) Genuine() bool { return len(d.Mutations) == 0 }
