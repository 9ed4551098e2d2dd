package scenarios

import (
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
)

// controls decides whether the rejections of a meeting count. A rejection proves
// something only if the target accepts genuine deliveries, the controls. Those of
// the nearest step before it and of the nearest step after it have to be
// accepted, and there has to be one.
type controls struct {
	mu       sync.Mutex
	known    bool         // there was a genuine delivery
	accepted bool         // the latest ones were accepted
	pending  map[int]int  // rejections by step, still without genuine ones after them
	before   map[int]bool // of these steps: whether there were genuine ones before
}

// deliveryGroup is deliveries without an order among them.
type deliveryGroup struct {
	mu       sync.Mutex
	genuine  bool
	refused  bool        // one of the genuine ones was
	rejected map[int]int // by step
}

// add notes a judged delivery. Genuine deliveries count if they were expected to
// be accepted and no fault stood in the way.
func (g *deliveryGroup) add(s *step, e Expectation, r mocksender.Receipt, v verdict) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case e == Rejected && v.status == Met:
		if g.rejected == nil {
			g.rejected = map[int]int{}
		}
		g.rejected[s.index]++
	case r.Delivery.Genuine() && e.wantsSuccess() && (v.status == Met || v.status == Unmet):
		g.genuine = true
		g.refused = g.refused || v.status == Unmet
	}
}

// close takes the next group into account. It returns how many rejections, by
// step, turn out to prove nothing.
func (c *controls) close(g *deliveryGroup) map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	void := map[int]int{}
	for index, n := range g.rejected {
		if c.known && !c.accepted || g.genuine && g.refused {
			void[index] += n
			continue
		}
		if c.pending == nil {
			c.pending, c.before = map[int]int{}, map[int]bool{}
		}
		c.pending[index] += n
		c.before[index] = c.known
	}
	if !g.genuine {
		return void
	}
	c.known, c.accepted = true, !g.refused
	if g.refused {
		for index, n := range c.pending {
			void[index] += n
		}
	}
	c.pending, c.before = nil, nil
	return void
}

// end returns how many rejections, by step, have no genuine delivery before or
// after them.
func (c *controls) end() map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	void := map[int]int{}
	for index, n := range c.pending {
		if !c.before[index] {
			void[index] += n
		}
	}
	c.pending, c.before = nil, nil
	return void
}
