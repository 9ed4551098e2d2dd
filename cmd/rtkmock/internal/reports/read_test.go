package reports

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance"
)

func TestFailureOfTheHarnessNamesTheCheck(t *testing.T) {
	err := Exit(&conformance.Report{Outcome: conformance.Broken, Verdicts: []conformance.Verdict{
		{Check: &conformance.Check{ID: "sig/utf8"}, Status: conformance.Pass},
		{Check: &conformance.Check{ID: "sig/other-key"}, Status: conformance.Error, Reason: "a forgery: self-check: it changes nothing"},
	}})
	assert.Error(t, err, "sig/other-key: a forgery: self-check: it changes nothing")
	assert.Assert(t, exit.Is(err, exit.Harness))
}
