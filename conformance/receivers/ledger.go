package receivers

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ledgerLimit is how many deliveries are remembered; the oldest are forgotten
// first.
const ledgerLimit = 1 << 16

// ledger remembers which deliveries were worked on and what they brought
// about.
type ledger struct {
	mu      sync.Mutex
	claims  shelf[*claim]
	effects shelf[map[rtk.EventType]int] // by uuid
	pending []pendingEffect              // recorded, but not to be seen yet
}

// pendingEffect is work that is kept in a queue of its own, which outlives the
// receiver, and is done at some time.
type pendingEffect struct {
	at   time.Time
	uuid string
	kind rtk.EventType
}

// claim is work on one delivery. The ledger's mu guards its state.
type claim struct {
	state claimState
	over  chan struct{} // closed when the work has ended, well or badly
}

type claimState int

const (
	working claimState = iota
	done
	failed // as if it had never been begun
)

func newLedger() *ledger {
	return &ledger{
		claims:  shelf[*claim]{limit: ledgerLimit, at: map[string]*claim{}},
		effects: shelf[map[rtk.EventType]int]{limit: ledgerLimit, at: map[string]map[rtk.EventType]int{}},
	}
}

// claim asks for the work on what id names. If it has been done, over is true.
// If it is the caller's to do, settle is not nil and has to be called with how
// it ended. If somebody else is at it for longer than wait, or until ctx ends,
// settle is nil.
func (l *ledger) claim(ctx context.Context, id string, wait time.Duration) (settle func(ok bool), over bool) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		c, state, mine := l.look(id)
		switch {
		case mine:
			return func(ok bool) { l.settle(c, ok) }, false
		case state == done:
			return nil, true
		}
		select {
		case <-c.over:
		case <-ctx.Done():
			return nil, false
		}
	}
}

// look returns the claim on id and its state. It is the caller's if there was
// none, or only a failed one.
func (l *ledger) look(id string) (c *claim, state claimState, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c = l.claims.at[id]
	if c != nil && c.state != failed {
		return c, c.state, false
	}
	c = &claim{over: make(chan struct{})}
	l.claims.put(id, c)
	return c, working, true
}

func (l *ledger) settle(c *claim, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.state = failed
	if ok {
		c.state = done
	}
	close(c.over)
}

func (l *ledger) record(uuid string, kind rtk.EventType) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(uuid, kind)
}

// recordAt has an effect show from at on.
func (l *ledger) recordAt(at time.Time, uuid string, kind rtk.EventType) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = append(l.pending, pendingEffect{at, uuid, kind})
}

// catchUp enters what is due by now. It is called with mu held.
func (l *ledger) catchUp() {
	now := time.Now()
	l.pending = slices.DeleteFunc(l.pending, func(p pendingEffect) bool {
		due := !now.Before(p.at)
		if due {
			l.enter(p.uuid, p.kind)
		}
		return due
	})
}

func (l *ledger) enter(uuid string, kind rtk.EventType) {
	if l.effects.at[uuid] == nil {
		l.effects.put(uuid, map[rtk.EventType]int{})
	}
	l.effects.at[uuid][kind]++
}

// count sums up the effects of one uuid, of one kind unless that is empty.
func (l *ledger) count(uuid string, kind rtk.EventType) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp()
	return sum(l.effects.at[uuid], kind)
}

// total is count over all uuids.
func (l *ledger) total(kind rtk.EventType) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp()
	n := 0
	for _, kinds := range l.effects.at {
		n += sum(kinds, kind)
	}
	return n
}

func sum(kinds map[rtk.EventType]int, kind rtk.EventType) int {
	if kind != "" {
		return kinds[kind]
	}
	n := 0
	for _, count := range kinds {
		n += count
	}
	return n
}

// shelf is a map that forgets what was put there first.
type shelf[V any] struct {
	limit int
	at    map[string]V
	order []string
}

func (s *shelf[V]) put(id string, v V) {
	if _, there := s.at[id]; !there {
		s.order = append(s.order, id)
	}
	s.at[id] = v
	if len(s.order) > s.limit {
		delete(s.at, s.order[0])
		s.order = s.order[1:]
	}
}
