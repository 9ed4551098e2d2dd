package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
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
		for _, stopped := p.Process().Stopped(); !stopped; _, stopped = p.Process().Stopped() {
			p.Control()
		}
		assert.Check(t, p.Process().CanRestart())
		assert.Check(t, p.Process().Restart())
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
	o := options(t, tg, must("a/restarts", func(p *Probe) { assert.Check(t, !p.Process().Restart()) }), must("b/next", rejecting))
	o.Target.Restart = &restarter{err: errors.New("it ended with exit status 1")}
	report := conclude(t, o)
	assert.Equal(t, report.Verdicts[0].Status, Inconclusive)
	assert.Equal(t, report.Verdicts[0].Reason, "the target could not be restarted: it ended with exit status 1")
	assert.Equal(t, report.Verdicts[1].Reason, "not run: the target could not be restarted during a/restarts: it ended with exit status 1")
	assert.Equal(t, report.Summary.Error, 0, "the harness did not fail")
}

// Nothing is sent by a check that is not run, so nothing of it has ended the target.
func TestTargetThatDoesNotStartAgainWasNotEndedByWhatIsRisky(t *testing.T) {
	dead := false
	tg := &target{answer: func(r request) int {
		if dead {
			return 0
		}
		return good(r)
	}}
	gate := &Check{ID: "z/gate", Level: Gate, Phase: AfterGroup, Run: func(*Probe) {}}
	risky := &Check{ID: "b/risky", Level: May, Phase: Risky, Run: rejecting}
	o := options(t, tg, must("a/restarts", func(p *Probe) { p.Process().Restart() }), gate, risky)
	o.Target.Restart = &restarter{do: func() { dead = true }, err: errors.New("its key did not come in time")}
	report := conclude(t, o)
	assert.Equal(t, report.Outcome, Undecided, report.Headline)
}

func TestTargetThatDoesNotListenAgainIsNotWaitedForWithoutEnd(t *testing.T) {
	tg := &target{answer: good}
	o := options(t, tg, must("a/restarts", func(p *Probe) { p.Process().Restart() }))
	o.Target.Restart = &restarter{do: func() { tg.server.Close() }}
	v := conclude(t, o).Verdicts[0]
	assert.Equal(t, v.Status, Inconclusive)
	assert.Assert(t, strings.Contains(v.Reason, "it was not ready within"), v.Reason)
}

// A proxy accepts connections, and ends them as long as nothing listens behind it. What it
// cuts is no answer of the target.
func TestTargetBehindAProxyIsSentToOnceItListens(t *testing.T) {
	for _, tc := range []struct {
		reason string
		starts int64 // how many connections the proxy ends before the target listens
		want   Status
	}{
		{"it listens later", 3, Pass},
		{"it never listens", 1 << 40, Inconclusive},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			tg := &target{answer: good}
			o := options(t, tg, must("a/restarts", func(p *Probe) {
				if p.Process().Restart() {
					x := p.Send().Once(exchange.Genuine, "the first one", mocksender.Delivery{Event: p.FreshAny()})
					assert.Check(t, x.Accepted(), "%s", x.Answered())
				}
			}))
			proxy, err := net.Listen("tcp", "127.0.0.1:0")
			assert.NilError(t, err)
			t.Cleanup(func() { _ = proxy.Close() })
			var down atomic.Int64
			behind := tg.server.Listener.Addr().String()
			go forward(proxy, func() (net.Conn, error) {
				if down.Add(-1) >= 0 {
					return nil, errors.New("nothing listens there")
				}
				return net.Dial("tcp", behind)
			})
			o.Target.URL, o.WarmUp = "http://"+proxy.Addr().String(), time.Second
			o.Target.Restart = &restarter{do: func() { down.Store(tc.starts) }}
			v := conclude(t, o).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			if tc.want != Pass {
				assert.Equal(t, v.Reason, "the target could not be restarted: it was not ready within 1s: it keeps no connection open (a proxy without a receiver behind it?)")
			}
		})
	}
}

// forward leads connections on to what dial opens, and ends them where it opens nothing.
func forward(ln net.Listener, dial func() (net.Conn, error)) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		behind, err := dial()
		if err != nil {
			_ = client.Close()
			continue
		}
		go func() { _, _ = io.Copy(behind, client); _ = behind.Close() }()
		go func() { _, _ = io.Copy(client, behind); _ = client.Close() }()
	}
}

func TestTargetThatCannotBeRestartedIsNotAskedTo(t *testing.T) {
	v := conclude(t, options(t, &target{answer: good}, must("a/restarts", func(p *Probe) {
		assert.Check(t, !p.Process().CanRestart())
		p.Process().Restart()
	}))).Verdicts[0]
	assert.Equal(t, v.Status, Inconclusive)
	assert.Assert(t, strings.Contains(v.Reason, RestartHint), v.Reason)
}

// What a target has accepted is given its time before it is killed, unless the
// kill is what is judged.
func TestEffectsAreAwaitedBeforeARestart(t *testing.T) {
	for _, tc := range []struct {
		reason  string
		restart func(Process) bool
		effects int
	}{
		{"they come late", Process.Restart, 1},
		{"they are killed with the target", Process.Kill, 0},
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
				p.Effects().Await(p.Deliver("before the first restart", p.FreshAny()))
				p.Process().Restart() // shows that the type has effects at all
				s := p.Deliver("before the second restart", p.FreshAny())
				p.Effects().Await(s)
				tc.restart(p.Process())
				p.Later(func() { n, known = p.Effects().Count(s) })
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
// judged, and the target is neither gone nor restarted once more.
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
				must("a/restarts", func(p *Probe) { assert.Check(t, !p.Process().Restart()) }),
				must("b/cold", func(p *Probe) {
					assert.Check(t, !p.Process().CanRestart())
					assert.Equal(t, p.Process().LacksRestart(), tc.reason)
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
