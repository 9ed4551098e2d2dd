package checks_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// bench is a station on a loopback port.
type bench struct {
	station *conformance.Station
}

func newBench(t testing.TB) *bench {
	t.Helper()
	handler := http.NewServeMux()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	key, err := testKey()
	assert.NilError(t, err)
	b := &bench{conformance.NewStation(rtk.NewKeyring(key), server.URL)}
	handler.Handle("/", b.station.Handler())
	return b
}

// quick are options under which nothing waits for long.
func (b *bench) quick(url string) conformance.Options {
	return conformance.Options{
		Station:        b.station,
		Target:         conformance.Target{URL: url},
		Checks:         checks.All(),
		Seed:           1,
		Timeout:        time.Second,
		WarmUp:         time.Second,
		RetryWaits:     []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond},
		EffectsTimeout: 500 * time.Millisecond,
		Quiet:          60 * time.Millisecond,
		Parallel:       4,
	}
}

func run(ctx context.Context, t testing.TB, o conformance.Options) *conformance.Report {
	t.Helper()
	report, err := conformance.Run(ctx, o)
	assert.NilError(t, err)
	return report
}

// judged returns the ids of the verdicts with one of statuses.
func judged(r *conformance.Report, statuses ...conformance.Status) []string {
	var out []string
	for _, v := range r.Verdicts {
		for _, s := range statuses {
			if v.Status == s {
				out = append(out, string(v.Check.ID))
			}
		}
	}
	return out
}

func explain(t testing.TB, r *conformance.Report) {
	t.Helper()
	t.Log(r.Headline)
	for _, v := range r.Verdicts {
		if v.Status != conformance.Pass {
			t.Logf("%-12s %s: %s", v.Status, v.Check.ID, v.Reason)
		}
	}
}
