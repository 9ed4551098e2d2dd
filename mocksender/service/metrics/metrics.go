// Package metrics shows Prometheus the state of a service and its deliveries, in
// the text format 0.0.4. Prometheus's own client would make up a tenth of the
// program.
package metrics

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Metrics is the page of metrics of a service, an http.Handler. Its methods are
// safe for concurrent use.
type Metrics struct {
	keys    *wellknown.Server
	service atomic.Pointer[service.Service]

	mu       sync.Mutex
	attempts map[attempt]uint64
	took     histogram
}

// attempt is what attempts are counted by.
type attempt struct {
	event   rtk.EventType
	outcome string
}

// New returns metrics of a service that does not exist yet: Attempt is for its
// options, and Watch for later.
func New(keys *wellknown.Server) *Metrics {
	return &Metrics{keys: keys, attempts: map[attempt]uint64{}, took: newHistogram()}
}

// Watch makes the page show s.
func (m *Metrics) Watch(s *service.Service) { m.service.Store(s) }

// Attempt counts an attempt.
func (m *Metrics) Attempt(event rtk.EventType, a mocksender.Attempt) {
	outcome := string(a.Outcome.Class)
	if a.Outcome.Status > 0 {
		outcome = strconv.Itoa(a.Outcome.Status)
	}
	if !event.Known() {
		event = "other" // a label must not be what a script makes up
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts[attempt{event, outcome}]++
	m.took.observe(a.Outcome.Took.Seconds())
}

// ServeHTTP implements http.Handler.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = io.WriteString(w, m.page())
}

func (m *Metrics) page() string {
	var h service.Health
	if s := m.service.Load(); s != nil {
		h = s.Health()
	}
	fault := 0
	if m.keys.Fault() != wellknown.None {
		fault = 1
	}
	var p page
	m.writeAttempts(&p)
	p.family("rtkmock_deliveries_forgotten_total", "counter", "Deliveries that were removed to make room for others.")
	p.sample("", h.Forgotten)
	p.family("rtkmock_deliveries_pending", "gauge", "Deliveries that are under way or wait for an attempt.")
	p.sample("", h.Pending)
	p.family("rtkmock_deliveries_total", "counter", "Deliveries that are over, by how they ended.")
	for _, state := range store.States() {
		if state != store.Pending {
			p.sample("", h.Over[state], "state", string(state))
		}
	}
	p.family("rtkmock_key_fault", "gauge", "1 while the key endpoint has a fault.")
	p.sample("", fault)
	p.family("rtkmock_key_fetches_total", "counter", "Requests for the key document.")
	p.sample("", m.keys.Fetches())
	p.family("rtkmock_plays", "gauge", "Scenarios that are being played.")
	p.sample("", h.Playing)
	p.family("rtkmock_webhooks", "gauge", "Registered webhooks.")
	p.sample("", h.Webhooks)
	return p.String()
}

func (m *Metrics) writeAttempts(p *page) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.family("rtkmock_attempt_seconds", "histogram", "How long the targets took to answer.")
	m.took.write(p)
	p.family("rtkmock_attempts_total", "counter", "Attempts, by event and by status or, if there was none, by the class of failure.")
	order := func(a, b attempt) int {
		return cmp.Or(cmp.Compare(a.event, b.event), cmp.Compare(a.outcome, b.outcome))
	}
	for _, a := range slices.SortedFunc(maps.Keys(m.attempts), order) {
		p.sample("", m.attempts[a], "event", string(a.event), "outcome", a.outcome)
	}
}

// page is a text in the making.
type page struct {
	strings.Builder
	name string // of the present family
}

// family begins the samples of one name.
func (p *page) family(name, kind, help string) {
	p.name = name
	fmt.Fprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes one sample. labels are names and values by turns, of letters that
// need no escape.
func (p *page) sample(suffix string, value any, labels ...string) {
	p.WriteString(p.name + suffix)
	for i := 0; i+1 < len(labels); i += 2 {
		fmt.Fprintf(p, `%c%s="%s"`, "{,"[min(i, 1)], labels[i], labels[i+1])
	}
	if len(labels) > 0 {
		p.WriteByte('}')
	}
	fmt.Fprintf(p, " %v\n", value)
}

// histogram counts durations by upper bounds.
type histogram struct {
	bounds []float64 // seconds
	counts []uint64  // of those up to each bound and above the one before; the last: of all others
	sum    float64   // seconds
}

func newHistogram() histogram {
	bounds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	return histogram{bounds: bounds, counts: make([]uint64, len(bounds)+1)}
}

func (h *histogram) observe(seconds float64) {
	at, _ := slices.BinarySearch(h.bounds, seconds)
	h.counts[at]++
	h.sum += seconds
}

// write writes the buckets, each with all that is below it.
func (h *histogram) write(p *page) {
	var below uint64
	for i, n := range h.counts {
		bound := "+Inf"
		if i < len(h.bounds) {
			bound = strconv.FormatFloat(h.bounds[i], 'g', -1, 64)
		}
		below += n
		p.sample("_bucket", below, "le", bound)
	}
	p.sample("_sum", h.sum)
	p.sample("_count", below)
}
