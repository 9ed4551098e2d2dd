package report

import (
	"encoding/json"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

func TestBadgeIsGreenOnlyWhereEverythingHolds(t *testing.T) {
	verdicts := func(statuses ...conformance.Status) []conformance.Verdict {
		var out []conformance.Verdict
		for _, s := range statuses {
			out = append(out, conformance.Verdict{Check: &conformance.Check{ID: "sig/x", Level: conformance.Must}, Status: s})
		}
		return out
	}
	for _, c := range []struct {
		outcome  conformance.Outcome
		complete bool
		verdicts []conformance.Verdict
		want     badge
		reason   string
	}{
		{conformance.Conformant, true, verdicts(conformance.Pass), badge{Message: "conformant", Color: "brightgreen"}, "all is well"},
		{conformance.Conformant, true, verdicts(conformance.Pass, conformance.Warn), badge{Message: "conformant, 1 warning", Color: "yellow"}, "a warning"},
		{conformance.Conformant, true, verdicts(conformance.Skip, conformance.Pass), badge{Message: "conformant, 1 MUST not judged", Color: "yellow"}, "a MUST was not judged"},
		{conformance.Nonconformant, true, verdicts(conformance.Fail, conformance.Fail), badge{Message: "not conformant, 2 failures", Color: "red", IsError: true}, "failures"},
		{conformance.Undecided, false, verdicts(conformance.Inconclusive), badge{Message: "inconclusive, 1 MUST not judged, incomplete", Color: "orange", IsError: true}, "stopped"},
		{conformance.Broken, true, nil, badge{Message: "the harness failed", Color: "lightgrey", IsError: true}, "that says nothing of the target"},
		{"", true, nil, badge{Message: "no outcome", Color: "lightgrey", IsError: true}, "an empty report"},
	} {
		r := &conformance.Report{Outcome: c.outcome, Complete: c.complete, Verdicts: c.verdicts}
		c.want.SchemaVersion, c.want.Label = 1, badgeLabel
		var got badge
		dec := json.NewDecoder(strings.NewReader(write(t, "badge", r, Options{})))
		dec.DisallowUnknownFields()
		assert.NilError(t, dec.Decode(&got), c.reason)
		assert.DeepEqual(t, got, c.want)
	}
}

func TestBadgeHoldsNothingOfTheTarget(t *testing.T) {
	r := fixture()
	r.Headline, r.Stopped, r.Complete = hostile, hostile, false
	for i := range r.Verdicts {
		r.Verdicts[i].Reason = hostile
	}
	assert.Equal(t, newBadge(r).Message, "not conformant, 2 failures, 2 warnings, 2 MUST not judged, incomplete")
}
