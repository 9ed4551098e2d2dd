package scenarios

import (
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
)

// bracket decides whether the rejections of a lane count. A rejection means
// something only if the target accepts genuine deliveries: those of the
// nearest step before it and of the nearest after it, as far as there are any,
// and there has to be one.
type bracket struct {
	mu      sync.Mutex
	known   bool         // there was a genuine delivery
	healthy bool         // the latest ones were accepted
	pending map[int]int  // rejections by step, still without genuine ones after them
	before  map[int]bool // of these steps: whether genuine ones before were accepted
}

// unit is deliveries without an order among them.
type unit struct {
	mu        sync.Mutex
	genuine   bool
	refused   bool        // one of the genuine ones was
	rejection map[int]int // by step
}

// add takes a judged delivery into account. Genuine deliveries count where
// they were expected to be accepted and no fault stood in the way.
func (u *unit) add(s *step, e Expectation, r mocksender.Receipt, v verdict) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case e == Rejected && v.status == Met:
		if u.rejection == nil {
			u.rejection = map[int]int{}
		}
		u.rejection[s.index]++
	case r.Delivery.Genuine() && e.wantsSuccess() && (v.status == Met || v.status == Unmet):
		u.genuine = true
		u.refused = u.refused || v.status == Unmet
	}
}

// close takes the unit into account. It returns the rejections, by step, that
// turn out to mean nothing.
func (b *bracket) close(u *unit) map[int]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	void := map[int]int{}
	for index, n := range u.rejection {
		if b.known && !b.healthy || u.genuine && u.refused {
			void[index] += n
			continue
		}
		if b.pending == nil {
			b.pending, b.before = map[int]int{}, map[int]bool{}
		}
		b.pending[index] += n
		b.before[index] = b.known
	}
	if !u.genuine {
		return void
	}
	b.known, b.healthy = true, !u.refused
	if u.refused {
		for index, n := range b.pending {
			void[index] += n
		}
	}
	b.pending, b.before = nil, nil
	return void
}

// end returns the rejections that no genuine delivery has come to bear out.
func (b *bracket) end() map[int]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	void := map[int]int{}
	for index, n := range b.pending {
		if !b.before[index] {
			void[index] += n
		}
	}
	b.pending, b.before = nil, nil
	return void
}
