package report

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// newRedactor finds the secrets in r, and in receipts that are shown beside it.
func newRedactor(r *conformance.Report, receipts ...mocksender.Receipt) *redact.Redactor {
	secrets := redact.Secrets{Fields: r.SecretHeaders, Prose: true}
	secrets.AddURL(r.Target.URL)
	for _, v := range r.Verdicts {
		receipts = append(receipts, v.Evidence...)
	}
	for _, receipt := range receipts {
		secrets.AddURL(receipt.URL)
		for _, a := range receipt.Attempts {
			secrets.AddURL(a.Request.URL)
			secrets.AddHeader(a.Request.Header)
		}
	}
	return secrets.Redactor()
}
