package delivery

import (
	"fmt"
	"sync"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// downAfter is how many genuine deliveries in a row have to end in an error of
// the target, or without an answer, before it counts as down.
const downAfter = 4

// Breaker notices that the target has stopped working, so that a run does not wait
// for one time-out after the other. The control after each group is sent all the
// same, and one that is answered closes the breaker.
type Breaker struct {
	exited func() string

	mu     sync.Mutex
	inARow int
	cut    bool   // one of them was answered by no status
	since  string // the check that sent the first of them
	why    string // why the target could not be restarted; empty: it stopped by itself
}

// observe takes a delivery of a check into account.
func (b *Breaker) observe(check string, x *exchange.Exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch x.Answer {
	case exchange.Silent, exchange.Cut, exchange.Failing:
		if b.inARow == 0 {
			b.since, b.why, b.cut = check, "", false
		}
		b.cut = b.cut || x.Answer != exchange.Failing
		b.inARow++
	case exchange.Unanswered:
	default:
		b.inARow = 0
	}
}

// Failing reports whether all that a target was sent in a row was answered 5xx, so that
// something is there.
func (b *Breaker) Failing() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inARow >= downAfter && !b.cut && b.why == ""
}

// Trip opens the breaker: the target could not be restarted during a check.
func (b *Breaker) Trip(check, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since, b.why, b.inARow = check, why, downAfter
}

// Reset closes the breaker: the target was restarted.
func (b *Breaker) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inARow = 0
}

// Open reports whether the target has stopped working, and says how, and during
// which check.
func (b *Breaker) Open() (how string, down bool) {
	if how := b.exited(); how != "" {
		return how, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.inARow < downAfter:
		return "", false
	case b.why != "":
		return fmt.Sprintf("the target could not be restarted during %s: %s", b.since, b.why), true
	case b.since == "": // a control did
		return "the target stopped working", true
	default:
		return fmt.Sprintf("the target stopped working during %s", b.since), true
	}
}
