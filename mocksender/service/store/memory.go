package store

import (
	"cmp"
	"container/list"
	"slices"
	"sync"
)

// DefaultKeep and DefaultKeepBytes bound the deliveries that NewMemory keeps
// after they are over.
const (
	DefaultKeep      = 10_000
	DefaultKeepBytes = 64 << 20
)

// memory is a Store that ends with the process.
type memory struct {
	keep      int
	keepBytes int64
	// onForget, if set, hears of each delivery that is forgotten. mu is held.
	onForget func(id uint64)

	mu        sync.Mutex
	byID      map[uint64]*entry
	ids       []uint64   // ascending; some are forgotten
	over      *list.List // of *entry, in the order in which they ended
	bytes     int64      // of those
	forgotten uint64
}

type entry struct {
	d    Delivery
	size int64 // 0 until it is over
}

// NewMemory returns a Store that keeps all pending deliveries and the last keep
// of those that are over, or fewer if their bodies and attempts take more than
// keepBytes. 0 stands for DefaultKeep and DefaultKeepBytes.
func NewMemory(keep int, keepBytes int64) Store { return newMemory(keep, keepBytes) }

func newMemory(keep int, keepBytes int64) *memory {
	return &memory{
		keep: cmp.Or(max(keep, 0), DefaultKeep), keepBytes: cmp.Or(max(keepBytes, 0), DefaultKeepBytes),
		byID: map[uint64]*entry{}, over: list.New(),
	}
}

func (m *memory) Load() (Contents, error)    { return Contents{}, nil }
func (m *memory) PutWebhook(Webhook) error   { return nil }
func (m *memory) DeleteWebhook(string) error { return nil }
func (m *memory) PutKey([]byte) error        { return nil }
func (m *memory) Close() error               { return nil }

// Accept implements Store. Records are of no use after the process.
func (m *memory) Accept(ds []Delivery, _ []Record) (wait func() error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range ds {
		e := &entry{d: d}
		m.byID[d.ID] = e
		// A delivery with a lower ID may come later.
		at, _ := slices.BinarySearch(m.ids, d.ID)
		m.ids = slices.Insert(m.ids, at, d.ID)
		if d.Over() {
			m.end(e)
		}
	}
	return func() error { return nil }
}

func (m *memory) Update(d Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.byID[d.ID]
	if e == nil {
		return nil
	}
	e.d = d
	if d.Over() && e.size == 0 {
		m.end(e)
	}
	return nil
}

// end counts e among those that are over, and forgets the oldest of them while
// they are too many. m.mu is held.
func (m *memory) end(e *entry) {
	e.size = e.d.size()
	m.over.PushBack(e)
	m.bytes += e.size
	for m.over.Len() > m.keep || m.bytes > m.keepBytes && m.over.Len() > 1 {
		oldest := m.over.Remove(m.over.Front()).(*entry)
		m.bytes -= oldest.size
		delete(m.byID, oldest.d.ID)
		m.forgotten++
		if m.onForget != nil {
			m.onForget(oldest.d.ID)
		}
	}
	if len(m.ids) > 2*len(m.byID)+1024 {
		m.ids = slices.DeleteFunc(m.ids, func(id uint64) bool { return m.byID[id] == nil })
	}
}

func (m *memory) Delivery(id uint64) (Delivery, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.byID[id]; e != nil {
		return e.d, true, nil
	}
	return Delivery{}, false, nil
}

func (m *memory) Deliveries(f Filter) ([]Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.ids)
	if f.Before > 0 {
		last, _ = slices.BinarySearch(m.ids, f.Before)
	}
	var out []Delivery
	for i := last - 1; i >= 0 && m.ids[i] > f.After && len(out) < cmp.Or(f.Limit, DefaultLimit); i-- {
		if e := m.byID[m.ids[i]]; e != nil && f.Matches(e.d) {
			out = append(out, e.d)
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
	m.byID, m.ids, m.bytes, m.forgotten = map[uint64]*entry{}, nil, 0, 0
	m.over.Init()
	return nil
}
