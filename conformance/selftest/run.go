package selftest

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/conformance"
)

// Options says what is judged. The zero value of each field except Checks is its
// default.
type Options struct {
	Checks   []*conformance.Check // the suite; required
	Subjects []Subject            // nil: all
	Seed     uint64
	// Parallel is how many receivers are judged at a time. 0: three for each
	// processor, since runs wait most of their time.
	Parallel int
	// Harness runs them. Nil: a new one with keys of its own.
	Harness *Harness
	// Progress, if set, is called after each run, never concurrently, with how
	// many runs are over.
	Progress func(r *Result, done int)
}

// Run judges the subjects and returns the results in their order. When ctx
// ends it returns soon, with an error that matches the context's.
func Run(ctx context.Context, o Options) ([]*Result, error) {
	if o.Subjects == nil {
		o.Subjects = Subjects()
	}
	if o.Parallel <= 0 {
		o.Parallel = 3 * runtime.GOMAXPROCS(0)
	}
	if o.Harness == nil {
		o.Harness = NewHarness(nil, nil)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make([]*Result, len(o.Subjects))
	var mu sync.Mutex
	var wg sync.WaitGroup
	done := 0
	slots := make(chan struct{}, o.Parallel)
	for _, i := range longestFirst(o.Subjects) {
		s := o.Subjects[i]
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			r, err := o.Harness.Judge(ctx, s, Trial{Checks: o.Checks, Seed: o.Seed})
			if err != nil {
				cancel(fmt.Errorf("selftest: judge %s: %w", s.Name, err))
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if out[i] = r; r.OK() {
				r.Report = nil // a hundred of them, with all evidence, need a lot of memory
			}
			done++
			if o.Progress != nil && ctx.Err() == nil {
				o.Progress(r, done)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

// longestFirst returns the indices of subjects in the order in which they start.
// Those that are given the most time come first, so that nothing waits for them
// in the end.
func longestFirst(subjects []Subject) []int {
	order := make([]int, len(subjects))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(startOrder(subjects[a].Kind), startOrder(subjects[b].Kind))
	})
	return order
}

func startOrder(k Kind) int {
	return slices.Index([]Kind{Twin, Degenerate, Reference, Flawed}, k)
}
