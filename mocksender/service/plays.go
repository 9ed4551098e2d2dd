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
	ended sync.WaitGroup // of all plays

	mu       sync.Mutex
	closed   bool
	lastID   uint64
	underWay int
	all      []*runningPlay // the oldest first
}

type runningPlay struct {
	Play   // plays.mu guards what changes
	ctx    context.Context
	cancel context.CancelFunc
}

// begin gives p an ID and adds it. The caller calls end in the end.
func (ps *plays) begin(p Play) (*runningPlay, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	switch {
	case ps.closed:
		return nil, dispatch.ErrClosed
	case ps.underWay >= maxPlays:
		return nil, jsonapi.Errorf(http.StatusTooManyRequests, "%d scenarios are being played already", maxPlays)
	case len(ps.all) >= maxPlays+maxPlaysKept:
		over := slices.IndexFunc(ps.all, func(r *runningPlay) bool { return r.State != Playing })
		ps.all = slices.Delete(ps.all, over, over+1)
	}
	ps.lastID++
	p.ID = ps.lastID
	r := &runningPlay{Play: p}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	ps.all = append(ps.all, r)
	ps.underWay++
	ps.ended.Add(1)
	return r, nil
}

// end is called when the last change of a play has been made.
func (ps *plays) end(r *runningPlay) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	r.cancel()
	ps.underWay--
	ps.ended.Done()
}

// change changes a play and returns it as it is then.
func (ps *plays) change(r *runningPlay, change func(*Play)) Play {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	change(&r.Play)
	return r.Play
}

// stop begins to end all plays. If closing, there is none after it.
func (ps *plays) stop(closing bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = ps.closed || closing
	for _, r := range ps.all {
		r.cancel()
	}
}

// list returns the plays, the newest first.
func (ps *plays) list() []Play {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	out := make([]Play, 0, len(ps.all))
	for _, r := range slices.Backward(ps.all) {
		out = append(out, r.Play)
	}
	return out
}

// find returns a play. The error matches dispatch.ErrUnknown.
func (ps *plays) find(id uint64) (*runningPlay, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, r := range ps.all {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%w: play %d", dispatch.ErrUnknown, id)
}
