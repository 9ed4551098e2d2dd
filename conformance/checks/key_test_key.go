package checks

import (
	"net/http"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

func keyTestKeyRefused() *conformance.Check {
	return &conformance.Check{
		ID: "key/test-key-refused", Title: "a receiver configured for the real service refuses the key of this tool",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
		Production: true, Exclusive: true,
		Doc: "Many people have the key that signs tests. A receiver that still trusts it in production, or takes its key URL from somewhere that the tests could set, lets everybody in who has this tool.",
		Fix: "Set the key URL of the real service, and see to it that nothing of the test's configuration reaches production.",
		Run: func(p *conformance.Probe) {
			if !p.Options().Production {
				p.NotApplicable("it is about a receiver that is configured for the real service (--profile production)")
				return
			}
			fetches := p.Keys().Fetches()
			x := p.Try("a delivery signed by the key of this tool", fresh(p))
			on := p.On(x)
			switch code := x.FirstStatus(); {
			case x.Answer == exchange.Unanswered:
				p.ProvesNothing(x.Label, x)
			case x.Accepted():
				on.Violation("%s", x)
			case x.Answer != exchange.Refused, code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code <= 399:
				on.Inconclusive("%s, which is not how a receiver refuses a signature; is the URL the webhook's?", x)
			case p.Keys().Fetches() > fetches:
				on.Violation("the key was fetched from this tool, so the receiver is not configured for the real service")
			}
		},
	}
}
