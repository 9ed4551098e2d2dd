package reports

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func TestTheCommandThatShowsAllEvidence(t *testing.T) {
	check := func(id conformance.ID, status conformance.Status) report.CheckResult {
		return report.CheckResult{Verdict: conformance.Verdict{ID: id, Status: status}, Evidence: []report.Evidence{{}}}
	}
	d := &report.Document{Report: conformance.Report{Seed: 7}, Checks: []report.CheckResult{
		check("sig/pass", conformance.Pass), check("sig/warn", conformance.Warn), check("sig/fail", conformance.Fail),
		check("sig/follows", conformance.Fail), check("sig/known", conformance.Fail), check("sig/open", conformance.Inconclusive),
		check("sig/skip", conformance.Skip), check("sig/unseen", conformance.Fail), check("sig/second-warn", conformance.Warn),
	}}
	d.Checks[3].FollowsFrom = []conformance.Cause{{Check: "sig/fail"}}
	d.Checks[4].Known = &conformance.KnownFailing{}
	d.Checks[7].Evidence = nil
	const added = "--only sig/fail,sig/open,sig/warn --seed 7 --verbose"
	for _, c := range []struct{ args, want, reason string }{
		{"test", "rtkmock test " + added, "the worst three that stand by themselves and have evidence"},
		{"test http://localhost:3000/webhook -- npm start --only x", "rtkmock test http://localhost:3000/webhook " + added + " -- npm start --only x", "what belongs to COMMAND stays"},
		{"--color never test --only a --skip=b --seed 3 --start T -v --verbose --strict --report json=r.json --output json", "rtkmock --color never test --strict " + added, "one of each"},
		{"test --set a=$x --only", "rtkmock test --set 'a=$x' " + added, "for a shell; a value that is missing"},
	} {
		assert.Equal(t, strings.Join(Again([]string{"rtkmock"}, strings.Fields(c.args), d), " "), c.want, c.reason)
	}
	d.Checks = d.Checks[:1]
	assert.Equal(t, len(Again(nil, []string{"test"}, d)), 0, "there is nothing to show")
}
