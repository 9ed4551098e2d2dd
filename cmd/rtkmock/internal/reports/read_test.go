package reports

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func TestFailureOfTheHarnessNamesTheCheck(t *testing.T) {
	err := Exit(&report.Document{Report: conformance.Report{Outcome: conformance.Broken}, Checks: []report.CheckResult{
		{Verdict: conformance.Verdict{ID: "sig/utf8", Status: conformance.Pass}},
		{Verdict: conformance.Verdict{ID: "sig/other-key", Status: conformance.Error, Reason: "a forgery: self-check: it changes nothing"}},
	}})
	assert.Error(t, err, "sig/other-key: a forgery: self-check: it changes nothing")
	assert.Assert(t, exit.Is(err, exit.Harness))
}
