package conformance

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// What ends a target decides who is told of it: its check, or the gates.
func TestEndOfTheTargetIsHeldAgainstItAsFarAsItsCauseIsMet(t *testing.T) {
	nonsense := func(p *Probe) {
		p.Try("the body null", mocksender.Delivery{Event: rtk.Event{Body: []byte("null")}})
		p.Control()
	}
	unsigned := func(p *Probe) {
		p.Try("an unsigned body", mocksender.Delivery{Event: p.FreshAny(), Mutations: []mutation.Mutation{p.Mutation("signature/missing")}})
	}
	beside := func(p *Probe) {
		own := mutation.Mutation{ID: mutation.FreshConnection, Apply: func(w *mutation.Wire) error { w.Framing.FreshConnection = true; return nil }}
		e := p.FreshAny()
		unsigned(p)
		p.send.Once(exchange.Nonstandard, "a genuine delivery meanwhile", mocksender.Delivery{Event: e, Mutations: []mutation.Mutation{own}})
	}
	genuine := func(p *Probe) { p.Accept("a recording", p.Fresh(rtk.RecordingStatusUpdate)) }
	const printed = "it printed last: TypeError: no object"
	for _, tc := range []struct {
		reason     string
		phase      Phase
		send       func(*Probe)
		restart    bool
		next       bool // another check comes after it
		own        Status
		gate, then Status
		outcome    Outcome
		headline   string
	}{
		{"nonsense is a note, and what comes after it is undecided", Risky, nonsense, false, true, Note, Pass, Inconclusive, Undecided, "stopped early: it ended; " + printed + "; the last delivery that reached it: the body null (rtk-uuid "},
		{"where nothing comes after it, the headline says that the target is gone", Risky, nonsense, false, false, Note, Pass, "", Conformant, "the target is gone: it ended; " + printed},
		{"it is started again where that can be done", Risky, nonsense, true, true, Note, Pass, Pass, Conformant, "conformant"},
		{"so it is earlier in the run", InGroup, nonsense, true, true, Note, Pass, Pass, Conformant, "conformant"},
		{"and else the gate is undecided", InGroup, nonsense, false, true, Note, Inconclusive, Inconclusive, Undecided, "the body null"},
		{"what anybody can send fails the gate", Risky, unsigned, false, true, Pass, Fail, Inconclusive, Nonconformant, "the last delivery that reached it: an unsigned body"},
		{"also where it could be started again: it would end again", Risky, unsigned, true, true, Pass, Fail, Inconclusive, Nonconformant, "not conformant, 1 failure"},
		{"not the genuine delivery beside it", Risky, beside, false, true, Pass, Fail, Inconclusive, Nonconformant, "the last delivery that reached it: an unsigned body"},
		{"and earlier in the run", InGroup, unsigned, false, true, Pass, Fail, Inconclusive, Nonconformant, "an unsigned body"},
		{"a genuine delivery does so all the more", InGroup, genuine, false, true, Inconclusive, Fail, Inconclusive, Nonconformant, "not conformant, 1 failure"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			var dead, armed atomic.Bool
			o := options(t, &target{answer: func(r request) int {
				fatal := string(r.body) == "null" || r.Header.Get("rtk-signature") == "" || r.event == "recording.statusUpdate"
				if armed.Load() && fatal {
					dead.Store(true)
				}
				if dead.Load() {
					return 0
				}
				return good(r)
			}},
				&Check{ID: "a/gate", Level: Gate, Phase: AfterGroup, Run: func(p *Probe) {
					x := p.Control()
					switch how, nonsense := p.Process().Ended(x); {
					case x.Accepted():
					case nonsense:
						p.On(x).Inconclusive("%s", how)
					default:
						p.On(x).Violation("%s", how)
					}
				}},
				must("a/works", func(p *Probe) { p.Accept("it works", p.FreshAny()) }),
				&Check{ID: "b/ends", Level: May, Phase: tc.phase, Run: func(p *Probe) {
					armed.Store(true)
					tc.send(p)
				}},
				&Check{ID: "b/next", Level: May, Phase: tc.phase, Run: func(p *Probe) { p.Accept("more", p.FreshAny()) }})
			if !tc.next {
				o.Checks = o.Checks[:3]
			}
			o.Target.Exited = func() (string, string) {
				if dead.Load() {
					return "it ended", "TypeError: no object"
				}
				return "", ""
			}
			if tc.restart {
				o.Target.Restart = &restarter{do: func() { dead.Store(false); armed.Store(false) }}
			}
			report := conclude(t, o)
			status := func(id ID) Status {
				i := slices.IndexFunc(report.Verdicts, func(v Verdict) bool { return v.ID == id })
				if i < 0 {
					return ""
				}
				t.Logf("%s: %s: %s", id, report.Verdicts[i].Status, report.Verdicts[i].Reason)
				return report.Verdicts[i].Status
			}
			assert.Equal(t, status("b/ends"), tc.own)
			assert.Equal(t, status("a/gate"), tc.gate)
			assert.Equal(t, status("b/next"), tc.then)
			assert.Equal(t, report.Outcome, tc.outcome, report.Headline)
			assert.Assert(t, is.Contains(report.Headline, tc.headline))
		})
	}
}

// Nobody knows that a process has ended where it is not rtkmock's to start. That
// nothing works any more is seen all the same.
func TestTargetThatHangsAfterTheLastProbeIsSaidToBeGone(t *testing.T) {
	t.Parallel()
	var wedged atomic.Bool
	o := options(t, &target{answer: func(r request) int {
		if wedged.Load() {
			<-r.Context().Done()
			return 0
		}
		return good(r)
	}}, must("a/works", rejecting), &Check{ID: "b/wedges", Level: May, Phase: Wedging, Run: func(p *Probe) { wedged.Store(true) }})
	report := conclude(t, o)
	assert.Equal(t, report.Outcome, Conformant, report.Headline)
	assert.Assert(t, report.Complete)
	assert.Assert(t, is.Contains(report.Headline, "the target is gone: the target does not work any more: a genuine delivery: no answer within "))
	v := report.Verdicts[1]
	assert.Equal(t, v.Status, Note)
	assert.Assert(t, strings.Contains(v.Reason, "does not work any more"), v.Reason)
}
