package conformance

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// A duplicate that is answered 500 must not pass for one that was accepted
// under another uuid.
func TestUUIDThatIsGivenIsKeptWhenADeliveryIsSentAgain(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	tg := &target{answer: func(r request) int {
		mu.Lock()
		defer mu.Unlock()
		id := r.Header.Get("rtk-uuid")
		if seen[id] {
			return 500
		}
		seen[id] = true
		return 200
	}}
	v := conclude(t, options(t, tg, must("dlv/x", func(p *Probe) {
		first := p.Accept("the first", p.FreshAny())
		p.AcceptDelivery("its duplicate", mocksender.Delivery{UUID: first.Delivery.UUID, Event: first.Delivery.Event})
	}))).Verdicts[0]
	assert.Equal(t, v.Status, Fail, v.Reason)
	assert.Assert(t, strings.Contains(v.Reason, "its duplicate: answered 500"), v.Reason)
}

func TestNonstandardDeliveriesStaySoWithPublicLinks(t *testing.T) {
	tg := &target{answer: func(r request) int {
		if r.event == "meeting.summary" && strings.Contains(string(r.body), `"http://127.0.0.1`) {
			return 422
		}
		return good(r)
	}}
	o := options(t, tg, must("http/x", func(p *Probe) {
		before := len(p.Genuine())
		e := p.Fresh(rtk.MeetingSummary)
		sent := len(p.Genuine()) - before
		p.AcceptDelivery("an odd summary", mocksender.Delivery{Event: e, Mutations: []mutation.Mutation{{
			ID: "header/x-odd", Apply: func(w *mutation.Wire) error { w.Header["x-odd"] = []string{"1"}; return nil },
		}}})
		assert.Equal(t, len(p.Genuine()), before+sent)
	}))
	v := conclude(t, o).Verdicts[0]
	assert.Equal(t, v.Status, Pass, v.Reason)
}

// delayed counts effects some time after they were brought about.
type delayed struct {
	*target
	by time.Duration

	mu sync.Mutex
	at map[string]time.Time
}

func (d *delayed) take(r request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at == nil {
		d.at = map[string]time.Time{}
	}
	d.at[r.Header.Get("rtk-uuid")] = time.Now()
}

// forget drops what has not shown yet, as a kill does.
func (d *delayed) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.at, func(_ string, at time.Time) bool { return time.Since(at) <= d.by })
}

func (d *delayed) Count(_ context.Context, q effects.Query) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, ok := d.at[q.UUID]; ok && time.Since(at) > d.by {
		return 1, nil
	}
	return 0, nil
}

// The second effect of a duplicate comes as late as the first. Nothing is read
// before the last delivery has shown how late that is, even where earlier ones
// have shown theirs already.
func TestLateEffectsAreWaitedForThoughEarlierOnesHaveShown(t *testing.T) {
	d := &delayed{by: 80 * time.Millisecond}
	tg := &target{answer: func(r request) int {
		if r.verified {
			d.take(r)
		}
		return 200
	}}
	d.target = tg
	var lag time.Duration
	o := options(t, tg, must("dlv/x", func(p *Probe) {
		p.Accept("an early one", p.FreshAny())
		p.Pause(100 * time.Millisecond)
		p.Later(func() { lag = time.Since(p.Genuine()[len(p.Genuine())-1].Ended) })
	}))
	o.Target.Effects = d
	report := conclude(t, o)
	assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
	assert.Assert(t, lag > 2*d.by, "%s", lag)
}

func TestTypeWithoutAnyEffectSaysNothingOfADelivery(t *testing.T) {
	for _, tc := range []struct {
		reason string
		means  rtk.EventType // has effects
		known  bool
	}{
		{"joins have effects, so one without is a finding", rtk.MeetingParticipantJoined, true},
		{"only recordings have, so a join without is none", rtk.RecordingStatusUpdate, false},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			tg := &target{}
			dropped := ""
			tg.answer = func(r request) int {
				if r.event == string(tc.means) && r.Header.Get("rtk-uuid") != dropped {
					tg.takeEffect(r)
				}
				return good(r)
			}
			asked := false
			o := options(t, tg, must("dlv/x", func(p *Probe) {
				p.Effects().Await(p.Accept("a recording", p.Fresh(rtk.RecordingStatusUpdate)))
				dropped = p.Send().NewUUID()
				s := p.AcceptDelivery("a join that is dropped", mocksender.Delivery{UUID: dropped, Event: p.Fresh(rtk.MeetingParticipantJoined)})
				p.Effects().Await(s)
				p.Later(func() {
					n, known := p.Effects().Count(s)
					assert.Equal(t, n, 0)
					assert.Equal(t, known, tc.known)
					asked = true
				})
			}))
			o.Target.Effects, o.Timeout = tg, 10*time.Second // no time-out is awaited
			if !tc.known {
				o.EffectsTimeout = time.Minute
			}
			began := time.Now()
			report := conclude(t, o)
			assert.Assert(t, asked, report.Verdicts[0].Reason)
			assert.Assert(t, tc.known || time.Since(began) < o.EffectsTimeout, "what has no effects is not waited for")
		})
	}
}

func TestLastChecksComeAfterAllGroups(t *testing.T) {
	var order []ID
	note := func(id ID, phase Phase) *Check {
		return &Check{ID: id, Level: Should, Phase: phase, Run: func(p *Probe) { order = append(order, id+ID(p.Group())) }}
	}
	report := conclude(t, options(t, &target{answer: good},
		note("dlv/breaks", Last), note("dlv/x", InGroup), note("http/y", InGroup), note("ctl/alive", AfterGroup), note("ctl/end", AtEnd)))
	assert.DeepEqual(t, order, []ID{"dlv/x", "ctl/alivedlv", "http/y", "ctl/alivehttp", "dlv/breaks", "ctl/end"})
	assert.Equal(t, report.Verdicts[0].ID, ID("dlv/breaks"), "the report keeps the order of the catalogue")
}

func TestGateBehindNoGroupSaysSo(t *testing.T) {
	alive := &Check{ID: "ctl/alive", Level: Gate, Phase: AfterGroup, Run: func(*Probe) {}}
	last := &Check{ID: "dlv/breaks", Level: Should, Phase: Last, Run: func(*Probe) {}}
	report := conclude(t, options(t, &target{answer: good}, alive, last))
	assert.Equal(t, report.Verdicts[0].Status, Skip)
	assert.Assert(t, strings.Contains(report.Verdicts[0].Reason, "no check of the selection"), report.Verdicts[0].Reason)
	assert.Assert(t, report.Complete)
}

func TestOverlappingDeliveriesOverlap(t *testing.T) {
	var uuids []string
	hold := make(chan struct{})
	tg := &target{answer: func(r request) int {
		if r.Header.Get("rtk-uuid") == "held" {
			<-hold
			return 503
		}
		return good(r)
	}}
	o := options(t, tg, must("dlv/x", func(p *Probe) {
		d := mocksender.Delivery{UUID: "held", Event: p.FreshAny()}
		first, second, held := p.Send().Overlapping(200*time.Millisecond, "the first", "its duplicate", d, func() {
			tg.mu.Lock()
			uuids = slices.Clone(tg.uuids)
			tg.mu.Unlock()
			close(hold)
		})
		assert.Equal(t, first.Answer, exchange.Failing)
		assert.Equal(t, second.Answer, exchange.Failing)
		assert.Assert(t, held)
		assert.DeepEqual(t, uuids[len(uuids)-2:], []string{"held", "held"})

		d = mocksender.Delivery{Event: p.FreshAny()}
		released := false
		first, second, held = p.Send().Overlapping(time.Minute, "the first", "its duplicate", d, func() { released = true })
		assert.Equal(t, first.Answer, exchange.Accepted)
		assert.Assert(t, second == nil && !held && released, "there was nothing to overlap with")
	}))
	o.Timeout = 5 * time.Second
	conclude(t, o)
}

func TestKeyFaultsAreSetAndTakenBack(t *testing.T) {
	o := options(t, &target{answer: good}, must("dlv/x", func(p *Probe) {
		p.Keys().SetFault(wellknown.Status500)
		p.Keys().SetFault(wellknown.None)
		p.Keys().SetFault("no such fault")
	}))
	v := conclude(t, o).Verdicts[0]
	assert.Equal(t, v.Status, Error, v.Reason)
}

func TestPipelinesAndUnloggedDeliveriesAreNoPartOfTheLedger(t *testing.T) {
	tg := &target{answer: good}
	o := options(t, tg, must("http/x", func(p *Probe) {
		line := p.Send().Pipeline()
		defer line.Close()
		for i := range 3 {
			s, reused := line.Send("on the line", mocksender.Delivery{Event: p.FreshAny()})
			assert.Equal(t, s.Answer, exchange.Accepted)
			assert.Equal(t, reused, i > 0)
		}
		x := p.Send().StartUnlogged("aside", mocksender.Delivery{UUID: "aside", Event: p.FreshAny()}).Wait()
		assert.Equal(t, x.Last().Outcome.Status, 200)
	}))
	o.Set = payload.Assignments{{Path: "meeting.title", Value: []byte(`"changed"`)}}
	report := conclude(t, o)
	assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
	assert.Equal(t, report.Ledger.Emitted, len(tg.uuids)-4)
	assert.Equal(t, report.Ledger.NotGenuine, 0)
	assert.Assert(t, !slices.ContainsFunc(tg.bodies, func(b string) bool { return strings.Contains(b, `"title"`) && !strings.Contains(b, `"changed"`) }))
}

func TestIdleConnectionsAreOpenUntilReleased(t *testing.T) {
	tg := &target{answer: good}
	conclude(t, options(t, tg, must("http/x", func(p *Probe) {
		held, release := p.Send().OpenIdle(9, mocksender.Delivery{Event: p.FreshAny()})
		assert.Equal(t, held, 9)
		assert.Equal(t, p.Control().Answer, exchange.Accepted)
		release()
	})))

	// Nobody listens there any more.
	tg = &target{answer: good}
	o := options(t, tg, must("http/x", func(p *Probe) {
		tg.server.Close()
		held, release := p.Send().OpenIdle(9, mocksender.Delivery{Event: p.FreshAny()})
		assert.Equal(t, held, 0)
		release()
	}))
	v := conclude(t, o).Verdicts[0]
	assert.Equal(t, v.Status, Pass, "a target that takes no connection is no fault of the harness: %s", v.Reason)
}

func TestIdleConnectionThatCannotBeMadeIsAFailureOfTheHarness(t *testing.T) {
	v := conclude(t, options(t, &target{answer: good}, must("http/x", func(p *Probe) {
		_, release := p.Send().OpenIdle(3, mocksender.Delivery{Event: p.FreshAny(), Mutations: []mutation.Mutation{{
			ID: "test/broken", Apply: func(*mutation.Wire) error { return errors.New("broken") },
		}}})
		release()
	}))).Verdicts[0]
	assert.Equal(t, v.Status, Error, v.Reason)
}

// Retries are for what may yet be accepted. A type that has failed twice in every
// attempt is given one, until one of its deliveries is accepted.
func TestTypeThatIsKnownToFailIsNotTriedAgainAndAgain(t *testing.T) {
	var mu sync.Mutex
	attempts, good, never := 0, 0, -1 // good is the attempt that is accepted
	tg := &target{answer: func(r request) int {
		mu.Lock()
		defer mu.Unlock()
		if r.event != "meeting.ended" {
			return 200
		}
		if attempts++; attempts == good {
			return 200
		}
		return 500
	}}
	deliver := func(p *Probe, acceptedAt int) int {
		e := p.Fresh(rtk.MeetingEnded)
		mu.Lock()
		attempts, good = 0, acceptedAt
		mu.Unlock()
		p.Deliver("the end", e)
		mu.Lock()
		defer mu.Unlock()
		return attempts
	}
	conclude(t, options(t, tg, must("evt/x", func(p *Probe) {
		for _, tc := range []struct {
			reason           string
			acceptedAt, want int
		}{
			{"once may be chance", never, 4},
			{"and so may be twice", never, 4},
			{"it fails at this type", never, 1},
			{"it is healed", 1, 1},
			{"what was accepted once is worth its retries", 2, 2},
			{"all of them", never, 4},
		} {
			assert.Equal(t, deliver(p, tc.acceptedAt), tc.want, tc.reason)
		}
	})))
}
