package report

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
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
	return conformance.TargetInfo{
		URL: s.url(t.URL), KeyURL: s.url(t.KeyURL), Events: append([]rtk.EventType{}, t.Events...),
		WebhookID: printable.UTF8(t.WebhookID), MeetingID: printable.UTF8(t.MeetingID), Embedded: t.Embedded,
	}
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
