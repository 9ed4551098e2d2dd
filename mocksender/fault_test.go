package mocksender_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestParseFaultReadsWhatStringWrites(t *testing.T) {
	for _, text := range []string{"refuse", "reset", "respond 503", "delay 2s", "lose-response", "replace 502"} {
		f, err := mocksender.ParseFault(text)
		assert.NilError(t, err)
		assert.Equal(t, f.String(), text)
	}
}

func TestParseFaultSaysWhatWouldBeRight(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", "want refuse, reset"},
		{"explode", "want refuse, reset"},
		{"respond", "want a status"},
		{"respond 99", "want a status"},
		{"replace abc", "want a status"},
		{"delay", "want a duration"},
		{"delay -1s", "want a duration"},
		{"refuse 3", "nothing follows refuse"},
	} {
		_, err := mocksender.ParseFault(tc.text)
		assert.ErrorIs(t, err, mocksender.ErrFault)
		assert.ErrorContains(t, err, tc.want)
	}
}

// seeing is a target that notes the uuids it sees and answers by them.
type seeing struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]int
}

func newSeeing(t *testing.T, answer func(uuid string, n int) int) *seeing {
	s := &seeing{seen: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		uuid := r.Header.Get(rtk.HeaderUUID)
		s.mu.Lock()
		s.seen[uuid]++
		n := s.seen[uuid]
		s.mu.Unlock()
		w.WriteHeader(answer(uuid, n))
	}))
	t.Cleanup(s.Close)
	return s
}

func always(status int) func(string, int) int { return func(string, int) int { return status } }

func faultSender(t *testing.T, o mocksender.Options) *mocksender.Sender {
	t.Helper()
	key, err := sharedKey()
	assert.NilError(t, err)
	o.Keys = rtk.NewKeyring(key)
	if o.Retry == nil {
		o.Retry = mocksender.Retry{Waits: make([]time.Duration, 2)}
	}
	s, err := mocksender.New(o)
	assert.NilError(t, err)
	t.Cleanup(s.Close)
	return s
}

var sharedKey = sync.OnceValues(rtk.GenerateKey)

func TestFaultsStandBetweenSenderAndTarget(t *testing.T) {
	for _, tc := range []struct {
		reason   string
		fault    string
		attempt  int
		fate     mocksender.Fate
		attempts int
		seen     int
		target   int // what the target really answered to the first attempt, 0: it was not asked or not hidden
	}{
		{"refused once, then delivered", "refuse", 1, mocksender.Delivered, 2, 1, 0},
		{"refused every time", "refuse", 0, mocksender.Exhausted, 3, 0, 0},
		{"cut once", "reset", 1, mocksender.Delivered, 2, 1, 0},
		{"a 503 in front is retried", "respond 503", 1, mocksender.Delivered, 2, 1, 0},
		{"a 404 in front is final: the event is lost", "respond 404", 1, mocksender.Failed, 1, 0, 0},
		{"the answer is lost, so it comes twice", "lose-response", 1, mocksender.Delivered, 2, 2, 204},
		{"a 502 instead of the answer, so it comes twice", "replace 502", 1, mocksender.Delivered, 2, 2, 204},
		{"held back for a moment", "delay 1ms", 1, mocksender.Delivered, 1, 1, 0},
		{"held back beyond the time-out", "delay 1h0m0s", 1, mocksender.Delivered, 2, 1, 0},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			target := newSeeing(t, always(204))
			s := faultSender(t, mocksender.Options{Timeout: 50 * time.Millisecond})
			f, err := mocksender.ParseFault(tc.fault)
			assert.NilError(t, err)
			f.Attempt = tc.attempt
			r, err := s.Send(t.Context(), target.URL, mocksender.Delivery{
				UUID: "u", Event: rtk.Event{Body: []byte("{}")}, Faults: mocksender.FaultPlan{f},
			})
			assert.NilError(t, err)
			assert.Equal(t, r.Fate, tc.fate)
			assert.Equal(t, len(r.Attempts), tc.attempts)
			assert.Equal(t, target.seen["u"], tc.seen)
			assert.Equal(t, r.Attempts[0].Fault, tc.fault)
			if tc.target != 0 {
				assert.Equal(t, r.Attempts[0].Target.Status, tc.target)
			} else {
				assert.Assert(t, r.Attempts[0].Target == nil)
			}
			assert.Equal(t, s.Signatures() <= 1, true, "a retry reuses the signature")
		})
	}
}

func TestFaultsAreChosenByEvent(t *testing.T) {
	target := newSeeing(t, always(200))
	s := faultSender(t, mocksender.Options{Retry: mocksender.NoRetry{}, Faults: mocksender.FaultPlan{
		{Event: rtk.MeetingEnded, Before: mocksender.Respond, Status: 410},
	}})
	for event, want := range map[rtk.EventType]mocksender.Fate{
		rtk.MeetingEnded: mocksender.Failed, rtk.MeetingStarted: mocksender.Delivered,
	} {
		r, err := s.Send(t.Context(), target.URL, mocksender.Delivery{Event: rtk.Event{Type: event, Body: []byte("{}")}})
		assert.NilError(t, err)
		assert.Equal(t, r.Fate, want, "%s", event)
	}
}

func TestChanceIsFixedBySeedAndDelivery(t *testing.T) {
	target := newSeeing(t, always(200))
	faultsUnder := func(seed uint64) string {
		s := faultSender(t, mocksender.Options{FaultSeed: seed, Retry: mocksender.NoRetry{}, Faults: mocksender.FaultPlan{
			{Before: mocksender.Reset, Chance: 0.3},
		}})
		out := ""
		for i := range 100 {
			r, err := s.Send(t.Context(), target.URL, mocksender.Delivery{UUID: fmt.Sprint(i), Event: rtk.Event{Body: []byte("{}")}})
			assert.NilError(t, err)
			out += map[bool]string{true: "x", false: "."}[r.Attempts[0].Fault != ""]
		}
		return out
	}
	one := faultsUnder(1)
	assert.Equal(t, one, faultsUnder(1))
	assert.Assert(t, one != faultsUnder(2))
	hits := 0
	for _, c := range one {
		if c == 'x' {
			hits++
		}
	}
	assert.Assert(t, hits > 10 && hits < 60, "%d of 100 at a chance of 0.3", hits)
}

func TestUnusableFaultsAreRefused(t *testing.T) {
	for _, f := range []mocksender.Fault{
		{},
		{Before: mocksender.Refuse, After: mocksender.LoseResponse},
		{Before: "explode"},
		{Before: mocksender.Respond},
		{Before: mocksender.Refuse, Chance: 1.5},
		{Before: mocksender.Refuse, Attempt: -1},
	} {
		_, err := mocksender.New(mocksender.Options{Faults: mocksender.FaultPlan{f}})
		assert.ErrorIs(t, err, mocksender.ErrFault, "%+v", f)
	}
}

func TestNewUUIDOnRetryLeavesTheBytes(t *testing.T) {
	target := newSeeing(t, always(503))
	s := faultSender(t, mocksender.Options{RetryUUID: mocksender.NewUUID})
	r, err := s.Send(t.Context(), target.URL, mocksender.Delivery{UUID: "first", Event: rtk.Event{Body: []byte("{}")}})
	assert.NilError(t, err)
	assert.Equal(t, len(r.Attempts), 3)
	assert.Equal(t, len(target.seen), 3)
	assert.Equal(t, target.seen["first"], 1)
	for _, a := range r.Attempts {
		assert.Equal(t, a.Request.Field(rtk.HeaderSignature), r.Attempts[0].Request.Field(rtk.HeaderSignature))
	}
	assert.Equal(t, s.Signatures(), uint64(1))
}

// TestAccountsAddUpUnderAnyFaults sends many deliveries under random plans at a
// target of moods: every delivery has one fate, and the target has seen exactly
// the attempts that the receipts say reached it.
func TestAccountsAddUpUnderAnyFaults(t *testing.T) {
	words := []string{"refuse", "reset", "respond 503", "respond 404", "delay 0s", "lose-response", "replace 502", "replace 301"}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		moods := []int{200, 204, 500, 503, 404, 302}
		target := newSeeing(t, func(uuid string, n int) int {
			return moods[(len(uuid)+n*int(seed)+int(uuid[len(uuid)-1]))%len(moods)]
		})
		s := faultSender(t, mocksender.Options{
			Health: &mocksender.HealthPolicy{Failures: 1 + int(seed%4), ProbeEvery: 2}, FaultSeed: seed,
		})
		const emitted = 60
		fates := map[mocksender.Fate]int{}
		reached := map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range emitted {
			var plan mocksender.FaultPlan
			for range rng.IntN(3) {
				f, err := mocksender.ParseFault(words[rng.IntN(len(words))])
				assert.NilError(t, err)
				f.Attempt, f.Chance = rng.IntN(3), rng.Float64()
				plan = append(plan, f)
			}
			wg.Go(func() {
				r, err := s.Send(t.Context(), target.URL, mocksender.Delivery{
					UUID: fmt.Sprintf("%d-%d", seed, i), Event: rtk.Event{Body: []byte("{}")}, Faults: plan,
				})
				assert.Check(t, err)
				mu.Lock()
				defer mu.Unlock()
				fates[r.Fate]++
				assert.Check(t, (r.Fate == mocksender.NotTried) == (len(r.Attempts) == 0))
				for _, a := range r.Attempts {
					if a.Reached {
						reached[r.Delivery.UUID]++
					}
				}
			})
		}
		wg.Wait()
		sum := fates[mocksender.Delivered] + fates[mocksender.Failed] + fates[mocksender.Exhausted] + fates[mocksender.NotTried]
		assert.Equal(t, sum, emitted, "seed %d: %v", seed, fates)
		assert.DeepEqual(t, reached, target.seen)
	}
}
