package delivery

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
)

func status(code int) mocksender.Outcome { return mocksender.Outcome{Status: code} }

func failure(c mocksender.Class) mocksender.Outcome {
	return mocksender.Outcome{Err: errors.New("no answer"), Class: c}
}

func TestGenuineDeliveriesAreRetriedLikeTheSenderAndBackOffFromLimits(t *testing.T) {
	waits := []time.Duration{10 * time.Millisecond, 20 * time.Millisecond}
	policy := genuineRetry{mocksender.Retry{Waits: waits}, waits[0], 7, nil}
	later := mocksender.Outcome{Status: 429, Header: http.Header{"Retry-After": {"1"}}}
	never := mocksender.Outcome{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}
	for _, tc := range []struct {
		reason  string
		attempt int
		outcome mocksender.Outcome
		wait    time.Duration
		again   bool
	}{
		{"accepted is done", 1, status(200), 0, false},
		{"a 4xx is final", 1, status(400), 0, false},
		{"a 3xx is final", 1, status(308), 0, false},
		{"a 5xx is tried again", 1, status(500), 10 * time.Millisecond, true},
		{"a second time", 2, status(500), 20 * time.Millisecond, true},
		{"then the waits are used up", 3, status(500), 0, false},
		{"a reset is a network error", 1, failure(mocksender.ClassReset), 10 * time.Millisecond, true},
		{"silence is tried twice", 1, failure(mocksender.ClassTimeout), 10 * time.Millisecond, true},
		{"and no more, since each costs a time-out", 2, failure(mocksender.ClassTimeout), 0, false},
		{"the caller has gone", 1, failure(mocksender.ClassCanceled), 0, false},
		{"a limit is waited out as long as was asked", 1, later, time.Second, true},
		{"but not for ever", 1, never, limitedMaxWait, true},
		{"without a wish the steps double", 2, status(429), 40 * time.Millisecond, true},
		{"a limit outlasts the retries", 6, status(429), 640 * time.Millisecond, true},
		{"until it is clear that it stays", 7, status(429), 1280 * time.Millisecond, false},
	} {
		wait, again := policy.Next(tc.attempt, tc.outcome)
		assert.Equal(t, again, tc.again, tc.reason)
		assert.Equal(t, wait, tc.wait, tc.reason)
	}
}

func TestForgeriesAreRetriedOnlyToTellA5xxApart(t *testing.T) {
	policy := forgeryRetry{genuineRetry{mocksender.NoRetry{}, time.Millisecond, limitedForged, nil}, time.Second}
	for _, tc := range []struct {
		reason  string
		attempt int
		outcome mocksender.Outcome
		again   bool
	}{
		{"a 5xx may be a mishap", 1, status(500), true},
		{"a lasting one is not", forgeryAttempts, status(500), false},
		{"a 4xx is clear", 1, status(401), false},
		{"a cut connection is clear", 1, failure(mocksender.ClassReset), false},
		{"silence costs a time-out", 1, failure(mocksender.ClassTimeout), false},
		{"a limit says nothing", 1, status(429), true},
	} {
		_, again := policy.Next(tc.attempt, tc.outcome)
		assert.Equal(t, again, tc.again, tc.reason)
	}
	wait, _ := policy.Next(forgeryAttempts-1, status(503))
	assert.Equal(t, wait, time.Second, "by then the receiver may fetch its key again")
	wait, _ = policy.Next(forgeryAttempts-1, status(500))
	assert.Equal(t, wait, (forgeryAttempts-1)*forgeryStep, "an error passes, or does not")
}

func TestFirstContactWaitsOnlyForWhatMayStillStart(t *testing.T) {
	policy := warmUpRetry{time.Second, nil}
	for _, tc := range []struct {
		reason  string
		attempt int
		outcome mocksender.Outcome
		again   bool
	}{
		{"nothing listens yet", 1, failure(mocksender.ClassRefused), true},
		{"a proxy answers for it", 1, status(502), true},
		{"100 + 200 + 400 ms have passed, 800 more are too long", 4, status(502), false},
		{"a name that does not resolve will not in a second", 1, failure(mocksender.ClassDNS), false},
		{"the time-out was the warm-up", 1, failure(mocksender.ClassTimeout), false},
		{"a refusal is an answer", 1, status(401), false},
	} {
		_, again := policy.Next(tc.attempt, tc.outcome)
		assert.Equal(t, again, tc.again, tc.reason)
	}
}

func TestFirstContactIsGivenUpWhereThereIsAnotherWay(t *testing.T) {
	for _, tc := range []struct {
		reason  string
		end     bool
		attempt int
		outcome mocksender.Outcome
		again   bool
	}{
		{"it may still be starting", true, 5, status(500), true},
		{"2.5 s have passed", true, 6, status(500), false},
		{"a key that was asked for may still come", false, 6, status(500), true},
		{"nothing listens yet", true, 6, failure(mocksender.ClassRefused), true},
		{"a limit says nothing", true, 6, status(429), true},
	} {
		policy := warmUpRetry{time.Minute, func() bool { return tc.end }}
		_, again := policy.Next(tc.attempt, tc.outcome)
		assert.Equal(t, again, tc.again, tc.reason)
	}
}
