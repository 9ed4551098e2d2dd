package conformance

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// gone says how the target's process has ended by itself, where that is known.
func (r *run) gone() string {
	if r.o.Target.Gone == nil {
		return ""
	}
	how, _ := r.o.Target.Gone()
	return how
}

// mortal is a retry policy that ends with the target's process: nothing that is
// sent again would be answered.
type mortal struct {
	mocksender.RetryPolicy
	gone func() string
}

func (m mortal) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	if m.gone() != "" {
		return 0, false
	}
	return m.RetryPolicy.Next(attempt, o)
}

// mourn takes down that the target's process has ended, and what came to it
// last.
func (r *run) mourn() {
	how := r.gone()
	if how == "" {
		return
	}
	r.report.Stopped = how
	if _, said := r.o.Target.Gone(); said != "" {
		r.report.Stopped += "; it printed last: " + said
	}
	if last := r.lastReached(); last != nil {
		r.report.Stopped += fmt.Sprintf("; the last delivery that reached it: %s (rtk-uuid %s)", last.Label, last.Delivery.UUID)
	}
}

// lastReached is what was sent last of all that met a target that listened.
func (r *run) lastReached() *Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	var last *Sent
	var at time.Time
	for _, s := range slices.Concat(r.genuines, r.oddities, r.forgeries, r.hindered) {
		for _, a := range s.Attempts {
			if a.Reached && a.Outcome.Class != mocksender.ClassRefused && a.At.After(at) {
				last, at = s, a.At
			}
		}
	}
	return last
}
