package report

import (
	"bytes"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/golden"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// write writes r in one format.
func write(t testing.TB, format string, r *conformance.Report, o Options) string {
	t.Helper()
	f, err := Lookup(format)
	assert.NilError(t, err)
	var b bytes.Buffer
	assert.NilError(t, f.Write(&b, r, o))
	return b.String()
}

// good is a run in which all that could be judged holds, but not all could.
func good() *conformance.Report {
	r := fixture()
	r.Outcome, r.Headline = conformance.Conformant, "conformant, 1 MUST not judged"
	r.Target.Embedded, r.Target.URL = true, "http://127.0.0.1:40001/webhook"
	r.Target.Events = r.Target.Events[:2]
	r.Target.MeetingID = "11111111-2222-4333-8444-555555555555"
	var kept []conformance.Verdict
	for _, v := range r.Verdicts {
		if v.Status == conformance.Pass || v.Status == conformance.Skip {
			kept = append(kept, v)
		}
	}
	r.Verdicts = kept
	ledger := ledger.New(ledger.Options{Timeline: -1})
	for range 3 {
		ledger.Add(mocksender.Receipt{Fate: mocksender.Delivered, Attempts: make([]mocksender.Attempt, 1)})
	}
	r.Ledger = ledger.Snapshot()
	return r
}

// stopped is a run that ended at its gate.
func stopped() *conformance.Report {
	r := fixture()
	r.Outcome, r.Complete, r.Stopped = conformance.Undecided, false, "the control was not accepted"
	r.Headline = "inconclusive, 1 inconclusive, stopped early: the control was not accepted"
	r.Took, r.Waited = 15*time.Second, 0
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		*v = conformance.Verdict{Check: v.Check, Status: conformance.Skip, Reason: "not run: the control was not accepted"}
	}
	gate := &r.Verdicts[0]
	gate.Status, gate.Evidence = conformance.Inconclusive, silentOnly()
	gate.Reason = "the first genuine delivery (meeting.started) had no answer within 15s: is the receiver waiting for something?"
	r.Ledger = ledger.New(ledger.Options{}).Snapshot()
	return r
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name, format string
		report       *conformance.Report
		options      Options
		reason       string
	}{
		{"text", "text", fixture(), Options{}, "what a person sees: 80 columns, no colour"},
		{"text-60-color", "text", fixture(), Options{Width: 60, Color: true}, "a narrow terminal"},
		{"text-100-verbose", "text", fixture(), Options{Width: 100, Verbose: true}, "a wide one, with everything"},
		{"text-good", "text", good(), Options{}, "nothing fell short, which is short to tell"},
		{"text-stopped", "text", stopped(), Options{}, "nothing ran behind the gate"},
		{"json", "json", fixture(), Options{Version: "1.2.3"}, "what programs read"},
		{"junit", "junit", fixture(), Options{Version: "1.2.3"}, "what build servers read"},
		{"markdown", "markdown", fixture(), Options{Version: "1.2.3"}, "what a pull request shows"},
		{"tap", "tap", fixture(), Options{Version: "1.2.3"}, "what test harnesses read"},
		{"github", "github", fixture(), Options{Version: "1.2.3"}, "what GitHub Actions reads"},
		{"badge", "badge", fixture(), Options{Version: "1.2.3"}, "what a badge reads"},
		{"markdown-good", "markdown", good(), Options{Version: "1.2.3"}, "skips are there though all is well"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.reason)
			golden.Assert(t, write(t, c.format, c.report, c.options), c.name+".golden")
		})
	}
}

func TestWritingIsDeterministicAndLeavesTheReportAlone(t *testing.T) {
	for _, f := range Formats() {
		r := fixture()
		first := write(t, f.Name, r, Options{})
		for range 5 {
			assert.Equal(t, write(t, f.Name, r, Options{}), first, f.Name)
		}
		assert.Equal(t, write(t, f.Name, fixture(), Options{}), first, f.Name)
		for i, v := range fixtureVerdicts() {
			assert.Equal(t, r.Verdicts[i].Check.ID, v.Check.ID, "%s changed the order of the verdicts", f.Name)
		}
	}
}
