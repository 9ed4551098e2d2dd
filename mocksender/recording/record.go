package recording

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Record is one line of a recording: one request and, if it was sent, what came
// back. A recording is a sequence of JSON objects, one on each line, in UTF-8:
//
//	{"method":"POST","url":"http://127.0.0.1:3000/webhook",
//	 "headers":{"Content-Type":"application/json","rtk-signature":"…","rtk-uuid":"…"},
//	 "body":"{\"event\":…}",
//	 "framing":{"chunked":true,"expect_continue":true,"pieces":3,"pause_ms":10,"cut_at":7,"fresh_connection":true},
//	 "delivery":{"uuid":"…","webhook_id":"…","event":"meeting.started","attempt":1,"genuine":false,
//	             "mutations":["body/flip-byte"],"fault":"replace 502","unreached":true,"resent":true,
//	             "at":"2026-06-03T10:00:00.000000001Z","meeting_time":"2026-06-03T10:05:00Z"},
//	 "outcome":{"status":502,"took_ms":1.25,"headers":{…},"body":"…","truncated":true},
//	 "target":{"error":{"class":"timeout","message":"…"},"took_ms":3000}}
//
// The first three members and the body are always there; a fixture needs no
// more. Other members that are missing are zero. Members are written in this
// order, and header fields in the order of their names.
//
//   - headers: the fields by the spelling of the wire, without those that
//     follow from the URL and the framing (Host, Content-Length, …), unless
//     they were given. A value is a string; several lines of one name, or a
//     name without any, are an array of strings.
//   - body: the bytes as a string where they are UTF-8, else, instead of it,
//     body_base64: the bytes in standard Base64 with padding.
//   - framing: how the body followed the header, where that was unusual.
//   - outcome: what the sender saw, as a status or an error. Headers and body
//     of the answer are bounded, and free of secrets where these are redacted.
//   - target: what the target really answered, where a fault hid that.
//
// Any other string that is not UTF-8 is an object of one member,
// {"base64":"…"}. Times are RFC 3339, durations are milliseconds with up to
// six decimals, so both are exact to the nanosecond. What was redacted reads
// "(redacted)".
type Record struct {
	Method  string
	URL     string // may be empty, for a request to any target
	Header  http.Header
	Body    []byte
	Framing mutation.Framing

	Delivery *Delivery // nil where it is not known
	Outcome  *Outcome  // nil where the request was not sent
	Target   *Outcome  // nil where Outcome is what the target answered

	// Line is the number of the line that the record was read from, from 1. It
	// is not written.
	Line int
}

// delivery returns Delivery, or a zero one where there is none.
func (r Record) delivery() Delivery {
	if r.Delivery == nil {
		return Delivery{}
	}
	return *r.Delivery
}

// Delivery says which attempt of which delivery a Record holds.
type Delivery struct {
	UUID      string
	WebhookID string
	Event     rtk.EventType
	Attempt   int      // from 1; 0: not known
	Genuine   bool     // false: the request was changed after signing
	Mutations []string // the ids of those changes, in order
	Fault     string   // as Fault.String has it; empty: none
	Unreached bool     // a fault kept the attempt from the target
	Resent    bool     // as in Attempt
	// At is when the attempt began, and MeetingTime when the event happened, by
	// the meeting's own clock. Zero: not known.
	At, MeetingTime time.Time
}

// Outcome is what came back for a recorded request.
type Outcome struct {
	Status  int              // 0: no complete response header came
	Class   mocksender.Class // why not, where Status is 0
	Message string           // the same in one line, for people
	// Took is the time from the start of the attempt to the response header,
	// or to the error.
	Took      time.Duration
	Header    http.Header
	Body      []byte
	Truncated bool // there was more of the body
}

// MaxRecord is how many bytes a line of a recording may have.
const MaxRecord = 64 << 20

// ErrRecord is matched by the errors of Read about a line, and by those of
// Record.AppendJSON.
var ErrRecord = errors.New("recording: not a record")

// Error says what is wrong with a line of a recording. It matches ErrRecord.
type Error struct {
	Line  int    // from 1; 0 where there is none
	Field string // such as "headers.rtk-uuid"; empty where it is the line as a whole
	Msg   string // what is wrong, and what is wanted
}

// Error names line and field.
func (e *Error) Error() string {
	where := ""
	if e.Line > 0 {
		where = fmt.Sprintf(" (line %d)", e.Line)
	}
	if e.Field != "" {
		where += ": " + e.Field
	}
	return ErrRecord.Error() + where + ": " + e.Msg
}

// Is reports whether target is ErrRecord.
func (e *Error) Is(target error) bool { return target == ErrRecord }

// newRecord returns the record of one attempt. It shares the header and the
// bytes of a.
func newRecord(d mocksender.Delivery, a mocksender.Attempt) Record {
	r := Record{
		Method:  a.Request.Method,
		URL:     a.Request.URL,
		Header:  a.Request.Header,
		Body:    a.Request.Body,
		Framing: a.Request.Framing,
		Delivery: &Delivery{
			UUID:        d.UUID,
			WebhookID:   d.WebhookID,
			Event:       d.Event.Type,
			Attempt:     a.N,
			Genuine:     d.Genuine(),
			Fault:       a.Fault,
			Unreached:   !a.Reached,
			Resent:      a.Resent,
			At:          a.At,
			MeetingTime: d.MeetingTime,
		},
		Outcome: newOutcome(a.Outcome),
	}
	for _, m := range d.Mutations {
		r.Delivery.Mutations = append(r.Delivery.Mutations, m.ID)
	}
	if a.Target != nil {
		r.Target = newOutcome(*a.Target)
	}
	return r
}

func newOutcome(o mocksender.Outcome) *Outcome {
	out := &Outcome{
		Status: o.Status, Class: o.Class, Took: o.Took,
		Header: o.Header, Body: o.Body, Truncated: o.Truncated,
	}
	if o.Err != nil {
		out.Message = o.Err.Error()
	}
	return out
}

// AppendHTTP appends the request of r to b as it goes over the wire: request
// line, Host and Content-Length, the fields in the order of their names, an
// empty line, the bytes of the body. Lines end in CRLF. Framing is left out:
// the body follows in one piece. The error is about a URL (mocksender.ErrURL),
// a method or a header field that cannot be sent.
func (r Record) AppendHTTP(b []byte) ([]byte, error) {
	t, err := parseTarget(r.URL)
	if err != nil {
		return b, err
	}
	q := http1.Request{Target: t, Method: r.Method, Header: r.Header, Body: r.Body}
	if err := q.LayOut(); err != nil {
		return b, fmt.Errorf("recording: %w", err)
	}
	return append(append(b, q.Head...), r.Body...), nil
}

func parseTarget(url string) (http1.Target, error) {
	t, err := http1.ParseTarget(url)
	if err != nil {
		return t, fmt.Errorf("%w: %w", mocksender.ErrURL, err)
	}
	return t, nil
}
