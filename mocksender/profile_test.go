package mocksender_test

import (
	"errors"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
)

func TestProfilesRetryWhatTheirSourceSays(t *testing.T) {
	status := func(code int) mocksender.Outcome { return mocksender.Outcome{Status: code} }
	failed := func(c mocksender.Class) mocksender.Outcome {
		return mocksender.Outcome{Err: errors.New("x"), Class: c}
	}
	for _, tc := range []struct {
		profile string
		outcome mocksender.Outcome
		retries int
		reason  string
	}{
		{"cloudflare", status(200), 0, "any 2xx is a successful delivery"},
		{"cloudflare", status(299), 0, "any 2xx is a successful delivery"},
		{"cloudflare", status(500), 3, "a 5xx is retried"},
		{"cloudflare", status(599), 3, "a 5xx is retried"},
		{"cloudflare", failed(mocksender.ClassRefused), 3, "so is a network error"},
		{"cloudflare", failed(mocksender.ClassTimeout), 3, "and a time-out is one"},
		{"cloudflare", status(404), 0, "a non-2xx below 500 is not"},
		{"cloudflare", status(429), 0, "a non-2xx below 500 is not"},
		{"cloudflare", status(302), 0, "a redirect is a non-2xx below 500"},
		{"cloudflare", failed(mocksender.ClassCanceled), 0, "nobody is there to retry"},
		{"dyte-faq", status(503), 3, "5xx"},
		{"dyte-faq", failed(mocksender.ClassTimeout), 3, "time-outs"},
		{"dyte-faq", failed(mocksender.ClassReset), 0, "it names no other network error"},
		{"dyte-faq", status(400), 0, "nor 4xx"},
		{"dyte-guide", status(400), 5, "4xx too"},
		{"dyte-guide", status(301), 5, "3xx too"},
		{"dyte-guide", status(500), 5, "and 5xx"},
		{"dyte-guide", status(204), 0, "but no 2xx"},
	} {
		p, err := mocksender.ParseProfile(tc.profile)
		assert.NilError(t, err)
		n := 0
		for again := true; again && n <= 10; {
			var wait time.Duration
			if wait, again = p.Next(n+1, tc.outcome); again {
				assert.Equal(t, wait, time.Second)
				n++
			}
		}
		assert.Equal(t, n, tc.retries, "%s: %s", tc.profile, tc.reason)
	}
}

func TestScalingChangesWaitsAlone(t *testing.T) {
	p, err := mocksender.ParseProfile("cloudflare")
	assert.NilError(t, err)
	fast := p.Scaled(0.01)
	wait, again := fast.Next(1, mocksender.Outcome{Status: 500})
	assert.Assert(t, again)
	assert.Equal(t, wait, 10*time.Millisecond)
	assert.Equal(t, fast.Timeout, p.Timeout)
	wait, _ = p.Next(1, mocksender.Outcome{Status: 500})
	assert.Equal(t, wait, time.Second, "the original is left alone")
}

func TestUnknownProfileListsTheKnown(t *testing.T) {
	_, err := mocksender.ParseProfile("cloudfare")
	assert.ErrorIs(t, err, mocksender.ErrProfile)
	assert.ErrorContains(t, err, "cloudflare, dyte-faq, dyte-guide")
}
