package plaintext

import (
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// A terminal of 24 rows shows the end alone, below it a prompt.
func TestTheEndFitsATerminal(t *testing.T) {
	var ids []conformance.ID
	for i := range 100 {
		ids = append(ids, conformance.ID(fmt.Sprintf("evt/accept-meeting.participantJoined-%d", i)))
	}
	d := failing(ids...)
	for i, status := range []conformance.Status{conformance.Fail, conformance.Warn, conformance.Inconclusive} {
		for j := i; j < len(d.Checks); j += 3 {
			d.Checks[j].Status = status
		}
	}
	d.Headline = "not conformant, " + strings.Repeat("and so on, ", 12)
	out := Run(d, Options{Again: strings.Fields(strings.Repeat("rtkmock test http://localhost:3000/webhook ", 4))})
	end := out[strings.LastIndex(out, "\n\n")+2:]
	assert.Assert(t, strings.HasPrefix(end, "not conformant, "), end)
	assert.Assert(t, strings.Count(end, "\n") <= 23, end)
}

func TestTheEndNamesCausesAndHowManyFollow(t *testing.T) {
	d := failing("sig/a", "sig/b", "key/c")
	d.Checks[2].FollowsFrom = []conformance.Cause{{Check: "sig/a", Because: "all get in"}}
	out := Run(d, Options{})
	order(t, out, "  causes FAIL key/c: all get in\n", "\nkey  1 fail\nFAIL key/c (MUST): caused by sig/a\n", "  FAIL   sig/a (and 1 caused by it), sig/b\n")
}

func TestTheEndNamesWhatWasNotJudged(t *testing.T) {
	d := failing("sig/a", "rsp/b", "rsp/c", "rsp/undecided")
	d.Checks[1].Status, d.Checks[2].Status, d.Checks[3].Status = conformance.Skip, conformance.Skip, conformance.Inconclusive
	d.Checks[2].NotApplicable = true
	order(t, Run(d, Options{Fewer: strings.Fields("rtkmock test --events a,b")}),
		"\n  FAIL   sig/a\n", "\n  not judged  rsp/b\n  type   rtkmock test --events a,b\n         leaves out the events that are refused, if they are not wanted\n")
	d.Stopped = "the control was not accepted"
	assert.Assert(t, !strings.Contains(Run(d, Options{}), "not judged  rsp"))
}

func TestTheEndOfAnInterruptedRunSaysHowFarItCame(t *testing.T) {
	d := failing("sig/a", "sig/b", "key/c")
	d.Stopped = "interrupted"
	d.Checks[2].Status, d.Checks[2].Reason = conformance.Skip, "not run: the run was interrupted"
	assert.Assert(t, strings.HasSuffix(Run(d, Options{}), "  partial the run was interrupted after 2 of 3 checks\n"))
}

func TestTheEndOfAStoppedRunSaysWhyAndWhatToDo(t *testing.T) {
	d := failing("ctl/a")
	d.Checks[0].Status = conformance.Inconclusive
	d.Checks[0].Diagnosis = &conformance.Diagnosis{Cause: "the key is pinned", Cure: []string{"unpin it", "give it by --key"}}
	order(t, Run(d, Options{}), "\n  INCONCLUSIVE  ctl/a\n  cause  the key is pinned\n  fix    unpin it\n  or     give it by --key\n")
	d.Checks[0].Diagnosis.Cure = append(d.Checks[0].Diagnosis.Cure, "a third way", "a fourth")
	d.Checks[0].Diagnosis.Next = []string{"rtkmock", "test", "--key", "FILE"}
	order(t, Run(d, Options{}), "  or     a fourth\n", "  or     give it by --key\n  or     2 more, which stand above\n  type   rtkmock test --key FILE\n")
	var p report.PlayDocument
	p.Headline, p.Stopped = "inconclusive", "interrupted"
	p.Steps = []report.Step{{Number: "1", Status: "unmet"}, {Number: "2", Status: "met"}, {Number: "3", Status: "unmet"}}
	assert.Assert(t, strings.HasSuffix(Play(&p, Options{}), "\n\ninconclusive\n  UNMET  steps 1, 3\n  partial the play was interrupted\n"))
}

// Above the end stand sections that fill the terminal: they must not hide why.
func TestTheEndOfAnUndecidedRunSaysWhatIsUndecidedAndWhy(t *testing.T) {
	d := failing("key/a", "http/b", "http/c")
	d.Outcome, d.Required = conformance.Undecided, []string{"effects"}
	d.Assumptions = []conformance.Assumption{{Name: "time-out", Value: "3s"}}
	d.Instruments = []conformance.Instrument{{Name: "effects", Detail: "off: not counted"}}
	for i, reason := range []string{"it never recovered", "no answer within 3s", "no answer within 3s"} {
		d.Checks[i].Status, d.Checks[i].Reason = conformance.Inconclusive, reason
	}
	out := Run(d, Options{})
	order(t, out, "  INCONCLUSIVE  key/a, http/b, http/c\n", "  lacks  effects: not counted\n", "  why    key/a: it never recovered\n", "http/b, http/c: no answer within 3s\n")
	assert.Assert(t, !strings.Contains(out, assumed), out)
	assert.Assert(t, strings.Contains(Run(d, Options{Verbose: true}), assumed))
}
