package store

import (
	"bytes"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

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
