package mocksender

import (
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
)

// Outcome is what came back for one attempt.
type Outcome struct {
	// Status is the HTTP status, 0 if no complete response header came.
	Status int
	// Header is the response header: what matters to a sender, and of the rest
	// as much as fits into KeptHeader bytes. Outcomes may share it, so it is not
	// to be changed.
	Header http.Header
	// Body is the response body, at most the sender's MaxAnswer bytes of it.
	Body []byte
	// Size is the length of what was read where Body has another, because
	// secrets were taken out of it. 0: that of Body.
	Size int
	// Truncated says that the response body goes on beyond Body, or that
	// reading it ended in an error or in the time-out.
	Truncated bool
	// Err is the network error where Status is 0, and nil otherwise. It is a
	// *NetError.
	Err error
	// Class names the kind of Err; empty where Err is nil.
	Class Class
	// Took is the time from the start of the attempt to the response header,
	// or to the error.
	Took time.Duration
}

// KeptHeader is how many bytes of a response header an Outcome holds at most,
// names included.
const KeptHeader = http1.MaxKeptHeader

func newOutcome(r http1.Result) Outcome {
	o := Outcome{Status: r.Status, Header: r.Header, Body: r.Body, Truncated: r.Truncated, Took: r.Took}
	if r.Failure != nil {
		o.Err, o.Class = newNetError(r.Failure), Class(r.Failure.Kind)
	}
	return o
}

// OK reports a 2xx status.
// The guide: "RealtimeKit treats any 2xx response as a successful delivery."
func (o Outcome) OK() bool { return o.Status >= 200 && o.Status <= 299 }

// Retryable reports a 5xx status or a network error.
// The guide: "If your endpoint returns a 5xx response or the request fails
// because of a network error, RealtimeKit retries the delivery."
func (o Outcome) Retryable() bool { return o.Err != nil || o.Status >= 500 }

// Class is a kind of network failure.
type Class string

const (
	ClassRefused  = Class(http1.Refused)  // nothing listens there
	ClassReset    = Class(http1.Reset)    // the connection was cut before a complete response header
	ClassTimeout  = Class(http1.Timeout)  // no complete response header within the time-out
	ClassTLS      = Class(http1.TLS)      // the TLS handshake failed, or only one side speaks TLS
	ClassDNS      = Class(http1.DNS)      // the host name does not resolve
	ClassProtocol = Class(http1.Protocol) // what came back is not HTTP, or its header is too large
	ClassOther    = Class(http1.Other)    // unreachable network, and what else the system reports
	ClassCanceled = Class(http1.Canceled) // the caller's context ended
	ClassOwn      = Class(http1.Own)      // this process ran out of files, or may not connect: the target was not asked
)

// NetError is why an attempt has no status.
type NetError struct {
	Class Class
	// Msg is one short line for people. It names the target by host and port.
	Msg string
	// Err is what the system or the standard library reported; nil where the
	// Sender itself gave up.
	Err error
}

// Error returns Msg. It is shown as it is, so it has no prefix.
func (e *NetError) Error() string { return e.Msg }

// Unwrap returns Err.
func (e *NetError) Unwrap() error { return e.Err }

func newNetError(f *http1.Failure) *NetError {
	return &NetError{Class: Class(f.Kind), Msg: f.Msg, Err: f.Err}
}
