// Package metrics shows Prometheus the state of a service and its deliveries. It
// has a registry of its own and leaves the default one alone.
package metrics

import (
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Metrics is the page of metrics of a service, an http.Handler. Its methods are
// safe for concurrent use.
type Metrics struct {
	http.Handler
	service  atomic.Pointer[service.Service]
	attempts *prometheus.CounterVec
	took     prometheus.Histogram
}

// New returns metrics of a service that does not exist yet: Attempt is for its
// options, and Watch for later.
func New(keys *wellknown.Server) *Metrics {
	m := &Metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rtkmock_attempts_total", Help: "Attempts, by event and by status or, if there was none, by the class of failure.",
		}, []string{"event", "outcome"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rtkmock_attempt_seconds", Help: "How long the targets took to answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.attempts, m.took)
	gauge := func(name, help string, value func() int) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(value()) }))
	}
	counter := func(name, help string, labels prometheus.Labels, value func() uint64) {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, func() float64 { return float64(value()) }))
	}
	for _, state := range store.States() {
		if state != store.Pending {
			counter("rtkmock_deliveries_total", "Deliveries that are over, by how they ended.", prometheus.Labels{"state": string(state)},
				func() uint64 { return m.health().Over[state] })
		}
	}
	gauge("rtkmock_deliveries_pending", "Deliveries that are under way or wait for an attempt.", func() int { return m.health().Pending })
	counter("rtkmock_deliveries_forgotten_total", "Deliveries that were removed to make room for others.", nil, func() uint64 { return m.health().Forgotten })
	gauge("rtkmock_webhooks", "Registered webhooks.", func() int { return m.health().Webhooks })
	gauge("rtkmock_plays", "Scenarios that are being played.", func() int { return m.health().Playing })
	counter("rtkmock_key_fetches_total", "Requests for the key document.", nil, func() uint64 { return uint64(keys.Fetches()) })
	gauge("rtkmock_key_fault", "1 while the key endpoint has a fault.", func() int {
		if keys.Fault() == wellknown.None {
			return 0
		}
		return 1
	})
	m.Handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m
}

// Watch makes the page show s.
func (m *Metrics) Watch(s *service.Service) { m.service.Store(s) }

func (m *Metrics) health() service.Health {
	if s := m.service.Load(); s != nil {
		return s.Health()
	}
	return service.Health{}
}

// Attempt counts an attempt.
func (m *Metrics) Attempt(event rtk.EventType, a mocksender.Attempt) {
	outcome := string(a.Outcome.Class)
	if a.Outcome.Status > 0 {
		outcome = strconv.Itoa(a.Outcome.Status)
	}
	if !event.Known() {
		event = "other" // a label must not be what a script makes up
	}
	m.attempts.WithLabelValues(string(event), outcome).Inc()
	m.took.Observe(a.Outcome.Took.Seconds())
}
