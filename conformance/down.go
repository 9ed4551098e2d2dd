package conformance

import "sync"

// downAfter is how many genuine deliveries in a row have to end in an error of
// the target, or without an answer, before it counts as down.
const downAfter = 4

// lifeline notices that the target has stopped working, so that a run does not
// wait for one time-out after the other. The control after each group is sent
// all the same, and one that is answered ends it.
type lifeline struct {
	mu     sync.Mutex
	inARow int
	since  ID // the check under which the first of them was sent
}

// heed takes a genuine delivery of check into account.
func (l *lifeline) heed(check ID, s *Sent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch s.Answer {
	case Silent, Cut, Failing:
		if l.inARow == 0 {
			l.since = check
		}
		l.inARow++
	case Unanswered:
	default:
		l.inARow = 0
	}
}

// fall takes down that the target is gone.
func (l *lifeline) fall(check ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since, l.inARow = check, downAfter
}

// rise takes down that the target has been started anew.
func (l *lifeline) rise() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inARow = 0
}

// down reports whether the target has stopped working, and since which
// check.
func (l *lifeline) down() (since ID, down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since, l.inARow >= downAfter
}
