package service

import (
	"container/list"
	"slices"
	"sync"
)

// What bounds the deliveries that NewMemory keeps by default. Those that are
// pending are bounded by Options.MaxPending.
const (
	DefaultKeep      = 10_000
	DefaultKeepBytes = 64 << 20
)

// memory is a Store that forgets when the process ends.
type memory struct {
	keep      int
	keepBytes int64

	mu        sync.Mutex
	byID      map[uint64]*kept
	ids       []uint64   // ascending; some are forgotten
	over      *list.List // of *kept, in the order in which they ended
	bytes     int64      // of those
	forgotten uint64
	// forget, if set, is told of each delivery that makes room, under mu.
	forget func(id uint64)
}

type kept struct {
	d    Delivery
	size int64
	over *list.Element
}

// NewMemory returns a Store that keeps all pending deliveries and, of those that
// are over, the last keep, or fewer where their bodies and attempts together
// take more than keepBytes. 0 stands for DefaultKeep and DefaultKeepBytes.
func NewMemory(keep int, keepBytes int64) Store { return newMemory(keep, keepBytes) }

func newMemory(keep int, keepBytes int64) *memory {
	if keep <= 0 {
		keep = DefaultKeep
	}
	if keepBytes <= 0 {
		keepBytes = DefaultKeepBytes
	}
	return &memory{keep: keep, keepBytes: keepBytes, byID: map[uint64]*kept{}, over: list.New()}
}

func (m *memory) Load() (Stored, error)      { return Stored{}, nil }
func (m *memory) PutWebhook(Webhook) error   { return nil }
func (m *memory) DeleteWebhook(string) error { return nil }
func (m *memory) PutKey([]byte) error        { return nil }
func (m *memory) Close() error               { return nil }

func (m *memory) Accept(ds []Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range ds {
		k := &kept{d: d}
		m.byID[d.ID] = k
		// Whoever was given the lower ID need not be here first.
		at, _ := slices.BinarySearch(m.ids, d.ID)
		m.ids = slices.Insert(m.ids, at, d.ID)
		if d.Over() {
			m.end(k)
		}
	}
	return nil
}

func (m *memory) Update(d Delivery) error {
	m.update(d)
	return nil
}

// update reports whether the delivery was there.
func (m *memory) update(d Delivery) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.byID[d.ID]
	if k == nil {
		return false
	}
	k.d = d
	if d.Over() && k.over == nil {
		m.end(k)
	}
	return true
}

// end takes k into the account of what is over, and forgets what that leaves no
// room for. m.mu is held.
func (m *memory) end(k *kept) {
	k.size = k.d.size()
	k.over = m.over.PushBack(k)
	m.bytes += k.size
	for m.over.Len() > m.keep || m.bytes > m.keepBytes && m.over.Len() > 1 {
		oldest := m.over.Remove(m.over.Front()).(*kept)
		m.bytes -= oldest.size
		delete(m.byID, oldest.d.ID)
		m.forgotten++
		if m.forget != nil {
			m.forget(oldest.d.ID)
		}
	}
	if len(m.ids) > 2*len(m.byID)+1024 {
		m.ids = slices.DeleteFunc(m.ids, func(id uint64) bool { return m.byID[id] == nil })
	}
}

// size is about how many bytes the delivery takes. A body counts for each of
// the deliveries that share it.
func (d Delivery) size() int64 {
	n := 512 + len(d.Body)
	for _, a := range d.Attempts {
		n += 256 + len(a.Head) + len(a.Body) + len(a.Answer) + len(a.Error)
		for name, values := range a.Header {
			n += len(name) + 32
			for _, v := range values {
				n += len(v) + 16
			}
		}
	}
	return int64(n)
}

func (m *memory) Delivery(id uint64) (Delivery, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.byID[id]; k != nil {
		return k.d, true, nil
	}
	return Delivery{}, false, nil
}

func (m *memory) Deliveries(f Filter) ([]Delivery, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.ids)
	if f.Before > 0 {
		last, _ = slices.BinarySearch(m.ids, f.Before)
	}
	var out []Delivery
	for i := last - 1; i >= 0 && m.ids[i] > f.After && len(out) < limit; i-- {
		if k := m.byID[m.ids[i]]; k != nil && f.Fits(k.d) {
			out = append(out, k.d)
		}
	}
	return out, nil
}

func (m *memory) Forgotten() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forgotten
}

func (m *memory) Clear() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byID, m.ids, m.bytes, m.forgotten = map[uint64]*kept{}, nil, 0, 0
	m.over.Init()
	return nil
}
