package plaintext

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

func TestWhatIsFoundForManyIsSaidOnce(t *testing.T) {
	for _, c := range []struct{ reason, want, why string }{
		{"a: answered 401", "a: answered 401", "one"},
		{"a: answered 401; b: answered 401", "a, b: answered 401", "two alike"},
		{"a: answered 401; b: answered 200; c: answered 401", "a, c: answered 401; b: answered 200", "in between another one"},
		{"a: x; b: x; c: x; d: x; e: x", "a, b, c and 2 more: x", "many"},
		{"a (1): x; a (2): x; b: x; a: x; b: x", "a (1, 2 and 1 more), b (2 times): x", "variants of one thing"},
		{"a: x; a (2): x; a, odd: x; a (4): x; a (5): x; a (6): x", "a (2, odd, 4 and 3 more): x", "many of them"},
		{"an a, odd: x; b (only one): x", "an a, odd, b (only one): x", "one each"},
		{"ab, 1: x; a, 2: x", "ab, 1, a, 2: x", "one begins as the other does"},
		{"a finding; another: one; and more", "a finding; another: one; and more", "nothing is alike"},
		{"x; a: x", "x; a: x", "a finding that does not say of what"},
		{"", "no reason was given", "none"},
	} {
		check := &report.CheckResult{Verdict: conformance.Verdict{Status: conformance.Fail, Reason: c.reason}}
		assert.Check(t, is.Equal((&writer{}).found(check), c.want), c.why)
		assert.Check(t, is.Equal((&writer{verbose: true}).found(check), check.ReasonText()), "all of it")
	}
}

// failing is a report of checks with these ids that fail for one reason each.
func failing(ids ...conformance.ID) *report.Document {
	d := &report.Document{}
	for _, id := range ids {
		d.Checks = append(d.Checks, report.CheckResult{
			Verdict:  conformance.Verdict{ID: id, Level: conformance.Must, Status: conformance.Fail, Title: "of " + string(id), Reason: "found by " + string(id), Doc: "why " + string(id), Fix: "fix " + string(id), From: []string{"S9"}},
			Evidence: []report.Evidence{{Event: "meeting.started", UUID: string(id)}},
		})
	}
	return d
}

func TestAdviceThatIsTheSameIsGivenOnce(t *testing.T) {
	d := failing("sig/a", "sig/b")
	d.Checks[1].Doc, d.Checks[1].Fix = d.Checks[0].Doc, d.Checks[0].Fix
	out := Run(d, Options{})
	assert.Equal(t, strings.Count(out, "why sig/a"), 1, out)
	assert.Equal(t, strings.Count(out, "Verify the signature before"), 1, out)
	order(t, out, "FAIL sig/a", "fix sig/a", "FAIL sig/b", "  guide  S9, as above\n", "  fix    as for sig/a\n")
	d.Checks[1].Reason = d.Checks[0].Reason
	order(t, Run(d, Options{}), "FAIL sig/a", "  alike  for the same cause: sig/b (MUST)\n", "  FAIL   sig/a, sig/b\n")
	assert.Equal(t, strings.Count(Run(d, Options{Verbose: true}), "  fix    fix sig/a"), 2, "each on its own where all is asked for")
}

func TestOnlyTheWorstChecksAreWrittenInFull(t *testing.T) {
	var ids []conformance.ID
	for i := range maxFull + 20 {
		ids = append(ids, conformance.ID(fmt.Sprintf("sig/%02d", i)))
	}
	out := Run(failing(ids...), Options{})
	assert.Equal(t, strings.Count(out, "  sent   "), maxFull)
	assert.Equal(t, strings.Count(out, "  why    "), maxFull)
	for _, id := range ids { // but nothing is left out that says what to do
		order(t, out, "FAIL "+string(id), "of "+string(id), "found by "+string(id), "fix "+string(id))
	}
	order(t, out, "  FAIL   sig/00, ", "sig/24\n", "  more   ")
}

func TestDeliveriesThatWereAnsweredAlikeShareALine(t *testing.T) {
	d := failing("sig/a")
	answered := func(status int, name string, mutations ...report.Mutation) report.Evidence {
		return report.Evidence{Case: name, Event: "meeting.ended", Mutations: mutations, Attempts: []report.Attempt{{Response: report.Response{Status: status}}}}
	}
	forged := report.Mutation{ID: "signature/missing"}
	d.Checks[0].Evidence = []report.Evidence{
		answered(200, "decisive", forged), answered(200, "alike", forged), answered(401, "one", forged), answered(200, "twin"), answered(401, "two", forged),
	}
	out := Run(d, Options{})
	order(t, out, "decisive: meeting.ended", "  also   one, two: 401\n", "  also   twin: meeting.ended, genuine")
	assert.Assert(t, !strings.Contains(out, "alike: "), out)
}

func TestSkipsThatTheSameThingWouldEndShareALine(t *testing.T) {
	d := failing("dlv/a", "dlv/b", "dlv/c")
	for i, reason := range []string{"it was accepted; whether it took effect could not be seen; add --x", "all were; whether it took effect could not be seen; add --x", "nobody knows"} {
		d.Checks[i].Status, d.Checks[i].Reason = conformance.Skip, reason
	}
	assert.Assert(t, is.Contains(Run(d, Options{}), "SKIP dlv/a (MUST), dlv/b (MUST)\n     whether it took effect could not be seen; add --x\nSKIP dlv/c (MUST)\n     nobody knows\n"))
	assert.Assert(t, is.Contains(Run(d, Options{Verbose: true}), "it was accepted; whether"))
}

func TestWhyARunStoppedIsSaidOnceWhereItIsLong(t *testing.T) {
	for stopped, said := range map[string]int{"the command ended by itself: " + strings.Repeat("word ", 20) + "end": 1, "the control failed": 3} {
		d := failing("dlv/a", "evt/a")
		d.Stopped = stopped
		for i := range d.Checks {
			d.Checks[i].Status, d.Checks[i].Reason = conformance.Skip, "not run: "+stopped
		}
		text := strings.Join(strings.Fields(Run(d, Options{})), " ")
		assert.Equal(t, strings.Count(text, stopped), said, text)
		assert.Equal(t, strings.Count(text, "not run: the run stopped early"), 3-said, text)
	}
}
