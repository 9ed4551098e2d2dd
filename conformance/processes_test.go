package conformance

import (
	"context"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

func (tg *target) forget() {
	tg.mu.Lock()
	defer tg.mu.Unlock()
	clear(tg.counts)
}

// A count that lives in the memory of the target is gone when the run kills it.
func TestEffectsCountOverAllProcessesOfATarget(t *testing.T) {
	for _, tc := range []struct {
		reason string
		effect func(request) bool
		forget bool
		forged bool // the forgeries have effects
	}{
		{"a good target that forgets", func(r request) bool { return r.verified }, true, false},
		{"a good target that does not", func(r request) bool { return r.verified }, false, false},
		{"one that acts before it verifies, and forgets", func(request) bool { return true }, true, true},
		{"one that acts before it verifies, and does not", func(request) bool { return true }, false, true},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			tg := &target{}
			tg.answer = func(r request) int {
				if tc.effect(r) {
					tg.takeEffect(r)
				}
				return good(r)
			}
			once, again, forgets, forged := 0, 0, false, false
			o := options(t, tg, must("a/forges", rejecting), must("b/restarts", func(p *Probe) {
				first, second := p.Deliver("before the first restart", p.FreshAny()), p.Deliver("before and after it", p.FreshAny())
				p.Effects().Await(first, second)
				p.Process().Restart()
				p.Effects().Await(p.AcceptDelivery("the same again", second.Delivery))
				p.Process().Restart()
				p.Later(func() {
					once, _ = p.Effects().Count(first)
					again, _ = p.Effects().Count(second)
					forgets = p.Effects().LostOnRestart()
					forged, _ = p.Effects().Stray(p.run.delivery.Log.Exchanges(exchange.Forgery)[0])
				})
			}))
			o.Target.Effects, o.Target.Restart = tg, &restarter{}
			if tc.forget {
				o.Target.Restart = &restarter{do: tg.forget}
			}
			conclude(t, o)
			assert.Equal(t, forged, tc.forged)
			assert.Equal(t, once, 1)
			assert.Equal(t, again, 2)
			assert.Equal(t, forgets, tc.forget)
		})
	}
}

// always counts one effect of whatever it is asked about.
type always struct{}

func (always) Count(context.Context, effects.Query) (int, error) { return 1, nil }
func (always) Key(q effects.Query) string                        { return q.UUID }

func TestCountThatTellsNothingApartIsOff(t *testing.T) {
	o := options(t, &target{answer: good}, must("a/forges", rejecting))
	o.Target.Effects = always{}
	report := conclude(t, o)
	assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
	effects := report.Instruments[0]
	assert.Assert(t, !effects.On && strings.Contains(effects.Detail, "never sent"), effects.Detail)
}
