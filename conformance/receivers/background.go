package receivers

import (
	"context"
	"sync"
	"time"
)

// background runs functions that belong to no request, until close.
type background struct {
	ctx    context.Context // ends with close
	cancel context.CancelFunc

	mu     sync.Mutex // guards closed, and wg against an Add after Wait
	closed bool
	wg     sync.WaitGroup
}

func newBackground() *background {
	ctx, cancel := context.WithCancel(context.Background())
	return &background{ctx: ctx, cancel: cancel}
}

// start runs f in the background, with a context that ends with close. After
// close it does nothing and returns false.
func (b *background) start(f func(context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.wg.Go(func() { f(b.ctx) })
	return true
}

// after runs f in the background once d has passed.
func (b *background) after(d time.Duration, f func()) {
	b.start(func(ctx context.Context) {
		if pause(ctx, d) {
			f()
		}
	})
}

// close ends what runs, and waits for it.
func (b *background) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.wg.Wait()
}

// pause waits for d. It returns false if ctx ended before that.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
