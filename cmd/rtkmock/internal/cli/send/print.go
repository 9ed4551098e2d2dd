package send

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// printRequest prints what goes out, in the form of --print.
func (s *sending) printRequest(q mocksender.Request) error {
	hide := redact.Redactor{Fields: s.SecretHeaders()}
	record := recording.Record{Method: q.Method, URL: redact.URL(s.target.String()), Header: hide.Header(q.Header), Body: q.Body}
	switch s.print {
	case "curl":
		line := corpus.CurlLine(record)
		if strings.Contains(line, redact.Mark) {
			s.Notef("put the real value where it says %s", redact.Mark)
		}
		s.Printf("%s\n", line)
	case "json":
		p := printedRequest{Event: string(s.delivery.Event.Type), Method: q.Method, URL: record.URL, Headers: record.Header}
		if utf8.Valid(q.Body) {
			p.Body = string(q.Body)
		} else {
			p.BodyBase64 = base64.StdEncoding.EncodeToString(q.Body)
		}
		return s.JSONLine(p)
	default:
		s.Printf("%s", strings.ReplaceAll(string(hide.Head(q.Head)), "\r\n", "\n"))
		s.Printf("%s\n", q.Body)
	}
	return nil
}

// printedRequest is a request in JSON.
type printedRequest struct {
	Event   string      `json:"event"`
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers http.Header `json:"headers"`
	Body    string      `json:"body,omitempty"`
	// BodyBase64 stands in for Body where that is not UTF-8.
	BodyBase64 string `json:"body_base64,omitempty"`
}

// printedReceipt is the result of send in JSON.
type printedReceipt struct {
	Event      string           `json:"event"`
	UUID       string           `json:"uuid"`
	WebhookID  string           `json:"webhook_id"`
	URL        string           `json:"url"`
	KeyURL     string           `json:"key_url"`
	Seed       uint64           `json:"seed"`
	Mutations  []string         `json:"mutations"`
	Fate       mocksender.Fate  `json:"fate"`
	KeyFetches int              `json:"key_fetches"`
	Attempts   []printedAttempt `json:"attempts"`
	// Calls are those of the target to the REST API.
	Calls []conformance.APICall `json:"api_calls,omitempty"`
}

type printedAttempt struct {
	N      int              `json:"n"`
	Status int              `json:"status,omitempty"`
	Class  mocksender.Class `json:"class,omitempty"`
	Error  string           `json:"error,omitempty"`
	Body   string           `json:"body,omitempty"`
	TookMS float64          `json:"took_ms"`
	// Fault is the fault of the attempt. Unreached: it kept the attempt from the
	// target. TargetStatus and TargetError are what the target really did, where
	// the fault hid that.
	Fault        string `json:"fault,omitempty"`
	Unreached    bool   `json:"unreached,omitempty"`
	TargetStatus int    `json:"target_status,omitempty"`
	TargetError  string `json:"target_error,omitempty"`
}

func newPrintedAttempt(at mocksender.Attempt) printedAttempt {
	o := at.Outcome
	p := printedAttempt{
		N: at.N, Status: o.Status, Class: o.Class, TookMS: terminal.Milliseconds(o.Took),
		Body:  strings.ToValidUTF8(string(o.Body), "\uFFFD"),
		Fault: at.Fault, Unreached: !at.Reached,
	}
	if o.Err != nil {
		p.Error = o.Err.Error()
	}
	if at.Target != nil {
		p.TargetStatus = at.Target.Status
		if at.Target.Err != nil {
			p.TargetError = at.Target.Err.Error()
		}
	}
	return p
}

func (s *sending) printReceipt(r mocksender.Receipt) error {
	if s.Form != terminal.FormJSON {
		s.printReceiptText(r)
		return exitOf(r)
	}
	p := printedReceipt{
		Event: string(r.Delivery.Event.Type), UUID: r.Delivery.UUID, WebhookID: r.Delivery.WebhookID,
		URL: redact.URL(s.target.String()), KeyURL: s.server.KeyURL(), Seed: s.Payload.Seed, Mutations: wording.Names(s.mutate, mutationID),
		Fate: r.Fate, KeyFetches: s.server.Keys.Fetches(), Attempts: []printedAttempt{},
		Calls: conformance.CountCalls(s.server.API.Log()),
	}
	for _, at := range r.Attempts {
		p.Attempts = append(p.Attempts, newPrintedAttempt(at))
	}
	if err := s.JSONLine(p); err != nil {
		return err
	}
	return exitOf(r)
}

func (s *sending) printReceiptText(r mocksender.Receipt) {
	where := redact.URL(s.target.String())
	if s.builtIn {
		where = "the built-in reference receiver"
	}
	// With --print, standard output is for the request's reader.
	printf := s.Printf
	if s.print != "" {
		printf = func(format string, args ...any) { s.Logf(strings.TrimSuffix(format, "\n"), args...) }
	}
	printf("%s to %s\n", r.Delivery.Event.Type, where)
	printf("  rtk-uuid %s, rtk-webhook-id %s\n", r.Delivery.UUID, r.Delivery.WebhookID)
	for _, m := range r.Delivery.Mutations {
		printf("  %s: %s\n", m.ID, m.Doc)
	}
	faulty := slices.ContainsFunc(r.Attempts, func(at mocksender.Attempt) bool { return at.Fault != "" })
	if len(r.Attempts) > 1 || faulty {
		for _, at := range r.Attempts {
			printf("  attempt %d: %s\n", at.N, attemptText(at))
		}
	}
	for _, c := range conformance.CountCalls(s.server.API.Log()) {
		printf("  the receiver called %s %s: %d (%d×)\n", terminal.OneLine(c.Method), terminal.OneLine(c.Path), c.Status, c.Count)
	}
	color, word, rest := verdict(r)
	printf("%s%s\n", s.Paint(color, word), rest)
	if r.Fate == mocksender.Delivered {
		return
	}
	last := r.Last()
	if body := strings.TrimSpace(string(last.Outcome.Body)); body != "" {
		printf("  the answer: %s\n", terminal.OneLine(terminal.Clip(strings.ToValidUTF8(body, "\uFFFD"), 300)))
	}
	if last.Outcome.Status > 0 && answeredByTarget(last) && s.delivery.Genuine() && s.server.Keys.Fetches() == 0 {
		printf("  the receiver did not fetch the key from %s; does it know that URL?\n", s.server.KeyURL())
	}
}
