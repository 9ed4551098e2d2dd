package ledger_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

var dayStart = time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)

// ended returns a receipt whose attempts, a second apart, ended as said: a
// status, or the class of an error.
func ended(uuid string, fate mocksender.Fate, outcomes ...any) mocksender.Receipt {
	r := mocksender.Receipt{Fate: fate, Delivery: mocksender.Delivery{UUID: uuid, Event: rtk.Event{Type: rtk.MeetingStarted}}}
	for i, o := range outcomes {
		a := mocksender.Attempt{N: i + 1, At: dayStart.Add(time.Duration(i) * time.Second), Reached: true}
		a.Outcome.Took = 10 * time.Millisecond
		switch o := o.(type) {
		case int:
			a.Outcome.Status = o
		case mocksender.Class:
			a.Outcome.Class, a.Outcome.Err = o, &mocksender.NetError{Class: o}
		}
		r.Attempts = append(r.Attempts, a)
	}
	return r
}

func TestLedgerCountsEachDeliveryOnce(t *testing.T) {
	const reset = mocksender.ClassReset
	hidden := func(r mocksender.Receipt, attempt, status int) mocksender.Receipt {
		r.Attempts[attempt-1].Target = &mocksender.Outcome{Status: status}
		return r
	}
	unreached := func(r mocksender.Receipt, attempt int) mocksender.Receipt {
		r.Attempts[attempt-1].Reached = false
		return r
	}
	for _, tc := range []struct {
		reason  string
		receipt mocksender.Receipt
		want    ledger.Account
	}{
		{"accepted at once", ended("u", mocksender.Delivered, 200), ledger.Account{Accepted: 1, Attempts: 1}},
		{"accepted after two retries", ended("u", mocksender.Delivered, 500, reset, 202),
			ledger.Account{AcceptedLate: 1, AcceptedAfter: map[int]int{2: 1}, Attempts: 3}},
		{"lost for good", ended("u", mocksender.Failed, 503, 404),
			ledger.Account{Lost: 1, LostBy: map[int]int{404: 1}, Attempts: 2}},
		{"exhausted on a status", ended("u", mocksender.Exhausted, reset, 503),
			ledger.Account{Exhausted: 1, ExhaustedBy: map[string]int{"503": 1}, Attempts: 2}},
		{"exhausted on an error", ended("u", mocksender.Exhausted, 503, reset),
			ledger.Account{Exhausted: 1, ExhaustedBy: map[string]int{"reset": 1}, Attempts: 2}},
		{"never tried", ended("u", mocksender.NotTried), ledger.Account{NotTried: 1}},
		{"abandoned", ended("u", mocksender.Abandoned, 503), ledger.Account{Abandoned: 1, Attempts: 1}},
		{"without a fate", ended("u", ""), ledger.Account{Abandoned: 1}},
		{"the target took it, and the sender never learnt", hidden(ended("u", mocksender.Exhausted, reset), 1, 200),
			ledger.Account{Exhausted: 1, ExhaustedBy: map[string]int{"reset": 1}, Attempts: 1, Unseen: 1}},
		{"the target took it twice", hidden(ended("u", mocksender.Delivered, reset, 200), 1, 200),
			ledger.Account{AcceptedLate: 1, AcceptedAfter: map[int]int{1: 1}, Attempts: 2, AcceptedTwice: 1}},
		{"it did not take what never reached it", unreached(hidden(ended("u", mocksender.Delivered, reset, 200), 1, 200), 2),
			ledger.Account{AcceptedLate: 1, AcceptedAfter: map[int]int{1: 1}, Attempts: 2}},
		{"what hides a failure hides no success", hidden(ended("u", mocksender.Delivered, 200), 1, 500),
			ledger.Account{Accepted: 1, Attempts: 1}},
	} {
		l := ledger.New(ledger.Options{})
		l.Add(tc.receipt)
		got := l.Snapshot()
		tc.want.Emitted = 1
		assert.DeepEqual(t, got.Account, tc.want, cmpopts.EquateEmpty())
		assert.DeepEqual(t, got.ByEvent, map[rtk.EventType]ledger.Account{rtk.MeetingStarted: tc.want}, cmpopts.EquateEmpty())
	}
}

func TestLedgerPassesOverWhatIsNotGenuine(t *testing.T) {
	l := ledger.New(ledger.Options{})
	r := ended("u", mocksender.Failed, 401)
	r.Delivery.Mutations = []mutation.Mutation{{ID: "signature/missing"}}
	l.Add(r)
	got := l.Snapshot()
	assert.Equal(t, got.NotGenuine, 1)
	assert.Equal(t, got.Emitted, 0)
	assert.Equal(t, len(got.Worst)+len(got.Timeline.Entries), 0)
}

func TestWorstMomentsComeFirst(t *testing.T) {
	late := func(uuid string, took time.Duration, outcomes ...any) mocksender.Receipt {
		r := ended(uuid, mocksender.Delivered, outcomes...)
		r.Attempts[len(r.Attempts)-1].Outcome.Took = took
		return r
	}
	exhausted := ended("as late, but exhausted sooner", mocksender.Exhausted, 503, 503)
	exhausted.Attempts[1].Outcome.Took += time.Second
	receipts := []mocksender.Receipt{
		ended("at once", mocksender.Delivered, 200),
		late("1 retry", time.Millisecond, 503, 200),
		late("1 retry, slow", time.Second, 503, 200),
		late("2 retries", time.Millisecond, 503, 503, 200),
		ended("abandoned", mocksender.Abandoned, 503),
		ended("without a fate", ""),
		ended("not tried", mocksender.NotTried),
		ended("exhausted", mocksender.Exhausted, 503, 503, 503),
		exhausted,
		ended("lost", mocksender.Failed, 404),
		ended("lost late", mocksender.Failed, 503, 404),
	}
	want := []string{"lost late", "lost", "exhausted", "as late, but exhausted sooner", "not tried", "abandoned", "without a fate", "2 retries", "1 retry, slow", "1 retry"}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, limit := range []int{0, 1, 3, len(want), len(want) + 1, -1} {
		for range 20 {
			rng.Shuffle(len(receipts), func(i, j int) { receipts[i], receipts[j] = receipts[j], receipts[i] })
			l := ledger.New(ledger.Options{Worst: limit})
			for _, r := range receipts {
				l.Add(r)
			}
			var got []string
			for _, e := range l.Snapshot().Worst {
				got = append(got, e.UUID)
			}
			expect := want
			switch {
			case limit < 0:
				expect = nil
			case limit > 0:
				expect = want[:min(limit, len(want))]
			}
			assert.DeepEqual(t, got, expect)
		}
	}
}

func TestEntryTellsOfTheDelivery(t *testing.T) {
	r := ended("u", mocksender.Delivered, mocksender.ClassTimeout, 503, 200)
	r.Delivery.MeetingTime = dayStart.Add(time.Hour)
	r.Health = mocksender.Healthy
	r.Attempts[0].Reached, r.Attempts[0].Fault = false, "delay 4s"
	r.Attempts[1].Fault = "replace 503"
	r.Attempts[1].Target = &mocksender.Outcome{Status: 204}
	l := ledger.New(ledger.Options{})
	l.Add(r)
	text, err := json.Marshal(l.Snapshot().Worst[0])
	assert.NilError(t, err)
	assert.Equal(t, string(text), `{"time":"2026-06-03T10:00:00Z","meeting_time":"2026-06-03T11:00:00Z",`+
		`"event":"meeting.started","uuid":"u","fate":"delivered","latency_ms":2010,"tries":3,"attempts":[`+
		`{"n":1,"at":"2026-06-03T10:00:00Z","took_ms":10,"class":"timeout","fault":"delay 4s","unreached":true},`+
		`{"n":2,"at":"2026-06-03T10:00:01Z","took_ms":10,"status":503,"fault":"replace 503","target_status":204},`+
		`{"n":3,"at":"2026-06-03T10:00:02Z","took_ms":10,"status":200}]}`)
}

func TestEntryOfManyAttemptsKeepsTheFirstAndTheLast(t *testing.T) {
	var outcomes []any
	for range 99 {
		outcomes = append(outcomes, 503)
	}
	l := ledger.New(ledger.Options{})
	l.Add(ended("u", mocksender.Delivered, append(outcomes, 200)...))
	e := l.Snapshot().Worst[0]
	assert.Equal(t, e.Tries, 100)
	var numbers []int
	for _, a := range e.Attempts {
		numbers = append(numbers, a.N)
	}
	assert.DeepEqual(t, numbers, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 100})
	assert.Equal(t, e.Latency, ledger.Millis(99*time.Second+10*time.Millisecond))
}

func TestTimelineIsAnEvenSample(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 7, 8, 100} {
		l := ledger.New(ledger.Options{Timeline: limit})
		for i := range 1000 {
			r := ended(fmt.Sprint(i), mocksender.Delivered, 200)
			r.Attempts[0].At = dayStart.Add(time.Duration(i) * time.Second)
			l.Add(r)
			got := l.Snapshot().Timeline
			assert.Assert(t, len(got.Entries) <= limit)
			assert.Assert(t, limit == 1 || len(got.Entries) > min(i, limit/2), "%d of %d at %d", len(got.Entries), i+1, limit)
			assert.Equal(t, len(got.Entries)+got.LeftOut, i+1)
		}
		got := l.Snapshot().Timeline
		for i, e := range got.Entries {
			assert.Equal(t, e.UUID, fmt.Sprint(i*got.Every))
		}
	}
}

func TestTimelineIsInOrderOfTime(t *testing.T) {
	l := ledger.New(ledger.Options{})
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(100) {
		r := ended(fmt.Sprint(i), mocksender.Delivered, 200)
		r.Attempts[0].At = dayStart.Add(time.Duration(i) * time.Second)
		l.Add(r)
	}
	for i, e := range l.Snapshot().Timeline.Entries {
		assert.Equal(t, e.UUID, fmt.Sprint(i))
	}
}

func TestTimelineCanBeLeftOut(t *testing.T) {
	l := ledger.New(ledger.Options{Timeline: -1})
	l.Add(ended("u", mocksender.Delivered, 200))
	got := l.Snapshot().Timeline
	assert.Equal(t, len(got.Entries), 0)
	assert.Equal(t, got.LeftOut, 1)
}

func TestLedgerIsBoundedHoweverManyEventsThereAre(t *testing.T) {
	l := ledger.New(ledger.Options{})
	long := strings.Repeat("x", 10_000)
	for i := range 5000 {
		r := ended(long, mocksender.Failed, 404)
		r.Delivery.Event.Type = rtk.EventType(fmt.Sprint(i) + long)
		l.Add(r)
	}
	var retries []any
	for range 3000 {
		retries = append(retries, 503)
	}
	l.Add(ended("u", mocksender.Delivered, append(retries, 200)...))
	got := l.Snapshot()
	assert.Equal(t, len(got.ByEvent), 201)
	assert.Equal(t, got.ByEvent[ledger.OtherEvents].Emitted, 4801)
	assert.DeepEqual(t, got.AcceptedAfter, map[int]int{1000: 1})
	assert.Assert(t, len(got.Worst[0].UUID) <= 200 && len(got.Worst[0].Event) <= 200)
	for event := range got.ByEvent {
		assert.Assert(t, len(event) <= 200)
	}
}

// TestLedgerSumsAgree adds random receipts from several goroutines and counts
// along.
func TestLedgerSumsAgree(t *testing.T) {
	fates := []mocksender.Fate{mocksender.Delivered, mocksender.Failed, mocksender.Exhausted, mocksender.NotTried, mocksender.Abandoned}
	for seed := range uint64(20) {
		l := ledger.New(ledger.Options{Worst: 5, Timeline: 5})
		want := map[mocksender.Fate]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for g := range 4 {
			rng := rand.New(rand.NewPCG(seed, uint64(g)))
			wg.Go(func() {
				for i := range 100 {
					fate := pickOne(rng, fates...)
					var outcomes []any
					if fate != mocksender.NotTried {
						for range 1 + rng.IntN(4) {
							outcomes = append(outcomes, pickOne[any](rng, 404, 500, 503, mocksender.ClassReset))
						}
					}
					r := ended(fmt.Sprint(g, i), fate, outcomes...)
					r.Delivery.Event.Type = pickOne(rng, rtk.EventTypes()...)
					l.Add(r)
					_ = l.Snapshot()
					mu.Lock()
					want[fate]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		got := l.Snapshot()
		assert.Equal(t, got.Emitted, 400)
		assert.Equal(t, got.Accepted+got.AcceptedLate, want[mocksender.Delivered])
		assert.Equal(t, got.NotTried, want[mocksender.NotTried])
		assert.Equal(t, got.Abandoned, want[mocksender.Abandoned])
		var sum int
		for _, a := range append(slices.Collect(maps.Values(got.ByEvent)), got.Account) {
			assert.Equal(t, a.Accepted+a.AcceptedLate+a.Lost+a.Exhausted+a.NotTried+a.Abandoned, a.Emitted)
			assert.Equal(t, total(a.AcceptedAfter), a.AcceptedLate)
			assert.Equal(t, total(a.LostBy), a.Lost)
			assert.Equal(t, total(a.ExhaustedBy), a.Exhausted)
			sum += a.Emitted
		}
		assert.Equal(t, sum, 2*got.Emitted, "by event and in all")
		assert.Equal(t, len(got.Timeline.Entries)+got.Timeline.LeftOut, 400)
	}
}

func total[K comparable](m map[K]int) (sum int) {
	for _, n := range m {
		sum += n
	}
	return sum
}

func TestSnapshotSharesNothing(t *testing.T) {
	l := ledger.New(ledger.Options{})
	l.Add(ended("u", mocksender.Failed, 404))
	before := l.Snapshot()
	l.Add(ended("v", mocksender.Failed, 503, 404))
	l.Add(ended("w", mocksender.Failed, 410))
	assert.DeepEqual(t, before.LostBy, map[int]int{404: 1})
	assert.Equal(t, before.ByEvent[rtk.MeetingStarted].Emitted, 1)
	assert.Equal(t, before.Worst[0].UUID, "u")
	assert.Equal(t, len(before.Timeline.Entries), 1)
}

func TestLedgerHasTheDocumentedJSON(t *testing.T) {
	l := ledger.New(ledger.Options{Timeline: -1})
	const empty = `"accepted":0,"accepted_late":0,"lost":0,"exhausted":0,"not_tried":0,"abandoned":0,` +
		`"accepted_after":{},"lost_by_status":{},"exhausted_by":{},"attempts":0,"accepted_unseen":0,"accepted_twice":0`
	text, err := json.Marshal(l.Snapshot())
	assert.NilError(t, err)
	assert.Equal(t, string(text), `{"sent":0,`+empty+`,"by_event":{},"not_genuine":0,"worst":[],"timeline":{"entries":[],"every":1,"left_out":0}}`)

	l.Add(ended("u", mocksender.Delivered, 503, 200))
	l.Add(ended("u", mocksender.Failed, 404))
	l.Add(ended("u", mocksender.Exhausted, mocksender.ClassTimeout))
	want := l.Snapshot()
	text, err = json.Marshal(want)
	assert.NilError(t, err)
	assert.Assert(t, strings.HasPrefix(string(text), `{"sent":3,"accepted":0,"accepted_late":1,"lost":1,"exhausted":1,"not_tried":0,"abandoned":0,`+
		`"accepted_after":{"1":1},"lost_by_status":{"404":1},"exhausted_by":{"timeout":1},"attempts":4,`), "%s", text)
	var back ledger.Report
	assert.NilError(t, json.Unmarshal(text, &back))
	assert.DeepEqual(t, back, want)
}

func pickOne[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }
