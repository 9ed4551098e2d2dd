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

// Health is the account of how targets fare under a policy, each by a name: a
// Sender's are their URLs. It is safe for concurrent use. A nil Health finds
// every target healthy. Make one with NewHealth.
type Health struct {
	policy HealthPolicy
	mu     sync.Mutex
	urls   map[string]*urlHealth
}

type urlHealth struct {
	inARow  int // failed deliveries
	reduced bool
	passed  int // deliveries since the last probe
}

// NewHealth returns an empty account. It is nil where p is, and the error about
// a threshold below 0 matches ErrOptions.
func NewHealth(p *HealthPolicy) (*Health, error) {
	if p == nil {
		return nil, nil
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return newHealth(p), nil
}

// newHealth returns nil where there is no policy: every target is healthy.
func newHealth(p *HealthPolicy) *Health {
	if p == nil {
		return nil
	}
	h := &Health{policy: *p, urls: map[string]*urlHealth{}}
	if h.policy.Failures == 0 {
		h.policy.Failures = DefaultHealthFailures
	}
	if h.policy.ProbeEvery == 0 {
		h.policy.ProbeEvery = DefaultHealthProbeEvery
	}
	return h
}

// Admit says how the next delivery to url is treated.
func (h *Health) Admit(url string) HealthState {
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

// Learn takes the end of a tried delivery into account. An abandoned one says
// nothing about the target.
func (h *Health) Learn(url string, fate Fate) {
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

// Forget drops what is known of url, which is healthy from then on.
func (h *Health) Forget(url string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.urls, url)
}

// State returns how the target stands now.
func (h *Health) State(url string) HealthState {
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
