package service

import (
	"bytes"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// State says how a delivery stands. Those that are over have the word of their
// mocksender.Fate.
type State string

const (
	Pending   State = "pending"                   // an attempt is under way, or to come
	Delivered State = State(mocksender.Delivered) // an attempt was answered 2xx
	Failed    State = State(mocksender.Failed)    // answered with another status below 500: final
	Exhausted State = State(mocksender.Exhausted) // no attempt left
	Abandoned State = State(mocksender.Abandoned) // the webhook or the service ended before
	NotTried  State = State(mocksender.NotTried)  // no attempt was allowed; Reason says why
	Dropped   State = "dropped"                   // there was no room in a queue
)

// States returns all states. The caller owns the slice.
func States() []State {
	return []State{Pending, Delivered, Failed, Exhausted, Abandoned, NotTried, Dropped}
}

// Delivery is one event on its way to one webhook. It is a value: what it holds
// is not changed in place.
type Delivery struct {
	// ID counts up from 1 over all deliveries.
	ID uint64 `json:"id"`
	App
	WebhookID string `json:"webhook_id"`
	// URL is the webhook's, with its credentials and query values redacted.
	URL string `json:"url"`
	// UUID is the rtk-uuid of the first attempt.
	UUID  string        `json:"uuid"`
	Event rtk.EventType `json:"event"`
	// Body is what is signed and sent, byte for byte.
	Body      Text      `json:"body,omitempty"`
	EmittedAt time.Time `json:"emitted_at"`
	// ResendOf is the delivery that this one repeats, 0 for none.
	ResendOf uint64 `json:"resend_of,omitempty"`
	// Play is the play that made it, 0 for none.
	Play uint64 `json:"play,omitempty"`
	// Mutations are the ids of changes after signing, Faults what goes wrong on
	// the way.
	Mutations []string `json:"mutations,omitempty"`
	Faults    []Fault  `json:"faults,omitempty"`

	State State `json:"state"`
	// Reason says more about the state, where there is more to say.
	Reason   string    `json:"reason,omitempty"`
	Attempts []Attempt `json:"attempts,omitempty"`
	// NextAt is when the next attempt is due; zero where none waits.
	NextAt  time.Time `json:"next_at,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"`
}

// Over reports whether no attempt will follow.
func (d Delivery) Over() bool { return d.State != Pending }

// Last returns the last attempt, or the zero Attempt where there was none.
func (d Delivery) Last() Attempt {
	if len(d.Attempts) == 0 {
		return Attempt{}
	}
	return d.Attempts[len(d.Attempts)-1]
}

// Attempt is one try of a delivery: what was put on the wire and what came
// back.
type Attempt struct {
	N  int       `json:"n"` // 1 for the first
	At time.Time `json:"at"`
	// Head is the exact bytes before the body, but for the value of
	// Authorization. Body is there where it is not the delivery's.
	Head Text `json:"head"`
	Body Text `json:"body,omitempty"`
	// Reached says that the request was put on the wire, and Fault what befell
	// it.
	Reached bool   `json:"reached"`
	Fault   string `json:"fault,omitempty"`
	// Status is 0 where no complete answer came; Class and Error say why.
	Status int              `json:"status"`
	Class  mocksender.Class `json:"class,omitempty"`
	Error  string           `json:"error,omitempty"`
	Header http.Header      `json:"header,omitempty"`
	Answer Text             `json:"answer,omitempty"`
	// Truncated says that the answer went on beyond Answer.
	Truncated bool `json:"truncated,omitempty"`
	// TookMS is the time to the answer's header or the error, in milliseconds.
	TookMS float64 `json:"took_ms"`
	// Target is the status that the target gave where a fault kept it from the
	// sender, which saw Status.
	Target int `json:"target_status,omitempty"`
	// Resent says that an idle connection ended just as the request went out, so
	// that it was sent once more.
	Resent bool `json:"resent,omitempty"`
}

// Fault is one thing that goes wrong on the way, in the words of
// mocksender.ParseFault.
type Fault struct {
	Attempt int     `json:"attempt,omitempty"` // 0: every one
	Fault   string  `json:"fault"`
	Chance  float64 `json:"chance,omitempty"` // 0 stands for 1
}

func faultsOf(plan mocksender.FaultPlan) []Fault {
	var out []Fault
	for _, f := range plan {
		out = append(out, Fault{f.Attempt, f.String(), f.Chance})
	}
	return out
}

func planOf(faults []Fault) (mocksender.FaultPlan, error) {
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

// newAttempt keeps of a what is told. body is the delivery's.
func newAttempt(a mocksender.Attempt, body []byte) Attempt {
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
