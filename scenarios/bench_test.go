package scenarios_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// BenchmarkPlay compares a play, receiver included, with signing alone on the
// same number of processors: what is not signing is overhead.
func BenchmarkPlay(b *testing.B) {
	for _, name := range []string{"webinar", "many-meetings"} {
		b.Run(name, func(b *testing.B) {
			s := load(b, name)
			w := newWorld(b, nil)
			var played, signed time.Duration
			seed := uint64(0)
			for b.Loop() {
				o := w.options()
				seed++
				o.Payload.Seed = seed
				r := play(b, s, o)
				assert.Equal(b, r.Outcome(), scenarios.Met)
				played += r.Took
				signed += signing(b, s.Deliveries())
			}
			b.ReportMetric(float64(s.Deliveries())*float64(b.N)/played.Seconds(), "deliveries/s")
			b.ReportMetric(float64(signed)/float64(played), "of-signing")
		})
	}
}

// signing returns how long n signatures take on all processors.
func signing(b *testing.B, n int) time.Duration {
	start := time.Now()
	var group sync.WaitGroup
	procs := runtime.GOMAXPROCS(0)
	for p := range procs {
		group.Go(func() {
			for i := p; i < n; i += procs {
				_, err := rtk.Sign(genuineKey(), fmt.Appendf(nil, "body %d", i))
				assert.Check(b, err)
			}
		})
	}
	group.Wait()
	return time.Since(start)
}

func BenchmarkParse(b *testing.B) {
	source, err := scenarios.Source("webinar")
	assert.NilError(b, err)
	for b.Loop() {
		_, err := scenarios.Parse("webinar.json", source)
		assert.NilError(b, err)
	}
}
