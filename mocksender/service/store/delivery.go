package store

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// State says how far a delivery is. The states of one that is over are those of
// mocksender.Fate, and Dropped.
type State string

const (
	Pending   State = "pending"                   // an attempt is under way, or will follow
	Delivered State = State(mocksender.Delivered) // an attempt was answered 2xx
	Failed    State = State(mocksender.Failed)    // an attempt was answered with another status below 500: final
	Exhausted State = State(mocksender.Exhausted) // no attempt is left
	Abandoned State = State(mocksender.Abandoned) // the webhook or the service ended before
	NotTried  State = State(mocksender.NotTried)  // no attempt was allowed; Reason says why
	Dropped   State = "dropped"                   // a queue had no room for it
)

// States returns all states. The caller owns the slice.
func States() []State {
	return []State{Pending, Delivered, Failed, Exhausted, Abandoned, NotTried, Dropped}
}

// Delivery is one event on its way to one webhook. It is a value: nobody changes
// what it holds.
type Delivery struct {
	Info
	// Body is what is signed and sent, byte for byte.
	Body Text `json:"body,omitempty"`
	// Faults are what goes wrong on the way.
	Faults   []Fault   `json:"faults,omitempty"`
	Attempts []Attempt `json:"attempts,omitempty"`
}

// Info is what a Delivery and its Summary both say.
type Info struct {
	// ID counts all deliveries, from 1.
	ID uint64 `json:"id"`
	App
	WebhookID string `json:"webhook_id"`
	// URL is the webhook's, with its credentials and query values redacted.
	URL string `json:"url"`
	// UUID is the rtk-uuid of the first attempt.
	UUID      string        `json:"uuid"`
	Event     rtk.EventType `json:"event"`
	EmittedAt time.Time     `json:"emitted_at"`
	// ResendOf is the delivery that this one repeats, 0 for none.
	ResendOf uint64 `json:"resend_of,omitempty"`
	// Play is the play that made it, 0 for none.
	Play uint64 `json:"play,omitempty"`
	// Mutations are the ids of the changes after signing.
	Mutations []string `json:"mutations,omitempty"`
	State     State    `json:"state"`
	// Reason says more about the state, where there is more to say.
	Reason string `json:"reason,omitempty"`
	// NextAt is when the next attempt is due; zero if none waits.
	NextAt  time.Time `json:"next_at,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"`
}

// Over reports whether no attempt will follow.
func (i Info) Over() bool { return i.State != Pending }

// Ended returns the delivery as it is when it ends in a state, for a reason.
func (d Delivery) Ended(state State, reason string) Delivery {
	d.State, d.Reason, d.NextAt, d.EndedAt = state, reason, time.Time{}, time.Now().UTC()
	return d
}

// Last returns the last attempt, or the zero Attempt if there was none.
func (d Delivery) Last() Attempt {
	if len(d.Attempts) == 0 {
		return Attempt{}
	}
	return d.Attempts[len(d.Attempts)-1]
}

// Summary is a delivery without the bytes that were sent and received.
type Summary struct {
	Info
	// Attempts is how many there were. The other members are the last one's.
	Attempts int              `json:"attempts"`
	Status   int              `json:"status"`
	Class    mocksender.Class `json:"class,omitempty"`
	Error    string           `json:"error,omitempty"`
	TookMS   float64          `json:"took_ms"`
}

// Summary returns the delivery's summary.
func (d Delivery) Summary() *Summary {
	last := d.Last()
	return &Summary{d.Info, len(d.Attempts), last.Status, last.Class, last.Error, last.TookMS}
}

// size is about how many bytes the delivery takes in memory. Deliveries that
// share a body count it each.
func (d Delivery) size() int64 {
	n := 512 + len(d.Body)
	for _, a := range d.Attempts {
		n += 256 + len(a.Head) + len(a.Body) + len(a.Answer) + len(a.Error)
		for name, values := range a.Header {
			n += len(name) + 32
			for _, v := range values {
				n += len(v) + 16
			}
		}
	}
	return int64(n)
}
