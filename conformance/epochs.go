package conformance

import (
	"context"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"time"
)

// processEffects keep account of effects over the processes of a target, one after the
// other: a count that lives in the memory of a process is gone with it. What it
// has shown is read before each kill that the run foresees, until it is known
// that the count outlives one.
type processEffects struct {
	began   time.Time      // of the process in being
	counts  map[string]int // by key: what that has shown
	past    map[string]int // by key: what those before it had shown, in all
	witness *effects.Query // shown by a process before
	kept    bool           // the count has outlived a process
	lost    bool           // it has not
}

// snapshotEffects reads the effects that are gone if the target is killed now.
func (r *run) snapshotEffects(ctx context.Context) {
	e := &r.processes
	if r.o.Target.Effects == nil {
		return
	}
	if r.checkKept(ctx); e.kept {
		return
	}
	began := time.Now()
	defer func() { r.waited(time.Since(began)) }()
	read := map[string]bool{}
	for _, s := range r.sentOut() {
		key := r.o.Target.Effects.Key(s.query)
		if read[key] || s.ended.Before(e.began) {
			continue
		}
		read[key] = true
		n, err := r.o.Target.Effects.Count(ctx, s.query)
		if err != nil || ctx.Err() != nil {
			return // what is wrong with the instrument is said in the end
		}
		e.note(key, n, s.query)
	}
}

func (e *processEffects) note(key string, n int, q effects.Query) {
	if e.counts == nil {
		e.counts = map[string]int{}
	}
	e.counts[key] = n
	if n > 0 {
		e.witness = &q
	}
}

// nextProcess begins the account of a new process.
func (e *processEffects) nextProcess() {
	if e.past == nil {
		e.past = map[string]int{}
	}
	for key, n := range e.counts {
		e.past[key] += n
	}
	clear(e.counts)
	e.began = time.Now()
}

// checkKept finds out whether the count has outlived the process before.
func (r *run) checkKept(ctx context.Context) {
	e := &r.processes
	if e.witness == nil || e.began.IsZero() || e.kept || e.lost {
		return
	}
	n, err := r.o.Target.Effects.Count(ctx, *e.witness)
	if err == nil && ctx.Err() == nil {
		e.kept, e.lost = n > 0, n == 0
	}
}

// before is what processes that are gone have shown under key, and is not
// counted any more.
func (e *processEffects) before(key string) int {
	if !e.lost {
		return 0
	}
	return e.past[key]
}

// gone reports whether nothing more can be seen of s, whose process has taken
// its count along.
func (e *processEffects) gone(s *Exchange) bool { return e.lost && s.ended.Before(e.began) }

// ForgetsEffects reports, once the effects have been read, that the target counts
// them anew in each process: of what it did right before it was killed nothing
// can be seen.
func (p *Probe) ForgetsEffects() bool { return p.run.processes.lost }
