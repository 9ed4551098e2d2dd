package conformance

import (
	"context"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// slowQueue has one worker, which takes the same time for each delivery.
type slowQueue struct {
	work time.Duration

	mu   sync.Mutex
	free time.Time            // when the worker has nothing more to do
	done map[string]time.Time // by uuid
}

// add gives the worker something to do.
func (q *slowQueue) add(uuid string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now := time.Now(); q.free.Before(now) {
		q.free = now
	}
	q.free = q.free.Add(q.work)
	if q.done == nil {
		q.done = map[string]time.Time{}
	}
	q.done[uuid] = q.free
}

func (q *slowQueue) Count(_ context.Context, query effects.Query) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if at, ok := q.done[query.UUID]; ok && time.Now().After(at) {
		return 1, nil
	}
	return 0, nil
}

func (q *slowQueue) Key(query effects.Query) string { return query.UUID }

// A queue that is worked off is waited for, though it takes longer than one effect may.
// A target that never gets done is not judged by its effects.
func TestQueueIsWaitedForAsLongAsItIsWorkedOff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason  string
		work    time.Duration
		n       int
		timeout time.Duration
		known   bool
	}{
		{"all work takes three times as long as an effect may", 30 * time.Millisecond, 30, 300 * time.Millisecond, true},
		{"it takes longer than a run waits", 110 * time.Millisecond, 46, 200 * time.Millisecond, false},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			q := &slowQueue{work: tc.work}
			tg := &target{answer: func(r request) int {
				if r.verified {
					q.add(r.Header.Get("rtk-uuid"))
				}
				return good(r)
			}}
			n, known := 0, false
			many := must("a/many", func(p *Probe) {
				var last *exchange.Exchange
				for range tc.n {
					last = p.Deliver("one of many", p.FreshAny())
				}
				p.Effects().Await(last)
				p.Later(func() { n, known = p.Effects().Count(last) })
			})
			report := concludeInVirtualTime(t, tg, func(o *Options) { o.Target.Effects, o.EffectsTimeout = q, tc.timeout }, many)
			assert.Equal(t, known, tc.known, report.Headline)
			assert.Assert(t, !known || n == 1)
		})
	}
}

// An effect under the id of a forgery is the forgery's if it has one again when it is sent
// alone, whatever else the target loses.
func TestEffectsUnderIDsOfOthersAreToldFromEffectsOfForgeries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		mixes  bool // it stores its work under the id that came last
		acts   bool // it acts on forgeries
		loses  bool // it loses some of what is genuine
		mixed  bool
	}{
		{"a good target", false, false, false, false},
		{"one that reuses the memory of a request", true, false, false, true},
		{"one that acts before it verifies", false, true, false, false},
		{"one that does so, and loses some events", false, true, true, false},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			tg := &target{}
			var mu sync.Mutex
			lost, pending := 0, 0
			tg.answer = func(r request) int {
				mu.Lock()
				defer mu.Unlock()
				if tc.mixes {
					for ; pending > 0; pending-- { // the work of those before, under this id
						tg.takeEffect(r)
					}
				}
				switch lost++; {
				case tc.mixes && r.verified && lost%2 == 0:
					pending++
				case r.verified && tc.loses && lost%3 == 0:
				case r.verified, tc.acts:
					tg.takeEffect(r)
				}
				return good(r)
			}
			mixed, stray := false, false
			o := options(t, tg, must("a/rejects", func(p *Probe) {
				for range 6 {
					rejecting(p)
				}
				p.Later(func() {
					forgeries, _ := p.Effects().MixedUp()
					mixed = len(forgeries) > 0
					for _, x := range p.run.delivery.Log.Exchanges(exchange.Forgery) {
						effect, known := p.Effects().Stray(x)
						stray = stray || known && effect
					}
				})
			}))
			o.Target.Effects = tg
			conclude(t, o)
			assert.Equal(t, mixed, tc.mixed)
			assert.Equal(t, stray, tc.acts)
		})
	}
}
