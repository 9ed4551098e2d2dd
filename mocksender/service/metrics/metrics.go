// Package metrics tells Prometheus how a service stands and what it has
// delivered. It has a registry of its own; the default one is left alone.
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
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Metrics is the page of metrics of a service, an http.Handler. Its methods are
// safe for concurrent use.
type Metrics struct {
	http.Handler
	keys     *wellknown.Server
	service  atomic.Pointer[service.Service]
	attempts *prometheus.CounterVec
	took     prometheus.Histogram
}

// What is read of the service whenever the page is asked for.
var (
	deliveries = prometheus.NewDesc("rtkmock_deliveries_total", "Deliveries that are over, by how they ended.", []string{"state"}, nil)
	pending    = prometheus.NewDesc("rtkmock_deliveries_pending", "Deliveries that are under way or wait for an attempt.", nil, nil)
	forgotten  = prometheus.NewDesc("rtkmock_deliveries_forgotten_total", "Deliveries that made room for others.", nil, nil)
	webhooks   = prometheus.NewDesc("rtkmock_webhooks", "Registered webhooks.", nil, nil)
	playing    = prometheus.NewDesc("rtkmock_plays", "Scenarios that are being played.", nil, nil)
	fetches    = prometheus.NewDesc("rtkmock_key_fetches_total", "Requests for the key document.", nil, nil)
	failing    = prometheus.NewDesc("rtkmock_key_fault", "1 while the key endpoint is made to fail.", nil, nil)
)

// New returns metrics of a service that has yet to be made: Attempt is for its
// options, and Watch for when it is there.
func New(keys *wellknown.Server) *Metrics {
	m := &Metrics{
		keys: keys,
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rtkmock_attempts_total", Help: "Attempts, by event and by status or, where there was none, by the class of failure.",
		}, []string{"event", "outcome"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rtkmock_attempt_seconds", Help: "How long the targets took to answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m, m.attempts, m.took)
	m.Handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m
}

// Watch has the page tell of s.
func (m *Metrics) Watch(s *service.Service) { m.service.Store(s) }

// Attempt takes an attempt into account.
func (m *Metrics) Attempt(event rtk.EventType, a mocksender.Attempt) {
	outcome := string(a.Outcome.Class)
	if a.Outcome.Status > 0 {
		outcome = strconv.Itoa(a.Outcome.Status)
	}
	if !event.Known() {
		event = "other" // what a script makes up is no label
	}
	m.attempts.WithLabelValues(string(event), outcome).Inc()
	m.took.Observe(a.Outcome.Took.Seconds())
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{deliveries, pending, forgotten, webhooks, playing, fetches, failing} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(c chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	counter(fetches, float64(m.keys.Fetches()))
	fault := 0.0
	if m.keys.Fault() != wellknown.None {
		fault = 1
	}
	gauge(failing, fault)
	s := m.service.Load()
	if s == nil {
		return
	}
	h := s.Health()
	for state, n := range h.Over {
		counter(deliveries, float64(n), string(state))
	}
	gauge(pending, float64(h.Pending))
	counter(forgotten, float64(h.Forgotten))
	gauge(webhooks, float64(h.Webhooks))
	gauge(playing, float64(h.Playing))
}
