package report_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// "All accepted" beside "lost" needs a word.
func TestTheAccountSaysThatOutagesAreNotInIt(t *testing.T) {
	d := &report.Document{}
	d.Ledger.Account = ledger.Account{Emitted: 3, Accepted: 3}
	assert.Equal(t, d.Account(), "Of 3 genuine deliveries: 3 accepted at once")
	d.Checks = []report.CheckResult{{Verdict: conformance.Verdict{ID: "key/outage-cold", Status: conformance.Warn}}}
	assert.Equal(t, d.Account(), "Of 3 genuine deliveries, without those sent during outages on purpose: 3 accepted at once")
}
