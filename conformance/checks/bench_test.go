package checks_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// BenchmarkSuite judges the reference receiver over loopback, as the first run
// of a new user does. What it waits for effects is reported apart.
func BenchmarkSuite(b *testing.B) {
	var waited float64
	for seed := uint64(1); b.Loop(); seed++ {
		// The last check changes the key, and it stays changed.
		b.StopTimer()
		o, end := forSuite(b)
		o.Seed = seed
		b.StartTimer()
		report := run(b.Context(), b, o)
		b.StopTimer()
		end()
		assert.Equal(b, report.Outcome, conformance.Conformant, report.Headline)
		waited += time.Duration(report.Waited).Seconds()
		b.StartTimer()
	}
	b.ReportMetric(1000*waited/float64(b.N), "ms-waited/op")
}

// forSuite returns a run against a reference receiver of its own, and what ends
// that.
func forSuite(b *testing.B) (conformance.Options, func()) {
	bench := newBench(b, "")
	receiver := receivers.Reference(receivers.Config{KeyURL: bench.endpoints.KeyURL()})
	server := httptest.NewServer(receiver.Handler())
	effects, err := effects.NewURL(server.URL + "/effects?uuid={uuid}")
	assert.NilError(b, err)
	o := bench.quick(server.URL)
	o.Target.Effects = effects
	o.Quiet = conformance.DefaultQuiet
	return o, func() {
		server.Close()
		receiver.Close()
	}
}
