package conformance

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// What checks take on an idle machine, apart from what the options say.
const (
	usualCheck   = 60 * time.Millisecond
	restartCheck = 300 * time.Millisecond // besides the start of the target
	usualAnswers = 5                      // that a check waits for, one after the other
)

// coldStarts is how often a target is started to meet the outages of the key
// endpoint.
const coldStarts = 3

// Starts returns how often a run of checks usually starts the target again, where it
// can.
func Starts(checks []*Check) int {
	n := 0
	for i, c := range checks {
		n += c.starts(checks[:i])
	}
	return n
}

// starts is how often c starts the target. Checks of outages share theirs.
func (c *Check) starts(before []*Check) int {
	switch {
	case c.Needs&NeedRestart == 0 || c.Phase == Wedging:
		return 0
	case !c.Cold:
		return 1
	}
	for _, b := range before {
		if b.Cold {
			return 0
		}
	}
	return coldStarts
}

// noteAnswer notes how long the target takes to accept a delivery: the shortest time so
// far, since the others may have waited for its key.
func (r *run) noteAnswer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.delivery.Log.Exchanges(exchange.Genuine) {
		if took := x.Last().Outcome.Took; x.Accepted() && (r.answer == 0 || took < r.answer) {
			r.answer = took
		}
	}
}

// left is about how long the checks take that are not over, and how long the target takes
// to accept a delivery. 0: that is not known.
func (r *run) left() (left, answer time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	canRestart := r.o.Target.Restart != nil
	if canRestart && r.startUp == 0 {
		return 0, r.answer
	}
	for i, c := range r.o.Checks {
		p := r.probes[c]
		if p != nil && p.over {
			continue
		}
		answers := usualAnswers * r.answer
		if !c.Exclusive {
			answers /= time.Duration(max(r.o.Parallel, 1))
		}
		takes := usualCheck + answers
		if n := c.starts(r.o.Checks[:i]); canRestart && n > 0 {
			takes += time.Duration(n) * (r.startUp + restartCheck)
		}
		if c.Phase == Wedging || c.starts(r.o.Checks[:i]) == coldStarts {
			takes += r.o.Timeout // the key endpoint hangs, or sends a byte at a time
		}
		if p != nil {
			takes = max(takes-time.Since(p.began), 0)
		}
		left += takes
	}
	return left, r.answer
}
