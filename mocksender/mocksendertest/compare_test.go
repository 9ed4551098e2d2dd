package mocksendertest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mocksendertest"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestComparisonsHoldOrSayWhyNot(t *testing.T) {
	t.Parallel()
	fake := mocksendertest.New(t, mocksendertest.Options{Sender: mocksender.Options{Timeout: time.Minute}})
	send := func(h http.Handler, mutations ...string) mocksender.Receipt {
		return fake.Send(fake.Serve(h), fake.Event(rtk.MeetingStarted), mutations...)
	}
	accepted := send(status(http.StatusNoContent))
	refused := send(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad signature", http.StatusUnauthorized) }))
	cut := send(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	nobody := fake.Send("http://127.0.0.1:1/webhook", fake.Event(rtk.MeetingStarted))
	forged := send(status(http.StatusOK), "signature/missing")
	count := func(n int) func(string) int { return func(string) int { return n } }
	for _, c := range []struct {
		name string
		c    mocksendertest.Comparison
		why  string // empty: it holds
	}{
		{"delivered", mocksendertest.Delivered(accepted), ""},
		{"not delivered", mocksendertest.Delivered(refused), `failed, want it delivered` + "\n" + `  attempt 1: 401 Unauthorized: "bad signature"`},
		{"rejected", mocksendertest.Rejected(refused), ""},
		{"cut off", mocksendertest.Rejected(cut), ""},
		{"not rejected", mocksendertest.Rejected(forged), "delivered, want it rejected\n  signature/missing: No signature header"},
		{"not reached", mocksendertest.Rejected(nobody), "exhausted, want it rejected"},
		{"not tried", mocksendertest.Rejected(mocksender.Receipt{}), "want it rejected"},
		{"answered", mocksendertest.Answered(refused, 401), ""},
		{"answered otherwise", mocksendertest.Answered(accepted, 200), "want the answer 200 OK\n  attempt 1: 204 No Content"},
		{"attempted", mocksendertest.Attempted(accepted, 1), ""},
		{"attempted less", mocksendertest.Attempted(accepted, 2), "want 2 attempts"},
		{"one effect", mocksendertest.EffectOnce(accepted, count(1)), ""},
		{"two effects", mocksendertest.EffectOnce(accepted, count(2)), "it had 2 effects, want 1"},
		{"no effect", mocksendertest.NoEffect(forged, count(0)), ""},
		{"an effect", mocksendertest.NoEffect(forged, count(1)), "it had 1 effect, want 0"},
	} {
		ok, why := c.c()
		assert.Equal(t, ok, c.why == "", "%s: %s", c.name, why)
		if c.why != "" {
			assert.Assert(t, is.Contains(why, c.why), c.name)
		}
	}
}

func TestALateEffectCountsAndASecondOneToo(t *testing.T) {
	for want, counts := range map[bool][]int{true: {0, 0, 0, 1}, false: {0, 1, 1, 2}} {
		ok, why := mocksendertest.EffectOnce(mocksender.Receipt{}, func(string) int {
			n := counts[0]
			if len(counts) > 1 {
				counts = counts[1:]
			}
			return n
		})()
		assert.Equal(t, ok, want, why)
	}
}

func TestSameBodyTellsValuesFromSpelling(t *testing.T) {
	event := rtk.Event{Type: rtk.MeetingStarted, Body: []byte(`{"event":"meeting.started","n":1}`)}
	for _, c := range []struct{ got, why string }{
		{string(event.Body), ""},
		{`{"event":"meeting.started","n":2}`, "another body (-want +got):"},
		{`{"n":1,"event":"meeting.started"}`, "the same JSON in other bytes, want it unchanged"},
		{"[object Object]", "found what is not JSON"},
	} {
		ok, why := mocksendertest.SameBody([]byte(c.got), event)()
		assert.Equal(t, ok, c.why == "", why)
		assert.Assert(t, is.Contains(why, c.why))
	}
	ok, why := mocksendertest.SameBody([]byte("{}"), rtk.Event{Body: []byte("{")})()
	assert.Assert(t, !ok && strings.Contains(why, "the event's own body is not JSON"))
}

func TestCheckGoesOnAndRequireDoesNot(t *testing.T) {
	holds := func() (bool, string) { return true, "" }
	fails := func() (bool, string) { return false, "why" }
	r := &recorder{}
	assert.Assert(t, mocksendertest.Check(r, holds, holds))
	assert.Assert(t, !mocksendertest.Check(r, fails, holds, fails))
	assert.DeepEqual(t, r.errors, []string{"why", "why"})
	assert.Assert(t, !r.during(func() { mocksendertest.Require(r, holds) }))
	assert.Assert(t, r.during(func() { mocksendertest.Require(r, fails) }))
}
