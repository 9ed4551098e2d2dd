package receivers

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// databaseLimit is how many deliveries are remembered. The oldest are forgotten
// first.
const databaseLimit = 1 << 16

// database remembers which deliveries were worked on, and their effects. It
// outlives the process of its receiver.
type database struct {
	mu      sync.Mutex
	claims  boundedMap[*claim]
	effects boundedMap[map[rtk.EventType]int] // by uuid
	pending []pendingEffect
	workers []time.Time // when each is done with what it was given
}

// claim is work on one delivery. The database's mu guards how it has ended.
type claim struct {
	ended        chan struct{} // closed when the work has ended, well or badly
	done, failed bool
}

// pendingEffect is work in a queue that outlives the receiver. It is done at a
// later time.
type pendingEffect struct {
	at   time.Time
	uuid string
	kind rtk.EventType
}

func newDatabase() *database {
	return &database{
		claims:  newBoundedMap[*claim](databaseLimit),
		effects: newBoundedMap[map[rtk.EventType]int](databaseLimit),
	}
}

// claim asks for the work on what id names. If the work is done already,
// isDone is true. If it is the caller's to do, finish is not nil: the caller
// has to call it with how the work ended. If somebody else works on it for
// longer than wait, or until ctx ends, finish is nil.
func (d *database) claim(ctx context.Context, id string, wait time.Duration) (finish func(ok bool), isDone bool) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		c, mine, isDone := d.tryClaim(id)
		switch {
		case mine:
			return func(ok bool) { d.finish(c, ok) }, false
		case isDone:
			return nil, true
		}
		select {
		case <-c.ended:
		case <-ctx.Done():
			return nil, false
		}
	}
}

// tryClaim returns the claim on id, and whether its work is done. It is the
// caller's if there was none, or only one that failed.
func (d *database) tryClaim(id string) (c *claim, mine, isDone bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c = d.claims.values[id]; c == nil || c.failed {
		c, mine = &claim{ended: make(chan struct{})}, true
		d.claims.put(id, c)
	}
	return c, mine, c.done
}

func (d *database) finish(c *claim, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.done, c.failed = ok, !ok
	close(c.ended)
}

// record counts an effect that shows from at on.
func (d *database) record(at time.Time, uuid string, kind rtk.EventType) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(pendingEffect{at, uuid, kind})
}

// spool puts work into a queue that a number of workers empty, one delivery at a time
// each. The effect shows when the work is done.
func (d *database) spool(workers int, work time.Duration, uuid string, kind rtk.EventType) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.workers == nil {
		d.workers = make([]time.Time, workers)
	}
	at := time.Now()
	first := slices.Index(d.workers, slices.MinFunc(d.workers, time.Time.Compare))
	if free := d.workers[first]; free.After(at) {
		at = free
	}
	d.workers[first] = at.Add(work)
	d.put(pendingEffect{d.workers[first], uuid, kind})
}

// put adds an effect; mu is held.
func (d *database) put(p pendingEffect) {
	d.pending = append(d.pending, p)
	d.applyPending()
}

// count sums up the effects of one uuid, of one kind unless that is empty.
func (d *database) count(uuid string, kind rtk.EventType) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.applyPending()
	return sum(d.effects.values[uuid], kind)
}

// total is count over all uuids.
func (d *database) total(kind rtk.EventType) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.applyPending()
	n := 0
	for _, kinds := range d.effects.values {
		n += sum(kinds, kind)
	}
	return n
}

// applyPending counts the effects that are due by now. The caller holds mu.
func (d *database) applyPending() {
	now := time.Now()
	d.pending = slices.DeleteFunc(d.pending, func(p pendingEffect) bool {
		if now.Before(p.at) {
			return false
		}
		if d.effects.values[p.uuid] == nil {
			d.effects.put(p.uuid, map[rtk.EventType]int{})
		}
		d.effects.values[p.uuid][p.kind]++
		return true
	})
}

// sum adds up the effects of one kind, or of all if kind is empty.
func sum(kinds map[rtk.EventType]int, kind rtk.EventType) int {
	n := 0
	for k, count := range kinds {
		if kind == "" || k == kind {
			n += count
		}
	}
	return n
}

// boundedMap is a map that forgets what was put there first.
type boundedMap[V any] struct {
	limit  int
	values map[string]V
	order  []string
}

func newBoundedMap[V any](limit int) boundedMap[V] {
	return boundedMap[V]{limit: limit, values: map[string]V{}}
}

func (m *boundedMap[V]) put(id string, v V) {
	if _, there := m.values[id]; !there {
		m.order = append(m.order, id)
	}
	m.values[id] = v
	if len(m.order) > m.limit {
		delete(m.values, m.order[0])
		m.order = m.order[1:]
	}
}
