package mocksender

import (
	"fmt"
	"sync"
)

// HealthState is how the sender stands with one target URL.
type HealthState string

const (
	Healthy HealthState = "healthy" // deliveries get all their attempts
	Reduced HealthState = "reduced" // most deliveries are not tried
	Probing HealthState = "probing" // one delivery is tried once, to see
)

// HealthPolicy says when attempts at a target are reduced, and how they come
// back. The guide: "After repeated delivery failures, RealtimeKit may
// temporarily reduce delivery attempts to that webhook URL." How much and for
// how long is not known, so the numbers are assumptions.
type HealthPolicy struct {
	// Failures is how many deliveries in a row have to fail before attempts
	// are reduced. 0: DefaultHealthFailures.
	Failures int
	// ProbeEvery is how many deliveries there are to one that is tried, once,
	// while attempts are reduced. 0: DefaultHealthProbeEvery.
	ProbeEvery int
}

// What the zero values of HealthPolicy stand for. Both are assumptions.
const (
	DefaultHealthFailures   = 5
	DefaultHealthProbeEvery = 5
)

func (p HealthPolicy) check() error {
	if p.Failures < 0 || p.ProbeEvery < 0 {
		return fmt.Errorf("health thresholds %d and %d: want 1 or more", p.Failures, p.ProbeEvery)
	}
	return nil
}

// healthURLs bounds how many targets are kept account of. Those beyond it are
// always healthy.
const healthURLs = 10_000

// health is the account of all targets.
type health struct {
	policy HealthPolicy
	mu     sync.Mutex
	urls   map[string]*urlHealth
}

type urlHealth struct {
	inARow  int // failed deliveries
	reduced bool
	passed  int // deliveries since the last probe
}

// newHealth returns nil where there is no policy: every target is healthy.
func newHealth(p *HealthPolicy) *health {
	if p == nil {
		return nil
	}
	h := &health{policy: *p, urls: map[string]*urlHealth{}}
	if h.policy.Failures == 0 {
		h.policy.Failures = DefaultHealthFailures
	}
	if h.policy.ProbeEvery == 0 {
		h.policy.ProbeEvery = DefaultHealthProbeEvery
	}
	return h
}

// admit says how the next delivery to url is treated.
func (h *health) admit(url string) HealthState {
	if h == nil {
		return Healthy
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.urls[url]
	if u == nil || !u.reduced {
		return Healthy
	}
	if u.passed++; u.passed < h.policy.ProbeEvery {
		return Reduced
	}
	u.passed = 0
	return Probing
}

// learn takes the end of a tried delivery into account. An abandoned one says
// nothing about the target.
func (h *health) learn(url string, fate Fate) {
	if h == nil || fate == Abandoned {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.urls[url]
	if u == nil {
		if len(h.urls) >= healthURLs {
			return
		}
		u = &urlHealth{}
		h.urls[url] = u
	}
	if fate == Delivered {
		*u = urlHealth{}
		return
	}
	u.inARow++
	if u.inARow >= h.policy.Failures && !u.reduced {
		u.reduced, u.passed = true, 0
	}
}

// state returns how the sender stands with url now.
func (h *health) state(url string) HealthState {
	if h == nil {
		return Healthy
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if u := h.urls[url]; u != nil && u.reduced {
		return Reduced
	}
	return Healthy
}
