package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/report/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Evidence is one delivery that a verdict rests on.
type Evidence struct {
	UUID      string          `json:"uuid"`
	WebhookID string          `json:"webhook_id"`
	Event     rtk.EventType   `json:"event"`
	Mutations []Mutation      `json:"mutations"`
	URL       string          `json:"url"`
	Attempts  []Attempt       `json:"attempts"`
	Fate      mocksender.Fate `json:"fate"`
	Curl      Command         `json:"curl"` // sends the last request again
	CurlNote  string          `json:"curl_note,omitempty"`
}

// Mutation is a change that was made to a request.
type Mutation struct {
	ID  string `json:"id"`
	Doc string `json:"doc"`
}

// Attempt is one request and what came back. Response or Error is set, or
// neither if nothing came.
type Attempt struct {
	N            int              `json:"n"`
	At           time.Time        `json:"at"`
	Took         ledger.Millis    `json:"took_ms"`
	Resent       bool             `json:"resent,omitempty"`
	Fault        string           `json:"fault,omitempty"`
	Unreached    bool             `json:"unreached,omitempty"`     // a fault kept it from the target
	TargetStatus int              `json:"target_status,omitempty"` // what a fault hid from the sender
	TargetClass  mocksender.Class `json:"target_class,omitempty"`
	Request      Request          `json:"request"`
	Response     *Response        `json:"response,omitempty"`
	Error        *Error           `json:"error,omitempty"`
}

// Request is what was sent.
type Request struct {
	Method string `json:"method"`
	URL    string `json:"url,omitempty"` // where it is not that of the delivery
	// Head, or HeadBase64 where it is not UTF-8, is empty where it was not kept.
	Head       string `json:"head,omitempty"`
	HeadBase64 []byte `json:"head_base64,omitempty"`
	Header
	Framing *Framing `json:"framing,omitempty"`
	Body
}

// Framing is how a body was put on the wire, where that is unusual.
type Framing struct {
	Chunked         bool          `json:"chunked,omitempty"`
	ExpectContinue  bool          `json:"expect_continue,omitempty"`
	Pieces          int           `json:"pieces,omitempty"`
	Pause           ledger.Millis `json:"pause_ms,omitempty"`
	CutAt           int           `json:"cut_at,omitempty"`
	FreshConnection bool          `json:"fresh_connection,omitempty"`
}

// Response is what the target, or a fault, answered.
type Response struct {
	Status int `json:"status"`
	Header
	Body
}

// Error is why there is no response.
type Error struct {
	Class   mocksender.Class `json:"class"`
	Message string           `json:"message"`
}

// Header holds header fields. Exact holds them too if one of them is not UTF-8.
type Header struct {
	Readable map[string][]string       `json:"headers"`
	Exact    map[exactText][]exactText `json:"headers_base64,omitempty"`
}

// exactText is text that need not be UTF-8. JSON holds it in Base64.
type exactText struct{ text string }

// MarshalText writes Base64.
func (e exactText) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, []byte(e.text)), nil
}

// UnmarshalText reads Base64.
func (e *exactText) UnmarshalText(b []byte) error {
	text, err := base64.StdEncoding.DecodeString(string(b))
	e.text = string(text)
	return err
}

// Fields returns the header fields exactly.
func (h Header) Fields() http.Header {
	if h.Exact == nil {
		return h.Readable
	}
	out := http.Header{}
	for name, values := range h.Exact {
		for _, value := range values {
			out[name.text] = append(out[name.text], value.text)
		}
	}
	return out
}

// Body holds the bytes of a body: as text where they are UTF-8, else in Base64.
type Body struct {
	Size      int     `json:"bytes"` // of the whole body
	Text      *string `json:"body,omitempty"`
	Base64    []byte  `json:"body_base64,omitempty"`
	Truncated bool    `json:"truncated,omitempty"`
}

func newBody(b []byte, size int, truncated bool) Body {
	out := Body{Size: size, Truncated: truncated}
	if utf8.Valid(b) {
		text := string(b)
		out.Text = &text
	} else {
		out.Base64 = b
	}
	return out
}

// Content returns the bytes.
func (b Body) Content() []byte {
	if b.Text != nil {
		return []byte(*b.Text)
	}
	return b.Base64
}

// Genuine reports a delivery that nothing was changed in.
func (e *Evidence) Genuine() bool { return len(e.Mutations) == 0 }

// Last returns the last attempt, or a zero Attempt if there was none.
func (e *Evidence) Last() Attempt {
	if len(e.Attempts) == 0 {
		return Attempt{}
	}
	return e.Attempts[len(e.Attempts)-1]
}

// AttemptURL returns where an attempt of e went.
func (e *Evidence) AttemptURL(a Attempt) string { return cmp.Or(a.Request.URL, e.URL) }

// Bounds of what a document holds of a request, in bytes.
const (
	maxBody = 256 << 10
	maxHead = 64 << 10 // a longer head is left out: the fields remain
)

// evidence returns each receipt once: a twin may stand beside several forgeries.
func (s sanitizer) evidence(receipts []mocksender.Receipt, bodyDir string) ([]Evidence, error) {
	out := []Evidence{}
	for i, r := range receipts {
		if slices.ContainsFunc(receipts[:i], func(o mocksender.Receipt) bool { return same(o, r) }) {
			continue
		}
		e, err := s.delivery(r, bodyDir)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// same reports whether a and b are of one delivery. An id alone does not say
// so: it may have been sent twice on purpose.
func same(a, b mocksender.Receipt) bool {
	return a.Delivery.UUID == b.Delivery.UUID && len(a.Attempts) > 0 && len(b.Attempts) > 0 &&
		a.Attempts[0].At.Equal(b.Attempts[0].At)
}

func (s sanitizer) delivery(r mocksender.Receipt, bodyDir string) (Evidence, error) {
	d := r.Delivery
	e := Evidence{
		UUID: printable.UTF8(d.UUID), WebhookID: printable.UTF8(d.WebhookID),
		Event:     rtk.EventType(printable.UTF8(string(d.Event.Type))),
		Mutations: []Mutation{}, URL: s.url(r.URL), Attempts: []Attempt{}, Fate: r.Fate,
	}
	for _, m := range d.Mutations {
		e.Mutations = append(e.Mutations, Mutation{printable.UTF8(m.ID), printable.UTF8(m.Doc)})
	}
	for _, a := range r.Attempts {
		e.Attempts = append(e.Attempts, s.attempt(a, r.URL))
	}
	// The curl line needs the whole body, of which e may hold a part.
	return e, e.setCurl(r.Last().Request.Body, bodyDir)
}

// attempt returns an attempt of a delivery to address.
func (s sanitizer) attempt(a mocksender.Attempt, address string) Attempt {
	out := Attempt{
		N: a.N, At: a.At.UTC(), Took: ledger.Round(a.Outcome.Took), Resent: a.Resent,
		Fault: printable.UTF8(a.Fault), Unreached: a.Fault != "" && !a.Reached, Request: s.request(a.Request),
	}
	if a.Request.URL != address {
		out.Request.URL = s.url(a.Request.URL)
	}
	if a.Target != nil {
		out.TargetStatus, out.TargetClass = a.Target.Status, class(a.Target.Class)
	}
	switch o := a.Outcome; {
	case o.Status != 0:
		size := cmp.Or(o.Size, len(o.Body))
		out.Response = &Response{o.Status, s.header(o.Header), newBody(s.secrets.Body(o.Body), size, o.Truncated)}
	case o.Err != nil:
		out.Error = &Error{class(o.Class), s.text(o.Err.Error())}
	}
	return out
}

func class(c mocksender.Class) mocksender.Class {
	return mocksender.Class(printable.UTF8(string(c)))
}

func (s sanitizer) request(q mocksender.Request) Request {
	size := cmp.Or(q.Size, len(q.Body))
	out := Request{
		Method: printable.UTF8(q.Method), Header: s.header(q.Header),
		Body: newBody(q.Body[:min(len(q.Body), maxBody)], size, size > maxBody),
	}
	if q.Framing != (mutation.Framing{}) {
		f := q.Framing
		out.Framing = &Framing{f.Chunked, f.ExpectContinue, f.Pieces, ledger.Round(f.Pause), f.CutAt, f.FreshConnection}
	}
	switch head := s.secrets.Head(q.Head); {
	case len(head) > maxHead:
	case utf8.Valid(head):
		out.Head = string(head)
	default:
		out.HeadBase64 = bytes.Clone(head)
	}
	return out
}
