package cli

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// redactor hides the values of the header fields that the user added, and
// credentials.
func (f *deliveryFlags) redactor() *redact.Redactor {
	return &redact.Redactor{Fields: f.secretNames()}
}

// printRequest prints what goes out, in the form of --print.
func (a *app) printRequest(s *sending, q mocksender.Request) error {
	switch s.f.print {
	case "curl":
		line := curlLine(s, q)
		if strings.Contains(line, redact.Mark) {
			a.logf("rtkmock: put the real value where it says %s", redact.Mark)
		}
		a.printf("%s\n", line)
	case "json":
		return a.printRequestJSON(s, q)
	default:
		a.printf("%s", strings.ReplaceAll(string(s.f.redactor().Head(q.Head)), "\r\n", "\n"))
		a.printf("%s\n", q.Body)
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

func (a *app) printRequestJSON(s *sending, q mocksender.Request) error {
	p := printedRequest{
		Event:   string(s.delivery.Event.Type),
		Method:  q.Method,
		URL:     redact.URL(s.target.String()),
		Headers: s.f.redactor().Header(q.Header),
	}
	if utf8.Valid(q.Body) {
		p.Body = string(q.Body)
	} else {
		p.BodyBase64 = base64.StdEncoding.EncodeToString(q.Body)
	}
	return a.printJSONLine(p)
}

// curlLine is a command that sends the same request again.
func curlLine(s *sending, q mocksender.Request) string {
	return corpus.CurlLine(mocksender.Record{Method: q.Method, URL: redact.URL(s.target.String()), Header: s.f.redactor().Header(q.Header), Body: q.Body})
}

func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
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
}

type printedAttempt struct {
	N      int              `json:"n"`
	Status int              `json:"status,omitempty"`
	Class  mocksender.Class `json:"class,omitempty"`
	Error  string           `json:"error,omitempty"`
	Body   string           `json:"body,omitempty"`
	TookMS float64          `json:"took_ms"`
	// Fault is what befell the attempt. Unreached: it kept it from the target.
	// TargetStatus and TargetError are what the target really did, where it
	// hid that.
	Fault        string `json:"fault,omitempty"`
	Unreached    bool   `json:"unreached,omitempty"`
	TargetStatus int    `json:"target_status,omitempty"`
	TargetError  string `json:"target_error,omitempty"`
}

func printAttempt(at mocksender.Attempt) printedAttempt {
	o := at.Outcome
	p := printedAttempt{
		N: at.N, Status: o.Status, Class: o.Class, TookMS: milliseconds(o.Took),
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

func (a *app) printReceipt(s *sending, r mocksender.Receipt) error {
	if s.f.output == outputJSON {
		p := printedReceipt{
			Event: string(r.Delivery.Event.Type), UUID: r.Delivery.UUID, WebhookID: r.Delivery.WebhookID,
			URL: redact.URL(s.target.String()), KeyURL: s.keyURL, Seed: s.seed, Mutations: notNil(s.f.mutate),
			Fate: r.Fate, KeyFetches: s.server.Fetches(), Attempts: []printedAttempt{},
		}
		for _, at := range r.Attempts {
			p.Attempts = append(p.Attempts, printAttempt(at))
		}
		if err := a.printJSONLine(p); err != nil {
			return err
		}
	} else {
		a.printReceiptText(s, r)
	}
	return sendExit(r)
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

func (a *app) printReceiptText(s *sending, r mocksender.Receipt) {
	on := a.colored(a.streams.OutIsTTY)
	where := redact.URL(s.target.String())
	if s.embedded {
		where = "the built-in reference receiver"
	}
	// With --print, standard output is for the request's reader.
	print := a.printf
	if s.f.print != "" {
		print = func(format string, args ...any) { a.logf(strings.TrimSuffix(format, "\n"), args...) }
	}
	print("%s to %s\n", r.Delivery.Event.Type, where)
	print("  rtk-uuid %s, rtk-webhook-id %s\n", r.Delivery.UUID, r.Delivery.WebhookID)
	for _, m := range r.Delivery.Mutations {
		print("  %s: %s\n", m.ID, m.Doc)
	}
	faulty := slices.ContainsFunc(r.Attempts, func(at mocksender.Attempt) bool { return at.Fault != "" })
	if len(r.Attempts) > 1 || faulty {
		for _, at := range r.Attempts {
			print("  attempt %d: %s\n", at.N, attemptText(at))
		}
	}
	code, text := verdictOn(r)
	print("%s%s\n", paint(on, code, text[0]), text[1])
	if body := strings.TrimSpace(string(r.Last().Outcome.Body)); body != "" && r.Fate != mocksender.Delivered {
		print("  the answer: %s\n", oneLine(clip(strings.ToValidUTF8(body, "\uFFFD"), 300)))
	}
	if r.Last().Outcome.Status > 0 && answeredByTarget(r.Last()) && r.Fate != mocksender.Delivered && s.delivery.Genuine() && s.server.Fetches() == 0 {
		print("  the receiver did not fetch the key from %s; does it know that URL?\n", s.keyURL)
	}
}

// clip cuts text to n characters.
func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n]) + "…"
}
