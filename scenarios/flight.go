package scenarios

import (
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
)

// flight is a delivery under way.
type flight struct {
	runner  *meetingRunner
	planned plannedDelivery
	tried   chan struct{} // closed when the first attempt is over, or there is none
	once    sync.Once
}

func newFlight(r *meetingRunner, d plannedDelivery) *flight {
	return &flight{runner: r, planned: d, tried: make(chan struct{})}
}

func (f *flight) setTried() { f.once.Do(func() { close(f.tried) }) }

func (f *flight) untried() bool {
	select {
	case <-f.tried:
		return false
	default:
		return true
	}
}

// flights are the deliveries under way.
type flights struct {
	mu     sync.Mutex
	byUUID map[string][]*flight
}

func (fs *flights) add(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	uuid := f.planned.delivery.UUID
	fs.byUUID[uuid] = append(fs.byUUID[uuid], f)
}

func (fs *flights) remove(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	uuid := f.planned.delivery.UUID
	rest := slices.DeleteFunc(fs.byUUID[uuid], func(other *flight) bool { return other == f })
	if len(rest) == 0 {
		delete(fs.byUUID, uuid)
		return
	}
	fs.byUUID[uuid] = rest
}

// attempted returns the flight of an attempt that the sender made, or nil if it
// made it for somebody else. Flights with the same uuid are copies of one
// delivery, so an attempt may belong to any of them. But each has a first attempt:
// the n-th first attempt belongs to the n-th copy.
func (fs *flights) attempted(d mocksender.Delivery, a mocksender.Attempt) *flight {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	list := fs.byUUID[d.UUID]
	if len(list) == 0 {
		return nil
	}
	f := list[0]
	if a.N == 1 {
		if i := slices.IndexFunc(list, (*flight).untried); i >= 0 {
			f = list[i]
		}
	}
	f.setTried()
	return f
}
