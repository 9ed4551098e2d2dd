package service

import (
	"context"
	"fmt"
)

// WaitQuiet waits until no delivery is pending and no scenario is played. It
// returns an error that wraps the context's if ctx ends first, and ErrClosed's
// if the service does.
func (s *Service) WaitQuiet(ctx context.Context) error {
	for {
		s.mu.Lock()
		if s.isQuiet() {
			s.mu.Unlock()
			return nil
		}
		if s.closed {
			s.mu.Unlock()
			return ErrClosed
		}
		if s.quiet == nil {
			s.quiet = make(chan struct{})
		}
		quiet, pending, plays := s.quiet, s.pending, s.plays.running
		s.mu.Unlock()
		select {
		case <-quiet:
		case <-s.ctx.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("service: not quiet yet (deliveries pending: %d, scenarios played: %d): %w", pending, plays, context.Cause(ctx))
		}
	}
}

func (s *Service) isQuiet() bool { return s.pending == 0 && s.plays.running == 0 }

// checkQuiet wakes those who wait for it. s.mu is held.
func (s *Service) checkQuiet() {
	if s.quiet != nil && s.isQuiet() {
		close(s.quiet)
		s.quiet = nil
	}
}
