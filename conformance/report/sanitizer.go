package report

import (
	"cmp"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// sanitizer makes what a run gathered fit for a document: it takes the secrets
// out, and makes text UTF-8.
type sanitizer struct{ secrets *redact.Redactor }

// newSanitizer finds the secrets of a run: in the URL of its target, and in
// what it sent.
func newSanitizer(targetURL string, secretHeaders []string, receipts []mocksender.Receipt) sanitizer {
	secrets := redact.Secrets{Fields: secretHeaders, Prose: true}
	secrets.AddURL(targetURL)
	for _, r := range receipts {
		secrets.AddURL(r.URL)
		for _, a := range r.Attempts {
			secrets.AddURL(a.Request.URL)
			secrets.AddHeader(a.Request.Header)
		}
	}
	return sanitizer{secrets.Redactor()}
}

// text is for text that may repeat what a target said.
func (s sanitizer) text(t string) string { return printable.UTF8(s.secrets.Text(t)) }

func (s sanitizer) url(u string) string { return s.text(redact.URL(u)) }

func (s sanitizer) target(t conformance.TargetInfo) conformance.TargetInfo {
	t.URL, t.KeyURL, t.Events = s.url(t.URL), s.url(t.KeyURL), append([]rtk.EventType{}, t.Events...)
	t.WebhookID, t.MeetingID = printable.UTF8(t.WebhookID), printable.UTF8(t.MeetingID)
	return t
}

func (s sanitizer) instruments(list []conformance.Instrument) []conformance.Instrument {
	out := []conformance.Instrument{}
	for _, in := range list {
		out = append(out, conformance.Instrument{Name: printable.UTF8(in.Name), On: in.On, Detail: s.text(in.Detail)})
	}
	return out
}

func (s sanitizer) assumptions(list []conformance.Assumption) []conformance.Assumption {
	out := []conformance.Assumption{}
	for _, a := range list {
		out = append(out, conformance.Assumption{Name: s.text(a.Name), Value: s.text(a.Value), Flag: printable.UTF8(a.Flag)})
	}
	return out
}

func (s sanitizer) interception(i *conformance.Interception) *conformance.Interception {
	if i == nil {
		return nil
	}
	out := *i
	out.Way, out.Why, out.KeyVariable, out.KeyHidden = printable.UTF8(i.Way), s.text(i.Why), printable.UTF8(i.KeyVariable), s.text(i.KeyHidden)
	out.Contacts = append([]conformance.Contact{}, i.Contacts...)
	for n := range out.Contacts {
		out.Contacts[n].Host = printable.UTF8(out.Contacts[n].Host)
	}
	return &out
}

func (s sanitizer) effectsHint(h *conformance.EffectsHint) *conformance.EffectsHint {
	if h == nil {
		return nil
	}
	out := *h
	out.Stack, out.By, out.Then, out.Code = printable.UTF8(h.Stack), printable.UTF8(h.By), s.text(h.Then), nil
	for _, line := range h.Code {
		out.Code = append(out.Code, printable.UTF8(line))
	}
	return &out
}

func (s sanitizer) calls(list []conformance.APICall) []conformance.APICall {
	out := slices.Clone(list)
	for i, c := range out {
		out[i].Operation, out[i].Method, out[i].Path = printable.UTF8(c.Operation), s.text(c.Method), s.text(c.Path)
	}
	return out
}

// Bounds of what a document holds of a request, in bytes.
const (
	maxBody = 256 << 10
	maxHead = 64 << 10 // a longer head is left out: the fields remain
)

// evidence returns each receipt once: a twin may stand beside several forgeries.
func (s sanitizer) evidence(receipts []mocksender.Receipt) []Evidence {
	out := []Evidence{}
	for i, r := range receipts {
		if !slices.ContainsFunc(receipts[:i], func(o mocksender.Receipt) bool { return same(o, r) }) {
			out = append(out, s.delivery(r))
		}
	}
	return out
}

// same reports whether a and b are of one delivery. An id alone does not say
// so: it may have been sent twice on purpose.
func same(a, b mocksender.Receipt) bool {
	return a.Delivery.UUID == b.Delivery.UUID && len(a.Attempts) > 0 && len(b.Attempts) > 0 &&
		a.Attempts[0].At.Equal(b.Attempts[0].At)
}

func (s sanitizer) delivery(r mocksender.Receipt) Evidence {
	d := r.Delivery
	e := Evidence{
		Case: s.text(d.Label), UUID: printable.UTF8(d.UUID), WebhookID: printable.UTF8(d.WebhookID),
		Event:     rtk.EventType(printable.UTF8(string(d.Event.Type))),
		Mutations: []Mutation{}, URL: s.url(r.URL), Attempts: []Attempt{}, Fate: r.Fate,
		body: r.Last().Request.Body,
	}
	for _, m := range d.Mutations {
		e.Mutations = append(e.Mutations, Mutation{printable.UTF8(m.ID), printable.UTF8(m.Doc)})
	}
	for _, a := range r.Attempts {
		e.Attempts = append(e.Attempts, s.attempt(a, r.URL))
	}
	return e
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
		out.TargetStatus, out.TargetClass = a.Target.Status, a.Target.Class
	}
	switch o := a.Outcome; {
	case o.Status != 0:
		size := cmp.Or(o.Size, len(o.Body))
		out.Response = Response{o.Status, s.header(o.Header), newBody(s.secrets.Body(o.Body), size, o.Truncated)}
	case o.Err != nil:
		out.Error = Error{o.Class, s.text(o.Err.Error())}
	}
	return out
}

func (s sanitizer) request(q mocksender.Request) Request {
	size, f := cmp.Or(q.Size, len(q.Body)), q.Framing
	out := Request{
		Method: printable.UTF8(q.Method), Header: s.header(q.Header),
		Framing: Framing{f.Chunked, f.ExpectContinue, f.Pieces, ledger.Round(f.Pause), f.CutAt, f.FreshConnection},
		Body:    newBody(q.Body[:min(len(q.Body), maxBody)], size, size > maxBody),
	}
	switch head := s.secrets.Head(q.Head); {
	case len(head) > maxHead:
	case utf8.Valid(head):
		out.Head = string(head)
	default:
		out.HeadBase64 = head
	}
	return out
}

func (s sanitizer) header(h http.Header) Header {
	out := Header{Readable: map[string][]string{}}
	exact, needed := map[string][][]byte{}, false
	for _, name := range slices.Sorted(maps.Keys(h)) {
		encoded := base64.StdEncoding.EncodeToString([]byte(name))
		for _, value := range h[name] {
			value = s.secrets.Field(name, value)
			// Names that differ only in bytes that JSON cannot hold become one here.
			readable := strings.ToValidUTF8(name, "\uFFFD")
			out.Readable[readable] = append(out.Readable[readable], value)
			exact[encoded] = append(exact[encoded], []byte(value))
			needed = needed || !utf8.ValidString(name) || !utf8.ValidString(value)
		}
	}
	if needed {
		out.Exact = exact
	}
	return out
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
