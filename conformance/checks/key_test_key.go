package checks

import (
	"net/http"

	"github.com/rtkmock/rtkmock/conformance"
)

func keyTestKeyRefused() *conformance.Check {
	return &conformance.Check{
		ID: "key/test-key-refused", Title: "a receiver configured for the real service refuses the key of this tool",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
		Production: true, Exclusive: true,
		Doc: "A key that tests are signed with is in many hands. A receiver that still trusts it in production, or takes its key URL from somewhere that the tests could set, lets everybody in who has this tool.",
		Fix: "Set the key URL of the real service, and see to it that nothing of the test's configuration reaches production.",
		Run: func(p *conformance.Probe) {
			if !p.Production() {
				p.NotApplicable("it is about a receiver that is configured for the real service (--profile production)")
				return
			}
			fetches := p.Endpoints().KeyServer.Fetches()
			s := p.Try("a delivery signed by the key of this tool", deliveryOf(p.FreshAny()))
			switch code := s.FirstStatus(); {
			case s.Answer == conformance.Unanswered:
				p.Skip("not finished: the run ended first")
			case s.Answer == conformance.Accepted:
				p.Violation([]*conformance.Exchange{s}, "%s: %s", s.Label, s.Answered())
			case s.Answer != conformance.Refused, code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code <= 399:
				p.AddFinding(conformance.Inconclusive, []*conformance.Exchange{s}, "%s: %s, which is not how a receiver refuses a signature; is the URL the webhook's?", s.Label, s.Answered())
			case p.Endpoints().KeyServer.Fetches() > fetches:
				p.Violation([]*conformance.Exchange{s}, "the key was fetched from this tool, so the receiver is not configured for the real service")
			}
		},
	}
}
