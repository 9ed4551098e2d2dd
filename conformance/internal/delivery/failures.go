package delivery

import (
	"sync"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// knownToFail is how many genuine deliveries of a type have to fail in every
// attempt before no more time is spent on retries of that type.
const knownToFail = 2

// failures counts the genuine deliveries of each event type that failed in every
// attempt. A handler that throws at one type does so each time, and many checks
// need an event of that type on the way to theirs.
type failures struct {
	mu       sync.Mutex
	accepted map[rtk.EventType]bool
	failed   map[rtk.EventType]int
}

func newFailures() *failures {
	return &failures{accepted: map[rtk.EventType]bool{}, failed: map[rtk.EventType]int{}}
}

// observe takes a delivery that is over into account.
func (f *failures) observe(x *exchange.Exchange) {
	if x.Kind != exchange.Genuine {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch t := x.Delivery.Event.Type; x.Answer {
	case exchange.Accepted:
		f.accepted[t] = true
	case exchange.Failing, exchange.Cut:
		f.failed[t]++
	}
}

// expected reports that a delivery of type t fails, as far as is known.
func (f *failures) expected(t rtk.EventType) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.accepted[t] && f.failed[t] >= knownToFail
}
