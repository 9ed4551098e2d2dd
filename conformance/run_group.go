package conformance

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// groups returns the groups that have checks of their own, in order.
func (r *run) groups() []string {
	var out []string
	for _, c := range r.o.Checks {
		if g := c.ID.Group(); c.Phase == InGroup && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// group runs the checks of one group: exclusive ones by themselves, the others
// beside each other where the run is parallel. The order of the catalogue is
// kept between the two sorts.
func (r *run) group(ctx context.Context, group string, probes map[*Check]*Probe) {
	var batch []*Check
	flush := func() {
		for c, p := range r.beside(ctx, batch) {
			probes[c] = p
		}
		batch = nil
	}
	for _, c := range r.o.Checks {
		if c.Phase != InGroup || c.ID.Group() != group {
			continue
		}
		if c.Exclusive {
			flush()
			batch = append(batch, c)
			flush()
			continue
		}
		batch = append(batch, c)
	}
	flush()
	for _, c := range r.o.Checks {
		if c.Phase == AfterGroup && ctx.Err() == nil {
			if earlier := probes[c]; earlier != nil && r.exited() != "" && earlier.verdict().Status != Pass {
				continue // it has been told
			}
			p := r.one(ctx, c, group)
			if earlier := probes[c]; earlier != nil {
				p.findings = append(earlier.findings, p.findings...)
				p.evidence = append(earlier.evidence, p.evidence...)
			}
			probes[c] = p
		}
	}
}

// beside runs checks beside each other, as many at a time as the options say.
func (r *run) beside(ctx context.Context, checks []*Check) map[*Check]*Probe {
	out := make(map[*Check]*Probe, len(checks))
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
			p := r.one(ctx, c, "")
			mu.Lock()
			out[c] = p
			mu.Unlock()
			r.announce(p)
		})
	}
	wg.Wait()
	return out
}

// one runs one check. A check that panics is a fault of the harness, not of
// the target, and no reason to lose the other verdicts.
func (r *run) one(ctx context.Context, c *Check, group string) (p *Probe) {
	p = &Probe{run: r, check: c, ctx: ctx, group: group}
	if how, down := r.breaker.open(); down && (c.Phase == InGroup || c.Phase == Last || c.Phase == Final) {
		p.AddFinding(Inconclusive, nil, "not run: %s", how)
		return p
	}
	began := time.Now()
	defer func() {
		p.took = time.Since(began)
		if v := recover(); v != nil {
			p.harness(fmt.Errorf("the check %s panicked: %v", c.ID, v))
		}
	}()
	c.Run(p)
	return p
}
