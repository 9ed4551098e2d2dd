package cli

import "time"

// countProgress shows how many of a known number are done. It is for one
// goroutine.
type countProgress struct {
	a               *app
	bar             *bar // nil: lines, or nothing
	total           int
	one, many, verb string // "request", "requests", "written"
	told            time.Time
	quiet           bool
}

func (a *app) newCountProgress(mode string, total int, one, many, verb string) *countProgress {
	p := &countProgress{a: a, total: total, one: one, many: many, verb: verb, told: time.Now(), quiet: mode == progressNone}
	if a.drawsBar(mode) {
		p.bar = &bar{a: a, parts: true}
	}
	return p
}

func (p *countProgress) did(n int) {
	switch {
	case p.quiet:
	case p.bar != nil:
		const parts = 1000
		p.bar.draw(int(int64(n)*parts/int64(p.total)), parts, countOf(n, p.one, p.many))
	case time.Since(p.told) >= tellEvery:
		p.told = time.Now()
		p.a.logf("rtkmock: %d of %s %s", n, countOf(p.total, p.one, p.many), p.verb)
	}
}

func (p *countProgress) finish() {
	if p.bar != nil {
		p.bar.finish()
	}
}
