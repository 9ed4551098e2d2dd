package mocksender

import (
	"cmp"
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

// maxHealthTargets bounds how many targets are remembered. Those beyond it are
// always healthy.
const maxHealthTargets = 10_000

// Health remembers how targets fare under a policy, each by a name: those of a
// Sender are URLs. It is safe for concurrent use. A nil Health finds every
// target healthy. Make one with NewHealth.
type Health struct {
	policy  HealthPolicy
	mu      sync.Mutex
	targets map[string]*targetHealth
}

type targetHealth struct {
	failures int // deliveries in a row
	reduced  bool
	passed   int // deliveries since the last probe
}

// NewHealth returns an empty Health. It is nil where p is, and the error about
// a threshold below 0 matches ErrOptions.
func NewHealth(p *HealthPolicy) (*Health, error) {
	if p == nil {
		return nil, nil
	}
	if p.Failures < 0 || p.ProbeEvery < 0 {
		return nil, fmt.Errorf("%w: health thresholds %d and %d: want 1 or more", ErrOptions, p.Failures, p.ProbeEvery)
	}
	return &Health{
		policy: HealthPolicy{
			Failures:   cmp.Or(p.Failures, DefaultHealthFailures),
			ProbeEvery: cmp.Or(p.ProbeEvery, DefaultHealthProbeEvery),
		},
		targets: map[string]*targetHealth{},
	}, nil
}

// Admit says how the next delivery to url is treated.
func (h *Health) Admit(url string) HealthState {
	if h == nil {
		return Healthy
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.targets[url]
	if t == nil || !t.reduced {
		return Healthy
	}
	if t.passed++; t.passed < h.policy.ProbeEvery {
		return Reduced
	}
	t.passed = 0
	return Probing
}

// Learn takes the fate of a delivery that was tried into account. An abandoned
// one says nothing about the target.
func (h *Health) Learn(url string, fate Fate) {
	if h == nil || fate == Abandoned {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.targets[url]
	if t == nil {
		if len(h.targets) >= maxHealthTargets {
			return
		}
		t = new(targetHealth)
		h.targets[url] = t
	}
	if fate == Delivered {
		*t = targetHealth{}
		return
	}
	if t.failures++; t.failures >= h.policy.Failures && !t.reduced {
		t.reduced, t.passed = true, 0
	}
}

// Forget drops what is known of url, which is healthy from then on.
func (h *Health) Forget(url string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.targets, url)
}

// State returns how the target stands now.
func (h *Health) State(url string) HealthState {
	if h == nil {
		return Healthy
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.targets[url]; t != nil && t.reduced {
		return Reduced
	}
	return Healthy
}
