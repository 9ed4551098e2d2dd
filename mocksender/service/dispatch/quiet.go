package dispatch

import (
	"context"
	"fmt"
)

// WaitQuiet waits until no delivery is pending and nothing holds the dispatcher.
// It returns an error that wraps the context's if ctx ends first, and ErrClosed's
// if the dispatcher does.
func (d *Dispatcher) WaitQuiet(ctx context.Context) error {
	for {
		d.mu.Lock()
		if d.isQuiet() {
			d.mu.Unlock()
			return nil
		}
		if d.closed {
			d.mu.Unlock()
			return ErrClosed
		}
		if d.quiet == nil {
			d.quiet = make(chan struct{})
		}
		quiet, pending, holds := d.quiet, d.pending, d.holds
		d.mu.Unlock()
		select {
		case <-quiet:
		case <-d.ctx.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("dispatch: not quiet yet (deliveries pending: %d, scenarios played: %d): %w", pending, holds, context.Cause(ctx))
		}
	}
}

// Hold keeps the dispatcher from being quiet until release is called. A scenario
// that is played holds it, since more deliveries may follow.
func (d *Dispatcher) Hold() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.holds++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.holds--
		d.checkQuiet()
	}
}

// uncount counts a delivery as no longer pending. d.mu is held.
func (d *Dispatcher) uncount() {
	d.pending--
	d.checkQuiet()
}

// checkQuiet wakes those who wait for quiet. d.mu is held.
func (d *Dispatcher) checkQuiet() {
	if d.quiet != nil && d.isQuiet() {
		close(d.quiet)
		d.quiet = nil
	}
}

func (d *Dispatcher) isQuiet() bool { return d.pending == 0 && d.holds == 0 }
