package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxHead is how many bytes of a request's head are kept as they were. Of a
// longer one the fields remain, by name.
const maxHead = 64 << 10

// holder brings a report into the form in which the JSON report holds it.
// Every format is written from that form, so that it does not matter whether
// it is written at the end of the run or later, from the JSON alone.
type holder struct {
	redactor *redact.Redactor
	bodies   bool // bodies are kept whole, because files will hold them
}

// hold returns what of r a report holds: secrets are taken out, durations are
// rounded to microseconds, texts are UTF-8, each receipt of a verdict stands
// there once. It shares memory with r, and changes none of it.
func hold(r *conformance.Report, d *redact.Redactor, bodies bool) *conformance.Report {
	h := holder{d, bodies}
	out := *r
	out.SecretHeaders = nil // their values are gone
	out.Headline, out.Stopped = h.text(r.Headline), h.text(r.Stopped)
	out.Start, out.Began = r.Start.UTC(), r.Began.UTC()
	out.Took, out.Waited = steady(r.Took), steady(r.Waited)
	out.Target = h.target(r.Target)
	out.Assumptions, out.Instruments = nil, nil
	for _, a := range r.Assumptions {
		out.Assumptions = append(out.Assumptions, conformance.Assumption{Name: h.text(a.Name), Value: h.text(a.Value), Flag: legible(a.Flag)})
	}
	for _, in := range r.Instruments {
		out.Instruments = append(out.Instruments, conformance.Instrument{Name: legible(in.Name), On: in.On, Detail: h.text(in.Detail)})
	}
	out.Known, out.Shards = nil, nil
	for _, e := range r.Known {
		out.Known = append(out.Known, h.known(e))
	}
	for _, s := range r.Shards {
		s.Start = s.Start.UTC()
		out.Shards = append(out.Shards, s)
	}
	out.Ledger = h.ledger(r.Ledger)
	out.Verdicts = make([]conformance.Verdict, len(r.Verdicts))
	for i, v := range r.Verdicts {
		out.Verdicts[i] = h.verdict(v)
	}
	return &out
}

// steady is a duration as reports have it.
func steady(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

// legible returns s with every byte that is not UTF-8 written as an escape.
func legible(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

func (h holder) text(s string) string { return legible(h.redactor.Text(s)) }

func (h holder) target(t conformance.TargetInfo) conformance.TargetInfo {
	t.URL, t.KeyURL = h.text(redact.URL(t.URL)), h.text(redact.URL(t.KeyURL))
	t.WebhookID, t.MeetingID = legible(t.WebhookID), legible(t.MeetingID)
	events := t.Events
	t.Events = nil
	for _, e := range events {
		t.Events = append(t.Events, rtk.EventType(legible(string(e))))
	}
	return t
}

func (h holder) verdict(v conformance.Verdict) conformance.Verdict {
	c := v.Check
	v.Check = &conformance.Check{
		ID: conformance.ID(legible(string(c.ID))), Title: legible(c.Title), Level: c.Level, Basis: c.Basis,
		From: slices.Clone(c.From), Doc: legible(c.Doc), Fix: legible(c.Fix),
	}
	v.Reason, v.Took = h.text(v.Reason), steady(v.Took)
	if v.Known != nil {
		known := h.known(*v.Known)
		v.Known = &known
	}
	var receipts []mocksender.Receipt
	for _, r := range evidence(v) {
		receipts = append(receipts, h.receipt(r))
	}
	v.Evidence = receipts
	return v
}

func (h holder) known(e conformance.KnownFailing) conformance.KnownFailing {
	e.Pattern, e.Reason = conformance.Pattern(legible(string(e.Pattern))), legible(e.Reason)
	e.Where, e.Stale = legible(e.Where), legible(e.Stale)
	if !e.Expires.IsZero() {
		e.Expires = e.Expires.UTC().Truncate(24 * time.Hour)
	}
	return e
}

func (h holder) receipt(r mocksender.Receipt) mocksender.Receipt {
	d := r.Delivery
	out := mocksender.Receipt{
		URL: h.text(redact.URL(r.URL)),
		Delivery: mocksender.Delivery{
			UUID: legible(d.UUID), WebhookID: legible(d.WebhookID),
			Event: rtk.Event{Type: rtk.EventType(legible(string(d.Event.Type)))},
		},
		Fate: r.Fate,
	}
	for _, m := range d.Mutations {
		out.Delivery.Mutations = append(out.Delivery.Mutations, mutation.Mutation{ID: legible(m.ID), Doc: legible(m.Doc)})
	}
	for _, a := range r.Attempts {
		out.Attempts = append(out.Attempts, h.attempt(a))
	}
	return out
}

func (h holder) attempt(a mocksender.Attempt) mocksender.Attempt {
	out := mocksender.Attempt{
		N: a.N, At: a.At.UTC(), Request: h.request(a.Request), Outcome: h.outcome(a.Outcome),
		Reached: a.Reached || a.Fault == "", Fault: legible(a.Fault), Resent: a.Resent,
	}
	if t := a.Target; t != nil && (t.Status != 0 || t.Class != "") {
		out.Target = &mocksender.Outcome{Status: t.Status, Class: mocksender.Class(legible(string(t.Class)))}
	}
	return out
}

func (h holder) request(q mocksender.Request) mocksender.Request {
	q.Method, q.URL = legible(q.Method), h.text(redact.URL(q.URL))
	q.Header, q.Head = h.redactor.Header(q.Header), h.head(q.Head)
	if size := sizeOf(q); size > maxJSONBody && !h.bodies {
		q.Body, q.Size = q.Body[:min(len(q.Body), maxJSONBody)], size
	}
	if q.Size == len(q.Body) {
		q.Size = 0
	}
	q.Framing.Pause = steady(q.Framing.Pause)
	return q
}

// sizeOf is the length of the body that was sent.
func sizeOf(q mocksender.Request) int { return cmp.Or(q.Size, len(q.Body)) }

// head is what is kept of the head of a request.
func (h holder) head(head []byte) []byte {
	if len(head) == 0 || len(head) > maxHead {
		return nil
	}
	return h.redactor.Head(head)
}

func (h holder) outcome(o mocksender.Outcome) mocksender.Outcome {
	out := mocksender.Outcome{Took: steady(o.Took)}
	switch {
	case o.Status != 0:
		out.Status, out.Header, out.Truncated = o.Status, h.redactor.Header(o.Header), o.Truncated
		out.Body = h.redactor.Body(o.Body)
		if size := cmp.Or(o.Size, len(o.Body)); size != len(out.Body) {
			out.Size = size
		}
		if len(out.Body) == 0 {
			out.Body, out.Size = nil, 0
		}
	case o.Err != nil:
		out.Err, out.Class = errors.New(h.text(o.Err.Error())), mocksender.Class(legible(string(o.Class)))
	}
	return out
}

// ledger rounds the times of an account, and leaves no map out.
func (h holder) ledger(l ledger.Report) ledger.Report {
	l = accounted(l)
	byEvent := l.ByEvent
	l.ByEvent = map[rtk.EventType]ledger.Account{}
	for t, a := range byEvent {
		l.ByEvent[rtk.EventType(legible(string(t)))] = a
	}
	l.Worst, l.Timeline.Entries = entries(l.Worst), entries(l.Timeline.Entries)
	return l
}

func entries(list []ledger.Entry) []ledger.Entry {
	round := func(m ledger.Millis) ledger.Millis { return ledger.Millis(steady(time.Duration(m))) }
	out := make([]ledger.Entry, len(list))
	for i, e := range list {
		e.Event, e.UUID = rtk.EventType(legible(string(e.Event))), legible(e.UUID)
		e.Time, e.MeetingTime, e.Latency = e.Time.UTC(), e.MeetingTime.UTC(), round(e.Latency)
		attempts := make([]ledger.EntryAttempt, len(e.Attempts))
		for k, a := range e.Attempts {
			a.At, a.Took, a.Fault = a.At.UTC(), round(a.Took), legible(a.Fault)
			attempts[k] = a
		}
		e.Attempts = attempts
		out[i] = e
	}
	return out
}
