package sendertest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Together calls do n times from that many goroutines, and returns how long
// that took.
func Together(goroutines, n int, do func(i int)) time.Duration {
	start := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				do(i)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// Distinct returns sample with the number i in it.
func Distinct(i int) []byte {
	return fmt.Appendf(nil, `%s,"n":%d}`, Sample[:len(Sample)-1], i)
}

// Median returns the median of d, which it sorts.
func Median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
