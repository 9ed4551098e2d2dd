package selftest

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// Options says what is judged.
type Options struct {
	Checks   []*conformance.Check // the suite
	Subjects []receivers.Spec
	Seed     uint64
	// Parallel is how many receivers are judged at a time. 0: three for each
	// processor, since runs wait most of their time.
	Parallel int
	// Progress, if set, is called after each run, never concurrently, with how
	// many runs are over.
	Progress func(r *Result, done int)
}

// Subjects returns all that are judged: the reference receiver, the flawed ones
// in the order of the check catalogue, the twins, and the degenerate ones. The
// caller owns the slice.
func Subjects() []receivers.Spec {
	reference := receivers.Spec{Name: "reference", Doc: "Does what the guide asks for.", Kind: receivers.KindReference}
	return append([]receivers.Spec{reference}, receivers.All()...)
}

// Run judges the subjects and returns the results in their order. When ctx
// ends it returns soon, with an error that matches the context's.
func Run(ctx context.Context, o Options) ([]*Result, error) {
	if o.Parallel <= 0 {
		o.Parallel = 3 * runtime.GOMAXPROCS(0)
	}
	harness := NewHarness()
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
			r, err := harness.Judge(ctx, s, Trial{Checks: o.Checks, Seed: o.Seed})
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
func longestFirst(subjects []receivers.Spec) []int {
	var order []int
	for _, kind := range []receivers.Kind{receivers.KindTwin, receivers.KindDegenerate, receivers.KindReference, receivers.KindFlawed} {
		for i, s := range subjects {
			if s.Kind == kind {
				order = append(order, i)
			}
		}
	}
	return order
}
