package formats

import (
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func TestBadgeIsGreenOnlyWhereEverythingHolds(t *testing.T) {
	checks := func(statuses ...conformance.Status) []report.CheckResult {
		var out []report.CheckResult
		for _, s := range statuses {
			out = append(out, report.CheckResult{Verdict: conformance.Verdict{ID: "sig/x", Level: conformance.Must, Status: s}})
		}
		return out
	}
	for _, c := range []struct {
		outcome  conformance.Outcome
		complete bool
		checks   []report.CheckResult
		want     badge
		reason   string
	}{
		{conformance.Conformant, true, checks(conformance.Pass), badge{Message: "conformant", Color: "brightgreen"}, "all is well"},
		{conformance.Conformant, true, checks(conformance.Pass, conformance.Warn), badge{Message: "conformant, 1 warning", Color: "yellow"}, "a warning"},
		{conformance.Conformant, true, checks(conformance.Skip, conformance.Pass), badge{Message: "conformant, 1 MUST not judged", Color: "yellow"}, "a MUST was not judged"},
		{conformance.Nonconformant, true, checks(conformance.Fail, conformance.Fail), badge{Message: "not conformant, 2 failures", Color: "red", IsError: true}, "failures"},
		{conformance.Undecided, false, checks(conformance.Inconclusive), badge{Message: "inconclusive, 1 MUST not judged, incomplete", Color: "orange", IsError: true}, "stopped"},
		{conformance.Broken, true, nil, badge{Message: "the harness failed", Color: "lightgrey", IsError: true}, "that says nothing of the target"},
		{"", true, nil, badge{Message: "no outcome", Color: "lightgrey", IsError: true}, "an empty report"},
	} {
		d := summed(&report.Document{Report: conformance.Report{Outcome: c.outcome, Complete: c.complete}, Checks: c.checks})
		c.want.SchemaVersion, c.want.Label = 1, "RealtimeKit webhooks"
		var got badge
		dec := json.NewDecoder(strings.NewReader(render(t, "badge", d)))
		dec.DisallowUnknownFields()
		assert.NilError(t, dec.Decode(&got), c.reason)
		assert.DeepEqual(t, got, c.want)
	}
}

func TestBadgeHoldsNothingOfTheTarget(t *testing.T) {
	r := fixture(t)
	r.Headline, r.Stopped, r.Complete = hostile, hostile, false
	for i := range r.Checks {
		r.Checks[i].Reason = hostile
	}
	assert.Equal(t, newBadge(r).Message, "not conformant, 2 failures, 2 warnings, 2 MUST not judged, incomplete")
}
