package corpus_test

import (
	"io"
	"runtime"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/corpus"
)

// TestMemoryStaysFlat writes the formats in turn and compares what is in use
// after a tenth of the corpus with what is in use in the end.
func TestMemoryStaysFlat(t *testing.T) {
	const bound = 2 << 20
	count := 100_000
	if raceEnabled {
		count = 10_000 // the detector makes it slow and knows nothing of memory
	}
	var writers []*corpus.Writer
	for _, f := range corpus.Formats() {
		if f.Single {
			writers = append(writers, f.NewWriter(io.Discard))
		}
	}
	var early, late uint64
	for r, err := range newCorpus(t, corpus.Options{Count: count}).All(t.Context()) {
		assert.NilError(t, err)
		assert.NilError(t, writers[r.N%len(writers)].Write(r))
		switch r.N {
		case count / 10:
			early = inUse()
		case count:
			late = inUse()
		}
	}
	for _, w := range writers {
		assert.NilError(t, w.Close())
	}
	t.Logf("%d kB in use after %d requests, %d kB after %d", early>>10, count/10, late>>10, count)
	assert.Assert(t, late < early+bound, "%d more requests hold %d bytes more", count-count/10, late-early)
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
