package report

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
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

	// body is the whole body of the last request, where Request holds a part. It
	// is not in the JSON form.
	body []byte
}

// Mutation is a change that was made to a request.
type Mutation struct {
	ID  string `json:"id"`
	Doc string `json:"doc"`
}

// Attempt is one request and what came back: a Response, an Error, or neither.
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
	Response     Response         `json:"response,omitzero"`
	Error        Error            `json:"error,omitzero"`
}

// Request is what was sent.
type Request struct {
	Method string `json:"method"`
	URL    string `json:"url,omitempty"` // where it is not that of the delivery
	// Head, or HeadBase64 where it is not UTF-8, is empty where it was not kept.
	Head       string `json:"head,omitempty"`
	HeadBase64 []byte `json:"head_base64,omitempty"`
	Header
	Framing Framing `json:"framing,omitzero"`
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

// Header holds header fields. Exact holds them too if one of them is not UTF-8: JSON
// has names and values in Base64.
type Header struct {
	Readable map[string][]string `json:"headers"`
	Exact    map[string][][]byte `json:"headers_base64,omitempty"`
}

// Fields returns the header fields exactly.
func (h Header) Fields() http.Header {
	if h.Exact == nil {
		return h.Readable
	}
	out := http.Header{}
	for encoded, values := range h.Exact {
		name, _ := base64.StdEncoding.DecodeString(encoded) // the schema wants Base64
		for _, value := range values {
			out[string(name)] = append(out[string(name)], string(value))
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
