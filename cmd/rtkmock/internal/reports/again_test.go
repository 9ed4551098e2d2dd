package reports

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
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
	const added = "--only sig/fail,sig/open,sig/warn --verbose"
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

func TestTheCommandThatLeavesOutRefusedEvents(t *testing.T) {
	d := &report.Document{Checks: []report.CheckResult{
		{Verdict: conformance.Verdict{ID: "evt/accept-meeting.started", Status: conformance.Pass}},
		{Verdict: conformance.Verdict{ID: "evt/accept-meeting.chatSynced", Status: conformance.Fail}},
	}}
	fewer := func(args string) string {
		return strings.Join(Fewer([]string{"rtkmock"}, strings.Fields(args), d), " ")
	}
	d.Target.Events = []rtk.EventType{rtk.MeetingStarted, rtk.MeetingEnded, rtk.MeetingChatSynced}
	assert.Equal(t, fewer("test http://h/ -- npm start"), "rtkmock test http://h/ --events meeting.started,meeting.ended -- npm start")
	d.Checks[1].FollowsFrom = []conformance.Cause{{Check: "sig/raw-bytes"}}
	assert.Equal(t, fewer("test"), "", "there is another cause")
	d.Checks[1].FollowsFrom, d.Target.Events = nil, []rtk.EventType{rtk.MeetingChatSynced}
	assert.Equal(t, fewer("test"), "", "nothing would be left")
	d.Target.Events = nil
	d.Checks = d.Checks[:1]
	assert.Equal(t, fewer("test"), "", "none is refused")
}

func TestACommandWithMoreFlags(t *testing.T) {
	for _, c := range []struct{ args, added, want, reason string }{
		{"test http://h/ -- npm start", "--key-env A", "rtkmock test http://h/ --key-env A -- npm start", "before the command"},
		{"test --events x --verbose http://h/", "--events a,b", "rtkmock test --verbose http://h/ --events a,b", "it takes the place of its own value"},
		{"test --key-env A -- x", "--key-env B", "rtkmock test --key-env A --key-env B -- x", "a variable more"},
		{"test --listen=127.0.0.1:0", "--listen 0.0.0.0:9010 --advertise http://h", "rtkmock test --listen 0.0.0.0:9010 --advertise http://h", "values are no flags"},
	} {
		assert.Equal(t, strings.Join(With([]string{"rtkmock"}, strings.Fields(c.args), strings.Fields(c.added)...), " "), c.want, c.reason)
	}
}
