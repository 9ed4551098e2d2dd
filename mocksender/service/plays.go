package service

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

const (
	maxPlays     = 16  // under way at a time
	maxPlaysKept = 100 // that are over
)

// plays holds the plays that are under way, and the last ones that are over.
type plays struct {
	underWay sync.WaitGroup

	mu     sync.Mutex
	closed bool
	lastID uint64
	all    []*runningPlay // the oldest first
}

type runningPlay struct {
	Play   // plays.mu guards what changes
	ctx    context.Context
	cancel context.CancelFunc
}

// add returns p with an ID. The caller calls underWay.Done at the end of it.
func (ps *plays) add(p Play) (*runningPlay, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	underWay, firstOver := 0, -1
	for i, r := range ps.all {
		if r.State == Playing {
			underWay++
		} else if firstOver < 0 {
			firstOver = i
		}
	}
	switch {
	case ps.closed:
		return nil, dispatch.ErrClosed
	case underWay >= maxPlays:
		return nil, jsonapi.Errorf(http.StatusTooManyRequests, "%d scenarios are being played already", maxPlays)
	case len(ps.all)-underWay >= maxPlaysKept:
		ps.all = slices.Delete(ps.all, firstOver, firstOver+1)
	}
	ps.lastID++
	p.ID = ps.lastID
	r := &runningPlay{Play: p}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	ps.all = append(ps.all, r)
	ps.underWay.Add(1)
	return r, nil
}

// change changes a play and returns it.
func (ps *plays) change(r *runningPlay, change func(*Play)) Play {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	change(&r.Play)
	return r.Play
}

// stopAll ends all plays, some time later.
func (ps *plays) stopAll() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, r := range ps.all {
		r.cancel()
	}
}

// close ends all plays, and returns when they are over.
func (ps *plays) close() {
	ps.mu.Lock()
	ps.closed = true
	ps.mu.Unlock()
	ps.stopAll()
	ps.underWay.Wait()
}

// Plays returns the plays that are remembered, the newest first.
func (s *Service) Plays() []Play {
	s.plays.mu.Lock()
	defer s.plays.mu.Unlock()
	out := make([]Play, 0, len(s.plays.all))
	for _, r := range slices.Backward(s.plays.all) {
		out = append(out, r.Play)
	}
	return out
}

// StopPlay ends a play, some time later, and returns it as it is now. The error
// matches dispatch.ErrUnknown.
func (s *Service) StopPlay(id uint64) (Play, error) {
	s.plays.mu.Lock()
	defer s.plays.mu.Unlock()
	for _, r := range s.plays.all {
		if r.ID == id {
			r.cancel()
			return r.Play, nil
		}
	}
	return Play{}, fmt.Errorf("%w: play %d", dispatch.ErrUnknown, id)
}
