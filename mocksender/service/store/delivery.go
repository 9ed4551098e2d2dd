package store

import (
	"bytes"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
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
	// MeetingID is the meeting that the event is about.
	MeetingID string `json:"meeting_id,omitempty"`
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

// Attempt is one try of a delivery: what was sent and what was answered.
type Attempt struct {
	N  int       `json:"n"` // 1 for the first
	At time.Time `json:"at"`
	// Head is the exact bytes before the body, without secrets. Body is there only
	// if it is not the delivery's.
	Head Text `json:"head"`
	Body Text `json:"body,omitempty"`
	// Reached says that the request was sent, and Fault what went wrong with it.
	Reached bool   `json:"reached"`
	Fault   string `json:"fault,omitempty"`
	// Status is 0 if no complete answer came; Class and Error say why.
	Status int              `json:"status"`
	Class  mocksender.Class `json:"class,omitempty"`
	Error  string           `json:"error,omitempty"`
	Header http.Header      `json:"header,omitempty"`
	Answer Text             `json:"answer,omitempty"`
	// Truncated says that Answer is only the beginning of the answer.
	Truncated bool `json:"truncated,omitempty"`
	// TookMS is the time to the answer's header or to the error, in
	// milliseconds.
	TookMS float64 `json:"took_ms"`
	// Target is the status that the target gave if a fault hid it from the
	// sender. Status is what the sender saw.
	Target int `json:"target_status,omitempty"`
	// Resent says that the request was sent twice: the idle connection of the
	// first time ended at that moment.
	Resent bool `json:"resent,omitempty"`
}

// NewAttempt returns what is kept of a. body is the delivery's.
func NewAttempt(a mocksender.Attempt, body []byte) Attempt {
	o := a.Outcome
	out := Attempt{
		N: a.N, At: a.At.UTC(), Head: new(redact.Redactor).Head(a.Request.Head),
		Reached: a.Reached, Fault: a.Fault, Resent: a.Resent,
		Status: o.Status, Class: o.Class, Header: o.Header, Answer: o.Body, Truncated: o.Truncated,
		TookMS: float64(o.Took.Microseconds()) / 1000,
	}
	if o.Err != nil {
		out.Error = o.Err.Error()
	}
	if a.Target != nil {
		out.Target = a.Target.Status
	}
	if !bytes.Equal(a.Request.Body, body) {
		out.Body = a.Request.Body
	}
	return out
}

// Fault is one thing that goes wrong on the way, in the words of
// mocksender.ParseFault.
type Fault struct {
	Attempt int     `json:"attempt,omitempty"` // 0: every attempt
	Fault   string  `json:"fault"`
	Chance  float64 `json:"chance,omitempty"` // 0 stands for 1
}

// Faults returns the faults of a plan.
func Faults(plan mocksender.FaultPlan) []Fault {
	var out []Fault
	for _, f := range plan {
		out = append(out, Fault{f.Attempt, f.String(), f.Chance})
	}
	return out
}

// Plan returns the plan that the faults stand for.
func Plan(faults []Fault) (mocksender.FaultPlan, error) {
	var plan mocksender.FaultPlan
	for _, f := range faults {
		parsed, err := mocksender.ParseFault(f.Fault)
		if err != nil {
			return nil, err
		}
		parsed.Attempt, parsed.Chance = f.Attempt, f.Chance
		plan = append(plan, parsed)
	}
	return plan, nil
}

// Filter selects deliveries. A zero value selects all.
type Filter struct {
	App       App
	WebhookID string
	Event     rtk.EventType
	State     State
	UUID      string
	MeetingID string
	Play      uint64
	// Before and After bound the ID; both are exclusive.
	Before, After uint64
	// Limit is the largest number to return. 0: DefaultLimit.
	Limit int
}

// DefaultLimit is how many deliveries are listed at a time, and MaxLimit how many
// at most.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Matches reports whether f selects d. It leaves Limit aside.
func (f Filter) Matches(d Delivery) bool {
	return (f.App.AccountID == "" || f.App.AccountID == d.AccountID) &&
		(f.App.AppID == "" || f.App.AppID == d.AppID) &&
		(f.WebhookID == "" || f.WebhookID == d.WebhookID) &&
		(f.Event == "" || f.Event == d.Event) &&
		(f.State == "" || f.State == d.State) &&
		(f.UUID == "" || f.UUID == d.UUID) &&
		(f.MeetingID == "" || f.MeetingID == d.MeetingID) &&
		(f.Play == 0 || f.Play == d.Play) &&
		(f.Before == 0 || d.ID < f.Before) && d.ID > f.After
}
