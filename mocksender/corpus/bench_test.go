package corpus_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/corpus"
)

// BenchmarkOfBareRSA reports the rate of corpus generation, written as JSON
// lines, as a part of the rate of bare signatures over the same bodies on the
// same cores. The two take turns, and the median turn of each counts, so that
// whatever else the machine does meets both alike.
func BenchmarkOfBareRSA(b *testing.B) {
	const turn = 256
	key := testKey()
	c, err := corpus.New(corpus.Options{Key: key, Count: turn})
	assert.NilError(b, err)
	format, err := corpus.ParseFormat("jsonl")
	assert.NilError(b, err)
	var bodies [][]byte
	for _, r := range all(b, corpus.Options{Count: turn}) {
		bodies = append(bodies, r.Body)
	}
	var bare, made []time.Duration
	for b.Loop() {
		start := time.Now()
		var next atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for i := next.Add(1) - 1; i < turn; i = next.Add(1) - 1 {
					digest := sha256.Sum256(bodies[i])
					_, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
					assert.Check(b, err)
				}
			})
		}
		wg.Wait()
		bare = append(bare, time.Since(start))

		start = time.Now()
		w := format.NewWriter(io.Discard)
		for r, err := range c.All(b.Context()) {
			assert.NilError(b, err)
			assert.NilError(b, w.Write(r))
		}
		made = append(made, time.Since(start))
	}
	b.ReportMetric(median(bare).Seconds()/median(made).Seconds(), "of-bare-rsa")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// BenchmarkRender is everything but the signature.
func BenchmarkRender(b *testing.B) {
	format, err := corpus.ParseFormat("jsonl")
	assert.NilError(b, err)
	w := format.NewWriter(io.Discard)
	c := newCorpus(b, corpus.Options{Count: corpus.MaxCount})
	n := 0
	b.ReportAllocs()
	for r, err := range c.All(b.Context()) {
		assert.NilError(b, err)
		assert.NilError(b, w.Write(r))
		if n++; n >= b.N {
			break
		}
	}
}
