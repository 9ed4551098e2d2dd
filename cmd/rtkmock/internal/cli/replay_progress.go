package cli

import (
	"sync"
	"sync/atomic"
	"time"
)

// replayProgress shows how far a recording has been read.
type replayProgress struct {
	a    *app
	bar  *bar // nil: lines, or nothing
	read *atomic.Int64
	size int64

	mu    sync.Mutex
	n     int
	told  time.Time
	quiet bool
}

func (a *app) newReplayProgress(mode string, read *atomic.Int64, size int64) *replayProgress {
	p := &replayProgress{a: a, read: read, size: size, told: time.Now(), quiet: mode == progressNone}
	if a.drawsBar(mode) && size > 0 {
		p.bar = &bar{a: a, parts: true}
	}
	return p
}

// tellEvery is the least time between two lines of progress.
const tellEvery = 5 * time.Second

func (p *replayProgress) sent() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	switch {
	case p.quiet:
	case p.bar != nil:
		const parts = 1000
		p.bar.draw(int(p.read.Load()*parts/p.size), parts, countOf(p.n, "request", "requests"))
	case time.Since(p.told) >= tellEvery:
		p.told = time.Now()
		p.a.logf("rtkmock: %s sent", countOf(p.n, "request", "requests"))
	}
}

func (p *replayProgress) finish() {
	if p.bar != nil {
		p.bar.finish()
	}
}
