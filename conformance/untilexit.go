package conformance

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// exited says how the target's process has ended by itself, where that is known.
func (r *run) exited() string {
	if r.o.Target.Exited == nil {
		return ""
	}
	how, _ := r.o.Target.Exited()
	return how
}

// untilExit is a retry policy that ends with the target's process: nothing that is
// sent again would be answered.
type untilExit struct {
	mocksender.RetryPolicy
	exited func() string
}

func (m untilExit) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	if m.exited() != "" {
		return 0, false
	}
	return m.RetryPolicy.Next(attempt, o)
}

// recordExit takes down that the target's process has ended, and what came to it
// last.
func (r *run) recordExit() {
	how := r.exited()
	if how == "" {
		return
	}
	r.report.Stopped = how
	if _, said := r.o.Target.Exited(); said != "" {
		r.report.Stopped += "; it printed last: " + said
	}
	if last := r.lastReached(); last != nil {
		r.report.Stopped += fmt.Sprintf("; the last delivery that reached it: %s (rtk-uuid %s)", last.Label, last.Delivery.UUID)
	}
}

// lastReached is what was sent last of all that met a target that listened.
func (r *run) lastReached() *Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	var last *Exchange
	var at time.Time
	for _, s := range slices.Concat(r.genuineSent, r.nonstandards, r.forgeries, r.unverifiable) {
		for _, a := range s.Attempts {
			if a.Reached && a.Outcome.Class != mocksender.ClassRefused && a.At.After(at) {
				last, at = s, a.At
			}
		}
	}
	return last
}
