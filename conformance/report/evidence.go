package report

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Evidence is one delivery that a verdict rests on.
type Evidence struct {
	Case      string          `json:"case,omitempty"` // what it is, such as "half a signature"
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

// Sent says what a delivery was.
func (e *Evidence) Sent() string {
	q := e.Last().Request
	parts := []string{EventName(e.Event), "genuine"}
	if q.Method != "" && q.Method != http.MethodPost {
		parts[0] = printable.Name(q.Method) + " with " + parts[0]
	}
	if e.Case != "" && e.Case != string(e.Event) {
		parts[0] = printable.Text(e.Case) + ": " + parts[0]
	}
	if !e.Genuine() {
		ids := make([]string, len(e.Mutations))
		for i, m := range e.Mutations {
			ids[i] = printable.Name(m.ID)
		}
		parts[1] = "changed by " + strings.Join(ids, ", ")
	}
	if len(e.Attempts) > 0 {
		parts = append(parts, printable.Count(q.Size, "byte"))
	}
	if how := q.Framing.String(); how != "" {
		parts = append(parts, how)
	}
	if e.UUID != "" {
		parts = append(parts, "rtk-uuid "+printable.Name(e.UUID))
	}
	return strings.Join(parts, ", ")
}

// Changes says what the mutations of a delivery do.
func (e *Evidence) Changes() string {
	var docs []string
	for _, m := range e.Mutations {
		if m.Doc != "" {
			docs = append(docs, printable.Text(m.Doc))
		}
	}
	return strings.Join(docs, " ")
}

// String says how the body was put on the wire, where that is unusual.
func (f Framing) String() string {
	var parts []string
	if f.Chunked {
		parts = append(parts, "chunked")
	}
	if f.ExpectContinue {
		parts = append(parts, "after 100-continue")
	}
	if f.Pieces > 1 {
		parts = append(parts, fmt.Sprintf("in %d pieces", f.Pieces))
	}
	if f.CutAt > 0 {
		parts = append(parts, fmt.Sprintf("ended after %s", printable.Count(f.CutAt, "byte")))
	}
	return strings.Join(parts, ", ")
}

// Got says what came back: for earlier attempts in short, for the last with its
// time.
func (e *Evidence) Got() string {
	if len(e.Attempts) == 0 {
		return "nothing: the run ended first"
	}
	last := len(e.Attempts) - 1
	text := join(e.Last().Answer(), e.Last().FaultNote())
	if last > 0 {
		earlier := make([]string, last)
		for i, a := range e.Attempts[:last] {
			earlier[i] = join(a.answerWord(), a.FaultNote())
		}
		text = strings.Join(earlier, ", ") + ", then " + text
	}
	if e.Fate == mocksender.Abandoned {
		text += "; the run ended before another attempt"
	}
	return text
}

func join(text, note string) string { return strings.TrimSpace(text + " " + note) }

// FaultNote says what a fault did to an attempt. It is empty if there was none.
func (a Attempt) FaultNote() string {
	hidden := ""
	if a.TargetStatus != 0 || a.TargetClass != "" {
		hidden = AnswerWord(a.TargetStatus, a.TargetClass)
	}
	return FaultNote(a.Fault, hidden)
}

// FaultNote names a fault, and the answer of the target that it hid.
func FaultNote(fault, hidden string) string {
	switch {
	case fault == "":
		return ""
	case hidden != "":
		return fmt.Sprintf("(fault: %s; the target answered %s)", printable.Name(fault), hidden)
	default:
		return fmt.Sprintf("(fault: %s)", printable.Name(fault))
	}
}

// AnswerWord is one word for what came back: a status or the class of an error.
func AnswerWord(status int, class mocksender.Class) string {
	switch {
	case status != 0:
		return fmt.Sprint(status)
	case class != "":
		return printable.Name(string(class))
	default:
		return "nothing"
	}
}

func (a Attempt) answerWord() string { return AnswerWord(a.Response.Status, a.Error.Class) }

// Accepted reports that the attempt was answered with success.
func (a Attempt) Accepted() bool { return a.Response.Status >= 200 && a.Response.Status <= 299 }

// Answer says what came back for one attempt, and when.
func (a Attempt) Answer() string {
	took := printable.Duration(time.Duration(a.Took))
	r := a.Response
	if r.Status == 0 {
		text := fmt.Sprintf("%s after %s", a.answerWord(), took)
		if a.Error.Message != "" {
			text += ": " + printable.Text(a.Error.Message)
		}
		return text
	}
	text := join(fmt.Sprint(r.Status), http.StatusText(r.Status)) + " in " + took
	if to := r.Fields().Get("Location"); to != "" {
		text += ", Location: " + printable.Bounded(to)
	}
	switch {
	case len(r.Content()) > 0:
	case r.Truncated:
		text += ", its body never came"
	default:
		text += ", without a body"
	}
	return text
}

// AnswerBody is the first line of the last answer's body, and how long that
// body is. It is empty if there is no body.
func (e *Evidence) AnswerBody() string {
	r := e.Last().Response
	body := r.Content()
	if len(body) == 0 {
		return ""
	}
	line, more := printable.FirstLine(body)
	size := printable.Count(r.Size, "byte")
	switch {
	case line == "":
		return size + " of white space"
	case r.Truncated:
		return fmt.Sprintf("%s (of more than %s)", line, size)
	case more || !utf8.Valid(body):
		return fmt.Sprintf("%s (of %s)", line, size)
	default:
		return line
	}
}
