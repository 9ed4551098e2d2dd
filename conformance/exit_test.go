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
