package mocksender_test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestFailingTargetGetsFewerAttemptsAndNothingIsLostSilently(t *testing.T) {
	status := 500
	target := newSeeing(t, func(string, int) int { return status })
	s := faultSender(t, mocksender.Options{
		Health: &mocksender.HealthPolicy{Failures: 2, ProbeEvery: 3},
		Retry:  mocksender.NoRetry{},
	})
	send := func(n int) string {
		var out []string
		for range n {
			r, err := s.Send(t.Context(), target.URL, mocksender.Delivery{Event: rtk.Event{Body: []byte("{}")}})
			assert.NilError(t, err)
			out = append(out, string(r.Health)+":"+string(r.Fate))
		}
		return strings.Join(out, " ")
	}
	assert.Equal(t, send(2), "healthy:exhausted healthy:exhausted")
	assert.Equal(t, s.Health(target.URL), mocksender.Reduced)
	assert.Equal(t, send(3), "reduced:not-tried reduced:not-tried probing:exhausted")
	status = 200
	assert.Equal(t, send(4), "reduced:not-tried reduced:not-tried probing:delivered healthy:delivered")
	assert.Equal(t, s.Health(target.URL), mocksender.Healthy)
	assert.Equal(t, len(target.seen), 5)
}

func TestHealthIsKeptByURL(t *testing.T) {
	bad, good := newSeeing(t, always(404)), newSeeing(t, always(200))
	s := faultSender(t, mocksender.Options{Health: &mocksender.HealthPolicy{Failures: 1}})
	for range 3 {
		for _, url := range []string{bad.URL, good.URL} {
			_, err := s.Send(t.Context(), url, mocksender.Delivery{Event: rtk.Event{Body: []byte("{}")}})
			assert.NilError(t, err)
		}
	}
	assert.Equal(t, s.Health(bad.URL), mocksender.Reduced)
	assert.Equal(t, s.Health(good.URL), mocksender.Healthy)
	assert.Equal(t, len(good.seen), 3)
}

func TestWithoutAPolicyNothingIsReduced(t *testing.T) {
	target := newSeeing(t, always(500))
	s := faultSender(t, mocksender.Options{Retry: mocksender.NoRetry{}})
	for range 20 {
		r, err := s.Send(t.Context(), target.URL, mocksender.Delivery{Event: rtk.Event{Body: []byte("{}")}})
		assert.NilError(t, err)
		assert.Equal(t, r.Fate, mocksender.Exhausted)
	}
}
