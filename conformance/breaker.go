package conformance

import (
	"fmt"
	"sync"
)

// downAfter is how many genuine deliveries in a row have to end in an error of
// the target, or without an answer, before it counts as down.
const downAfter = 4

// breaker notices that the target has stopped working, so that a run does not
// wait for one time-out after the other. The control after each group is sent
// all the same, and one that is answered ends it.
type breaker struct {
	mu     sync.Mutex
	inARow int
	since  ID     // the check under which the first of them was sent
	why    string // it did not start anew; empty: it stopped by itself
	exited func() string
}

// observe takes a genuine delivery of check into account.
func (l *breaker) observe(check ID, s *Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch s.Answer {
	case Silent, Cut, Failing:
		if l.inARow == 0 {
			l.since, l.why = check, ""
		}
		l.inARow++
	case Unanswered:
	default:
		l.inARow = 0
	}
}

// trip takes down that the target is gone, as it did not start anew.
func (l *breaker) trip(check ID, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since, l.why, l.inARow = check, why, downAfter
}

// reset takes down that the target has been started anew.
func (l *breaker) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inARow = 0
}

// open reports whether the target has stopped working, and says how, with the
// check since which it has.
func (l *breaker) open() (how string, down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if how := l.exited(); how != "" {
		return how, true
	}
	if l.inARow < downAfter {
		return "", false
	}
	if l.why != "" {
		return fmt.Sprintf("the target could not be started anew during %s: %s", l.since, l.why), true
	}
	return fmt.Sprintf("the target stopped working during %s", l.since), true
}
