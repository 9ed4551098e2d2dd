package conformance

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// A process that has ended is waited for no more: an hour would pass before the
// first retry.
func TestRunEndsWithTheProcessOfItsTarget(t *testing.T) {
	dead, said := "", "out of luck"
	dies := must("a/dies", func(p *Probe) {
		p.Control()
		dead = "the command ended by itself (exit status 3)"
		assert.Check(t, p.Control().Answer == exchange.Failing)
	})
	o := options(t, &target{answer: func(r request) int {
		if dead != "" {
			return 500
		}
		return good(r)
	}}, dies, must("b/next", rejecting))
	o.RetryWaits, o.Recovery = []time.Duration{time.Hour}, time.Hour
	o.Target.Exited = func() (string, string) { return dead, said }
	report := conclude(t, o)
	assert.Equal(t, report.Verdicts[1].Status, Inconclusive)
	assert.Equal(t, report.Verdicts[1].Reason, "not run: "+dead)
	assert.Assert(t, !report.Complete)
	assert.Assert(t, strings.HasPrefix(report.Stopped, dead+"; it printed last: out of luck; the last delivery that reached it: the control (meeting.participantJoined) (rtk-uuid "), report.Stopped)
}

// A restart hides that a process has ended by itself before.
func TestEndBeforeARestartIsHeldAgainstTheTarget(t *testing.T) {
	dead := ""
	dies := must("a/dies", func(p *Probe) {
		p.Control()
		dead = "the command ended by itself (exit status 2)"
		p.Process().Restart()
	})
	dies.Exclusive = true
	alive := &Check{ID: "ctl/alive-after", Level: Gate, Phase: AfterGroup, Run: func(p *Probe) { p.Control() }}
	o := options(t, &target{answer: good}, dies, alive)
	o.Target.Exited = func() (string, string) { return dead, "concurrent map writes" }
	o.Target.Restart = &restarter{do: func() { dead = "" }}
	report := conclude(t, o)
	for _, v := range report.Verdicts {
		if v.ID == alive.ID {
			assert.Equal(t, v.Status, Fail)
			assert.Assert(t, strings.HasPrefix(v.Reason, "the command ended by itself (exit status 2); it printed last: concurrent map writes"), v.Reason)
		}
	}
	assert.Equal(t, report.Outcome, Nonconformant)
}
