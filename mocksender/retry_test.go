package mocksender_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
)

func TestRetryPolicies(t *testing.T) {
	answered := func(code int) mocksender.Outcome { return mocksender.Outcome{Status: code} }
	failed := func(c mocksender.Class) mocksender.Outcome {
		return mocksender.Outcome{Err: errors.New("failed"), Class: c}
	}
	waits := mocksender.Retry{Waits: []time.Duration{time.Second, 5 * time.Second}}
	cases := []struct {
		reason  string
		policy  mocksender.RetryPolicy
		attempt int
		o       mocksender.Outcome
		wait    time.Duration
		again   bool
	}{
		{"S13: a 5xx response is retried", waits, 1, answered(500), time.Second, true},
		{"each wait in turn", waits, 2, answered(599), 5 * time.Second, true},
		{"no waits are left", waits, 3, answered(500), 0, false},
		{"S13: a network error is retried", waits, 1, failed(mocksender.ClassReset), time.Second, true},
		{"a time-out is a network error", waits, 1, failed(mocksender.ClassTimeout), time.Second, true},
		{"the caller gave up", waits, 1, failed(mocksender.ClassCanceled), 0, false},
		{"S12: a 2xx is a delivery", waits, 1, answered(200), 0, false},
		{"S14: a 4xx is final", waits, 1, answered(404), 0, false},
		{"S14: 429 is no exception", waits, 1, answered(429), 0, false},
		{"S14: a 3xx is a non-2xx below 500", waits, 1, answered(302), 0, false},
		{"attempts count from 1", waits, 0, answered(500), 0, false},
		{"the zero value never retries", mocksender.Retry{}, 1, answered(500), 0, false},
		{"never", mocksender.NoRetry{}, 1, answered(500), 0, false},
	}
	for _, tc := range cases {
		t.Run(tc.reason, func(t *testing.T) {
			wait, again := tc.policy.Next(tc.attempt, tc.o)
			assert.Equal(t, wait, tc.wait)
			assert.Equal(t, again, tc.again)
		})
	}
}

func TestRetryAfterReadsBothForms(t *testing.T) {
	now := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	cases := []struct {
		value, reason string
		wait          time.Duration
		ok            bool
	}{
		{"120", "seconds", 2 * time.Minute, true},
		{" 1 ", "white space around it", time.Second, true},
		{"0", "at once", 0, true},
		{"3600", "the bound itself", time.Hour, true},
		{"3601", "cut to the bound", time.Hour, true},
		{"99999999999999999999999999", "more digits than any integer has", time.Hour, true},
		{"Wed, 03 Jun 2026 10:00:30 GMT", "a date", 30 * time.Second, true},
		{"Wednesday, 03-Jun-26 10:00:30 GMT", "an old form of date", 30 * time.Second, true},
		{"Wed, 03 Jun 2026 09:00:00 GMT", "a date in the past", 0, true},
		{"Wed, 03 Jun 2099 09:00:00 GMT", "a date far off", time.Hour, true},
		{"", "empty", 0, false},
		{"-1", "negative", 0, false},
		{"1.5", "not whole", 0, false},
		{"soon", "neither form", 0, false},
	}
	for _, tc := range cases {
		t.Run(tc.reason, func(t *testing.T) {
			wait, ok := mocksender.RetryAfter(http.Header{"Retry-After": {tc.value}}, now)
			assert.Equal(t, ok, tc.ok)
			assert.Equal(t, wait, tc.wait)
		})
	}
	_, ok := mocksender.RetryAfter(http.Header{}, now)
	assert.Assert(t, !ok, "without the field")
}
