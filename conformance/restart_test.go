package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// restarter counts how often it is asked, and answers err.
type restarter struct {
	do    func()
	times int
	err   error
}

func (r *restarter) Restart(context.Context) error {
	r.times++
	if r.do != nil {
		r.do()
	}
	return r.err
}

func TestRestartedTargetIsAliveAgain(t *testing.T) {
	dead := false
	tg := &target{answer: func(r request) int {
		if dead {
			return 500
		}
		return good(r)
	}}
	dying := must("a/dies", func(p *Probe) {
		dead = true
		for range downAfter {
			p.Control()
		}
		assert.Check(t, p.CanRestart())
		assert.Check(t, p.Restart())
	})
	o := options(t, tg, dying, must("b/next", rejecting))
	again := &restarter{do: func() { dead = false }}
	o.Target.Restart = again
	report := conclude(t, o)
	assert.Equal(t, again.times, 1)
	assert.Equal(t, report.Verdicts[1].Status, Pass, report.Verdicts[1].Reason)
}

func TestTargetThatDoesNotStartAgainIsInconclusiveAndGone(t *testing.T) {
	tg := &target{answer: good}
	o := options(t, tg, must("a/restarts", func(p *Probe) { assert.Check(t, !p.Restart()) }), must("b/next", rejecting))
	o.Target.Restart = &restarter{err: errors.New("it ended with exit status 1")}
	report := conclude(t, o)
	assert.Equal(t, report.Verdicts[0].Status, Inconclusive)
	assert.Equal(t, report.Verdicts[0].Reason, "the target could not be started anew: it ended with exit status 1")
	assert.Equal(t, report.Verdicts[1].Reason, "not run: the target could not be started anew during a/restarts: it ended with exit status 1")
	assert.Equal(t, report.Count(Error), 0, "the harness did not fail")
}

func TestTargetThatDoesNotListenAgainIsNotWaitedForWithoutEnd(t *testing.T) {
	o := options(t, &target{answer: good}, must("a/restarts", func(p *Probe) {
		p.run.o.Target.URL = "http://127.0.0.1:1/" // nobody listens on a port that needs root
		p.Restart()
	}))
	o.Target.Restart = &restarter{}
	v := conclude(t, o).Verdicts[0]
	assert.Equal(t, v.Status, Inconclusive)
	assert.Assert(t, strings.Contains(v.Reason, "it accepts no connection within"), v.Reason)
}

func TestTargetThatCannotBeRestartedIsNotAskedTo(t *testing.T) {
	v := conclude(t, options(t, &target{answer: good}, must("a/restarts", func(p *Probe) {
		assert.Check(t, !p.CanRestart())
		p.Restart()
	}))).Verdicts[0]
	assert.Equal(t, v.Status, Inconclusive)
	assert.Assert(t, strings.Contains(v.Reason, RestartHint), v.Reason)
}

// What a target has accepted is given its time before it is killed, unless the
// kill is what is judged.
func TestEffectsAreAwaitedBeforeARestart(t *testing.T) {
	for _, tc := range []struct {
		reason  string
		restart func(*Probe) bool
		effects int
	}{
		{"they come late", (*Probe).Restart, 1},
		{"they are killed with the target", (*Probe).Kill, 0},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			tg := &target{}
			late := &delayed{target: tg, by: 300 * time.Millisecond}
			tg.answer = func(r request) int {
				late.take(r)
				return good(r)
			}
			n, known := 0, false
			o := options(t, tg, must("a/restarts", func(p *Probe) {
				p.AwaitEffect(p.Deliver("before the first restart", p.FreshAny()))
				p.Restart() // shows that the type has effects at all
				s := p.Deliver("before the second restart", p.FreshAny())
				p.AwaitEffect(s)
				tc.restart(p)
				p.Later(func() { n, known = p.Effects(s) })
			}))
			o.Target.Effects, o.EffectsTimeout = late, 3*time.Second
			o.Target.Restart = &restarter{do: late.forget}
			conclude(t, o)
			assert.Assert(t, known)
			assert.Equal(t, n, tc.effects)
		})
	}
}

// Where nothing shows that the process has ended, what rests on that is not
// judged, and the target is neither gone nor started anew once more.
func TestRestartWithoutASignOfItIsNotJudgedAndNotTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		reason string
		failed bool
		want   Status
	}{
		{"nothing was seen", false, Skip},
		{"the command failed", true, Inconclusive},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			again := &restarter{err: fmt.Errorf("wrapped: %w", &NotRestarted{Why: tc.reason, Failed: tc.failed})}
			o := options(t, &target{answer: good},
				must("a/restarts", func(p *Probe) { assert.Check(t, !p.Restart()) }),
				must("b/cold", func(p *Probe) {
					assert.Check(t, !p.CanRestart())
					assert.Equal(t, p.LacksRestart(), tc.reason)
					assert.Equal(t, len(p.ColdOutages()), 0)
				}),
				must("b/next", rejecting))
			o.Target.Restart = again
			report := conclude(t, o)
			assert.Equal(t, again.times, 1)
			assert.Equal(t, report.Verdicts[0].Status, tc.want)
			assert.Assert(t, strings.HasSuffix(report.Verdicts[0].Reason, ": "+tc.reason), report.Verdicts[0].Reason)
			assert.Equal(t, report.Verdicts[2].Status, Pass, report.Verdicts[2].Reason)
		})
	}
}

func TestColdOutageIsNoneWhereTheTargetWasNotRestarted(t *testing.T) {
	o := options(t, &target{answer: good}, must("a/cold", func(p *Probe) {
		assert.Equal(t, len(p.ColdOutages()), 0)
	}))
	o.Target.Restart = &restarter{err: &NotRestarted{Why: "nothing was seen"}}
	v := conclude(t, o).Verdicts[0]
	assert.Equal(t, v.Status, Skip)
	assert.Equal(t, v.Reason, "whether the target was started anew is not known: nothing was seen")
}
