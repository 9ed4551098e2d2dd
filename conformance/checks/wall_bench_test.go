package checks_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// answerTime is how long the target of BenchmarkWallTime takes to answer.
const answerTime = 20 * time.Millisecond

// span is a stretch of time.
type span struct{ from, to time.Time }

// watched is a target that takes its time, and remembers when it was busy.
type watched struct {
	receiver *receivers.Receiver
	mu       sync.Mutex
	busy     []span
}

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	from := time.Now()
	<-time.After(answerTime)
	w.receiver.Handler().ServeHTTP(rw, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = append(w.busy, span{from, time.Now()})
}

// Count and Key make its own count the instrument E.
func (w *watched) Count(_ context.Context, q effects.Query) (int, error) {
	return w.receiver.Count(q.UUID), nil
}

func (w *watched) Key(q effects.Query) string { return q.UUID }

// sum is the sum of the answer times.
func sum(busy []span) time.Duration {
	var d time.Duration
	for _, s := range busy {
		d += s.to.Sub(s.from)
	}
	return d
}

// covered is how much of the time between from and to the target was busy in.
func covered(busy []span, from, to time.Time) time.Duration {
	sorted := slices.Clone(busy)
	slices.SortFunc(sorted, func(a, b span) int { return a.from.Compare(b.from) })
	var d time.Duration
	for _, s := range sorted {
		if s.from.Before(from) {
			s.from = from
		}
		if s.to.After(to) {
			s.to = to
		}
		if s.to.After(s.from) {
			d += s.to.Sub(s.from)
			from = s.to
		}
	}
	return d
}

// longestChain is the least time that a run of any width takes: what has to
// come one after the other. windows are when each check ran in a serial run.
func longestChain(all []*conformance.Check, windows map[conformance.ID][]span, busy []span, began, ended time.Time) time.Duration {
	alone := covered(busy, began, ended) // what no check has sent is the engine's own
	var chain, widest time.Duration
	group := ""
	for _, c := range all {
		var took time.Duration
		for _, w := range windows[c.ID] {
			took += covered(busy, w.from, w.to)
		}
		alone -= took
		if c.ID.Group() != group || c.Exclusive || c.Phase != conformance.InGroup {
			chain, widest = chain+widest, 0
			group = c.ID.Group()
		}
		if c.Exclusive || c.Phase != conformance.InGroup {
			chain += took
			continue
		}
		widest = max(widest, took)
	}
	return chain + widest + alone
}

// BenchmarkWallTime judges a good receiver that takes 20 ms to answer, one
// check at a time and sixteen at a time. What the run waits for effects and
// recoveries is not counted, and reported apart. Reported are the time that a
// serial run takes as a multiple of the sum of the answer times (at most 1.08),
// and, as some answers are given beside each other, of the time in which the
// target was busy at all; and that of a parallel run as a multiple of a
// sixteenth of that sum or the longest chain, whichever is more (at most 1.25).
//
// It measures once, however often it is to run: that takes some 15 seconds.
func BenchmarkWallTime(b *testing.B) {
	measured := false
	for b.Loop() {
		if measured {
			continue
		}
		measured = true
		serial, windows, target := timed(b, 1)
		busy := covered(target.busy, serial.Began, serial.Began.Add(time.Duration(serial.Took)))
		answers := sum(target.busy)
		chain := longestChain(checks.All(), windows, target.busy, serial.Began, serial.Began.Add(time.Duration(serial.Took)))
		b.ReportMetric(time.Duration(serial.Took-serial.Waited).Seconds()/answers.Seconds(), "x-of-answers")
		b.ReportMetric(time.Duration(serial.Took-serial.Waited).Seconds()/busy.Seconds(), "x-of-busy")
		b.ReportMetric(1000*time.Duration(serial.Waited).Seconds(), "ms-waited")

		wide, _, _ := timed(b, 16)
		bound := max(answers/16, chain)
		b.ReportMetric(time.Duration(wide.Took-wide.Waited).Seconds()/bound.Seconds(), "x-of-bound-at-16")
	}
}

// timed runs the suite once and says when each check ran.
func timed(b *testing.B, parallel int) (*conformance.Report, map[conformance.ID][]span, *watched) {
	b.Helper()
	bench := newBench(b, "")
	target := &watched{receiver: receivers.Reference(receivers.Config{KeyURL: bench.endpoints.KeyURL()})}
	defer target.receiver.Close()
	o := bench.quick(serveHandler(b, target, nil))
	o.Target.Effects = target
	o.Timeout, o.EffectsTimeout, o.Quiet = 0, 0, 0
	o.Parallel = parallel
	var mu sync.Mutex
	windows := map[conformance.ID][]span{}
	for _, c := range o.Checks {
		run := c.Run
		c.Run = func(p *conformance.Probe) {
			from := time.Now()
			run(p)
			mu.Lock()
			defer mu.Unlock()
			windows[c.ID] = append(windows[c.ID], span{from, time.Now()})
		}
	}
	report := run(b.Context(), b, o)
	assert.Equal(b, report.Outcome, conformance.Conformant, report.Headline)
	return report, windows, target
}
