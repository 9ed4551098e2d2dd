package conformance

import (
	"context"
	"slices"
	"sync"
)

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
func (r *run) runGroup(ctx context.Context, group string, probes map[*Check]*Probe) {
	var batch []*Check
	flush := func() {
		r.runBatch(ctx, batch, probes)
		batch = nil
	}
	for _, c := range r.checks(InGroup) {
		if c.ID.Group() != group {
			continue
		}
		if c.Exclusive {
			flush()
		}
		if batch = append(batch, c); c.Exclusive {
			flush()
		}
	}
	flush()
	for _, c := range r.checks(AfterGroup) {
		if ctx.Err() == nil {
			r.runAfterGroup(ctx, c, group, probes)
		}
	}
}

// runBatch runs checks side by side, as many at a time as the options say.
func (r *run) runBatch(ctx context.Context, checks []*Check, probes map[*Check]*Probe) {
	var mu sync.Mutex
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
			mu.Lock()
			probes[c] = p
			mu.Unlock()
			r.progress.announce(p)
		})
	}
	wg.Wait()
}

// runAfterGroup runs a check that runs again after each group, and adds what it
// finds to what it found before.
func (r *run) runAfterGroup(ctx context.Context, c *Check, group string, probes map[*Check]*Probe) {
	earlier := probes[c]
	if earlier != nil && r.exited() != "" && earlier.verdict().Status != Pass {
		return // that the process has ended is reported already
	}
	p := r.runCheck(ctx, c, group)
	if earlier != nil {
		p.findings = append(earlier.findings, p.findings...)
		p.evidence = append(earlier.evidence, p.evidence...)
	}
	probes[c] = p
}
