package conformance

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// runPhase runs the checks of a phase, one after the other.
func (r *run) runPhase(ctx context.Context, phase Phase) {
	for _, c := range r.checks(phase) {
		if ctx.Err() == nil {
			p := r.runCheck(ctx, c, "")
			r.noteEnd(ctx, p)
			r.announce(p)
		}
	}
}

// groups returns the groups that have checks of their own, in order.
func (r *run) groups() []string {
	var out []string
	for _, c := range r.checks(InGroup) {
		if g := c.ID.Group(); !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// runGroup runs the checks of one group, and after them those of the phase
// AfterGroup. Exclusive checks run by themselves, the others side by side if the
// run is parallel. The order of the catalogue is kept between the two sorts.
func (r *run) runGroup(ctx context.Context, group string) {
	var batch []*Check
	flush := func() {
		r.runBatch(ctx, batch)
		batch = nil
	}
	for _, c := range r.checks(InGroup) {
		switch {
		case c.ID.Group() != group:
		case c.Exclusive:
			flush()
			r.runBatch(ctx, []*Check{c})
		default:
			batch = append(batch, c)
		}
	}
	flush()
	for _, c := range r.checks(AfterGroup) {
		if ctx.Err() == nil {
			r.runAfterGroup(ctx, c, group)
		}
	}
}

// runBatch runs checks side by side, as many at a time as the options say.
func (r *run) runBatch(ctx context.Context, checks []*Check) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, r.o.Parallel)
	for _, c := range checks {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			p := r.runCheck(ctx, c, "")
			if r.o.Parallel == 1 {
				r.noteEnd(ctx, p)
			}
			r.announce(p)
		})
	}
	wg.Wait()
}

// runAfterGroup runs a check that runs again after each group, and adds what it
// finds to what it found before.
func (r *run) runAfterGroup(ctx context.Context, c *Check, group string) {
	earlier := r.probes[c]
	if earlier != nil && r.exited() != "" && earlier.verdict().Status != Pass {
		return // that the process has ended is reported already
	}
	p := r.runCheck(ctx, c, group)
	if earlier != nil {
		p.findings = append(earlier.findings, p.findings...)
		p.receipts = append(earlier.receipts, p.receipts...)
	}
}

// callLater has the checks look at what could not be seen before.
func (r *run) callLater() {
	for _, c := range r.o.Checks {
		if p := r.probes[c]; p != nil {
			for _, f := range p.later {
				f()
			}
			p.later = nil
		}
	}
}

// runCheck runs one check. A check that panics is a failure of the harness, not of
// the target, and no reason to lose the other verdicts.
func (r *run) runCheck(ctx context.Context, c *Check, group string) (p *Probe) {
	p = r.newProbe(ctx, c, group)
	r.mu.Lock()
	r.probes[c], p.began = p, time.Now()
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		p.over = true
	}()
	if how, down := r.down(); down && c.Phase != First && c.Phase != AfterGroup && c.Phase != AtEnd {
		if r.delivery.Breaker.Failing() && r.rests.Load() < enoughRests && r.worksAfter(ctx, aRest) {
			r.rests.Store(enoughRests)
			how, _ = r.down()
		}
		p.On().Inconclusive("not run: %s", how)
		p.notRun = true
		r.mu.Lock()
		r.unjudged = true
		r.mu.Unlock()
		return p
	}
	r.progress.report(Progress{Kind: CheckBegan, Check: c})
	began := time.Now()
	defer func() {
		p.took = time.Since(began)
		r.progress.report(Progress{Kind: CheckEnded, Check: c})
		if v := recover(); v != nil {
			p.HarnessError(fmt.Errorf("the check %s panicked: %v", c.ID, v))
		}
	}()
	c.Run(p)
	return p
}

// announce reports the verdict of a probe, unless effects may yet change it.
func (r *run) announce(p *Probe) {
	if len(p.later) > 0 {
		r.progress.report(Progress{Kind: CheckJudged, Check: p.check})
		return
	}
	v := p.verdict()
	r.progress.report(Progress{Kind: CheckJudged, Check: p.check, Verdict: &v})
}

// checks returns the checks of a phase.
func (r *run) checks(phase Phase) []*Check {
	return slices.DeleteFunc(slices.Clone(r.o.Checks), func(c *Check) bool { return c.Phase != phase })
}
