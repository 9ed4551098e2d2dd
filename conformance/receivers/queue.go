package receivers

import (
	"context"
	"sync"
)

// Bounds of a queue.
const (
	queueWorkers = 4
	queueSize    = 1 << 10
)

// queue does jobs in the background, a few at a time.
type queue struct {
	background *background
	slots      chan struct{} // one for each job under way

	mu      sync.Mutex
	waiting int // jobs that have not begun
}

func newQueue(b *background) *queue {
	return &queue{background: b, slots: make(chan struct{}, queueWorkers)}
}

// add takes all of jobs. If there is no room for them, or the receiver is
// closed, it returns false.
func (q *queue) add(jobs ...func(context.Context)) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting+len(jobs) > queueSize {
		return false
	}
	for _, job := range jobs {
		if !q.background.start(func(ctx context.Context) { q.run(ctx, job) }) {
			return false
		}
		q.waiting++
	}
	return true
}

// run does a job when its turn comes, unless ctx has ended by then.
func (q *queue) run(ctx context.Context, job func(context.Context)) {
	select {
	case q.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-q.slots }()
	q.mu.Lock()
	q.waiting--
	q.mu.Unlock()
	if ctx.Err() == nil {
		job(ctx)
	}
}
