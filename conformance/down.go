package conformance

import (
	"fmt"
	"sync"
)

// downAfter is how many genuine deliveries in a row have to end in an error of
// the target, or without an answer, before it counts as down.
const downAfter = 4

// lifeline notices that the target has stopped working, so that a run does not
// wait for one time-out after the other. The control after each group is sent
// all the same, and one that is answered ends it.
type lifeline struct {
	mu     sync.Mutex
	inARow int
	since  ID     // the check under which the first of them was sent
	why    string // it did not start anew; empty: it stopped by itself
	gone   func() string
}

// heed takes a genuine delivery of check into account.
func (l *lifeline) heed(check ID, s *Sent) {
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

// fall takes down that the target is gone, as it did not start anew.
func (l *lifeline) fall(check ID, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since, l.why, l.inARow = check, why, downAfter
}

// rise takes down that the target has been started anew.
func (l *lifeline) rise() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inARow = 0
}

// down reports whether the target has stopped working, and says how, with the
// check since which it has.
func (l *lifeline) down() (how string, down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if how := l.gone(); how != "" {
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
