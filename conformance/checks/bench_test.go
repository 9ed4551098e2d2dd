package checks_test

import (
	"net/http/httptest"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// BenchmarkSuite judges the reference receiver over loopback, as the first run
// of a new user does. What it waits for effects is reported apart.
func BenchmarkSuite(b *testing.B) {
	bench := newBench(b, "")
	receiver := receivers.Reference(receivers.Config{KeyURL: bench.station.KeyURL()})
	defer receiver.Close()
	server := httptest.NewServer(receiver.Handler())
	defer server.Close()
	effects, err := conformance.NewEffectsURL(server.URL + "/effects?uuid={uuid}")
	assert.NilError(b, err)
	o := bench.quick(server.URL)
	o.Target.Effects = effects
	o.Quiet = conformance.DefaultQuiet
	var waited float64
	for b.Loop() {
		o.Seed++
		report := run(b.Context(), b, o)
		assert.Equal(b, report.Outcome, conformance.Conformant, report.Headline)
		waited += report.Waited.Seconds()
	}
	b.ReportMetric(1000*waited/float64(b.N), "ms-waited/op")
}
