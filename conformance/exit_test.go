package conformance

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
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

// A restart hides that a process has ended by itself before. What a key endpoint that
// failed on purpose has ended is for the checks of that.
func TestEndBeforeARestartIsHeldAgainstTheTarget(t *testing.T) {
	for _, c := range []struct {
		reason string
		id     ID
		fails  bool // the key endpoint, meanwhile
		want   Status
	}{
		{"it ended at a delivery", "a/dies", false, Fail},
		{"the check is about key documents", "key/dies", false, Pass},
		{"it met an outage", "a/dies", true, Pass},
	} {
		t.Run(c.reason, func(t *testing.T) {
			dead := ""
			dies := must(c.id, func(p *Probe) {
				p.Control()
				if c.fails {
					p.Keys().SetFault(wellknown.Status500)
					r, err := http.Get(p.Endpoints().KeyURL())
					assert.Check(t, err == nil && r.StatusCode == http.StatusInternalServerError)
					p.Keys().SetFault(wellknown.None)
				}
				dead = "the command ended by itself (exit status 2)"
				p.Process().Restart()
			})
			dies.Exclusive = true
			alive := &Check{ID: "ctl/alive-after", Level: Gate, Phase: AfterGroup, Run: func(p *Probe) { p.Control() }}
			o := options(t, &target{answer: good}, dies, alive)
			o.Target.Exited = func() (string, string) { return dead, "concurrent map writes" }
			o.Target.Restart = &restarter{do: func() { dead = "" }}
			verdicts := conclude(t, o).Verdicts
			v := verdicts[slices.IndexFunc(verdicts, func(v Verdict) bool { return v.ID == alive.ID })]
			assert.Equal(t, v.Status, c.want, v.Reason)
			if c.want == Fail {
				assert.Assert(t, strings.HasPrefix(v.Reason, "the command ended by itself (exit status 2); it printed last: concurrent map writes"), v.Reason)
			}
		})
	}
}
