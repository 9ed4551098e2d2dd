package checks_test

import (
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
)

// The runs of the matrix send mostly the same bytes: the station has one name in
// all of them, the meetings start at the same minute, and what one run has
// signed is signed for the others. Signing would be nearly all of their cost.
const stationURL = "http://station.test"

var signatures = mocksender.NewSignatures()

// judge runs the whole suite against the receiver that f makes.
func judge(t *testing.T, f receivers.Flaw) *conformance.Report {
	t.Helper()
	b := newBench(t, stationURL)
	key, err := b.station.Keys.Key()
	assert.NilError(t, err)
	newReceiver := f.New
	if f.Name == "reference" {
		newReceiver = receivers.Reference
	}
	receiver := newReceiver(receivers.Config{
		KeyURL:      b.station.KeyURL(),
		Client:      b.client(t),
		PublicKey:   &key.PublicKey,
		Slow:        30 * time.Millisecond,
		Pause:       5 * time.Millisecond,
		WakeAfter:   500 * time.Millisecond,
		EffectDelay: 100 * time.Millisecond,
	})
	t.Cleanup(receiver.Close)
	url := serve(t, receiver)
	effects, err := conformance.NewEffectsURL(url + "/effects?uuid={uuid}")
	assert.NilError(t, err)

	o := b.quick(url + f.Setup.Path)
	if f.Name != "only-watches" { // it has no effects to count
		o.Target.Effects = effects
	}
	o.Target.Events = f.Setup.Events
	o.MeetingID, o.WebhookID, o.Header = f.Setup.MeetingID, f.Setup.WebhookID, f.Setup.Header
	o.Sender.HeaderNames = f.Setup.HeaderNames
	o.Sender.Signatures = signatures
	o.Start = time.Now().Add(-2 * time.Minute).Truncate(time.Minute)
	o.WarmUp = 5 * time.Second
	o.Timeout = 2 * time.Second
	if f.Benign() {
		o.Timeout = 10 * time.Second // only a busy machine makes them slow
	}
	if slices.Contains(f.Kills, "rsp/latency") {
		o.LatencyBudget = 20 * time.Millisecond
		o.Parallel = 32 // it waits a lot, and computes little
	}
	return run(t.Context(), t, o)
}

// fallen returns the ids whose demand was not met, whatever the level made of
// it. A gate that stops the run is inconclusive.
func fallen(r *conformance.Report) []string {
	out := judged(r, conformance.Fail, conformance.Warn, conformance.Note)
	for _, v := range r.Verdicts {
		if v.Status == conformance.Inconclusive && v.Check.Level == conformance.Gate {
			out = append(out, string(v.Check.ID))
		}
	}
	return out
}

// TestMatrix holds every flawed receiver against the whole suite. A flaw has to
// be caught by what it lists and by nothing else.
func TestMatrix(t *testing.T) {
	for _, f := range receivers.Flaws() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			report := judge(t, f)
			fell := fallen(report)
			for _, id := range f.Kills {
				if !slices.Contains(fell, id) {
					t.Errorf("%s did not catch it", id)
				}
			}
			for _, id := range fell {
				if !slices.Contains(f.Kills, id) && !slices.Contains(f.Also, id) {
					t.Errorf("%s fell, which the flaw does not list", id)
				}
			}
			assert.Check(t, report.Count(conformance.Error) == 0, "the harness failed")
			if t.Failed() {
				explain(t, report)
			}
		})
	}
}

// TestEveryCheckCatchesAFlaw keeps the catalogue honest: TestMatrix proves what
// the receivers list.
func TestEveryCheckCatchesAFlaw(t *testing.T) {
	caught := map[string]bool{}
	for _, f := range receivers.Flaws() {
		for _, id := range f.Kills {
			caught[id] = true
		}
	}
	for _, c := range checks.All() {
		assert.Check(t, caught[string(c.ID)], "no flawed receiver is there for %s", c.ID)
	}
}

// TestGoodReceiversPass judges receivers that look flawed and are not. A false
// failure is the worst that the suite can do.
func TestGoodReceiversPass(t *testing.T) {
	good := append([]receivers.Flaw{{Name: "reference"}}, receivers.Benign()...)
	for _, f := range good {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			report := judge(t, f)
			for _, id := range fallen(report) {
				if !slices.Contains(f.Also, id) {
					t.Errorf("%s fell", id)
				}
			}
			assert.Check(t, report.Outcome == conformance.Conformant, report.Headline)
			if t.Failed() {
				explain(t, report)
			}
		})
	}
}

// TestMatrixNamesOnlyChecksThatExist keeps the lists of the receivers honest.
func TestMatrixNamesOnlyChecksThatExist(t *testing.T) {
	known := map[string]bool{}
	for _, c := range checks.All() {
		known[string(c.ID)] = true
	}
	for _, f := range receivers.All() {
		for _, id := range append(slices.Clone(f.Kills), f.Also...) {
			assert.Assert(t, known[id], "%s lists %s, which is no check", f.Name, id)
		}
	}
}
