package selftest_test

import (
	"flag"
	"slices"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

// harness is one for all tests of the process, so that they share keys and
// signatures.
var harness = sync.OnceValue(selftest.NewHarness)

func judge(t *testing.T, s receivers.Spec, seed uint64) *selftest.Result {
	t.Helper()
	r, err := harness().Judge(t.Context(), s, selftest.Trial{Checks: checks.All(), Seed: seed})
	assert.NilError(t, err)
	return r
}

// logReport logs the verdicts of a run that are not a pass.
func logReport(t *testing.T, r *conformance.Report) {
	t.Helper()
	t.Log(r.Headline)
	for _, v := range r.Verdicts {
		if v.Status != conformance.Pass {
			t.Logf("%-12s %s: %s", v.Status, v.ID, v.Reason)
		}
	}
}

// full has TestMatrix run every check against every receiver, as .ci/run does:
// go test ./conformance/selftest -run Matrix -full.
var full = flag.Bool("full", false, "run every check against each receiver")

// TestMatrix judges every receiver by the suite. A flaw must be caught by the
// checks that it lists and by no others. A good receiver passes, since a false
// failure is the worst that the suite can do. What is not a receiver never comes
// out conformant. Without -full, a receiver meets a part of the suite, and each
// receiver another one; the reference receiver meets all of it.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for i, s := range slices.Backward(selftest.Subjects()) { // the longest runs come first
		if raceDetector && s.Kind == receivers.KindFlawed && i%5 != 0 {
			continue // races are in the suite, and show with a part of it
		}
		t.Run(string(s.Kind)+"/"+s.Name, func(t *testing.T) {
			t.Parallel()
			trial := selftest.Trial{Checks: checks.All(), Seed: 1}
			switch {
			case *full:
			case s.Kind == receivers.KindFlawed && needWholeSuite()[s.Name] == "":
				trial.Checks = sampleFor(s, i, othersPerReceiver)
			case slowed()[s.Name]:
				trial.Checks = sampleFor(s, i, len(trial.Checks)/3)
			case s.Kind == receivers.KindTwin:
				trial.Checks = sampleFor(s, i, len(trial.Checks)/2)
			}
			r, err := harness().Judge(t.Context(), s, trial)
			assert.NilError(t, err)
			for _, wrong := range r.Wrong {
				t.Error(wrong)
			}
			if t.Failed() {
				logReport(t, r.Report)
			}
		})
	}
}

// needWholeSuite are the flawed receivers that are caught only if other checks
// have sent something, with the reason. They are judged by the whole suite.
func needWholeSuite() map[string]string {
	return map[string]string{
		"closed-quietly-after-end": "it shows that artifacts are dropped if others are not",
		"dedupes-by-recording":     "it shows that an event is dropped if others like it are not",
		"dies-on-garbage":          "other checks have to send the garbage",
		"drops-retries":            "other checks have to send what fails",
		"locks-up-after-burst":     "another check has to send the burst",
		"reuses-request-memory":    "other checks have to send the forgeries that it takes for what came last",
		"leaks-on-refusal":         "the rejections of several checks use up its connections",
	}
}

// slowed are what makes a run wait for most of its time, as each delivery has to come
// slowly. In a plain run a third of the suite is enough.
func slowed() map[string]bool {
	return map[string]bool{
		"random": true, "rate-limited": true, "rate-limited-by-gateway": true, "rate-limited-by-gateway-with-time": true,
		"says-when-to-come-back": true, "asks-for-time-between-fetches": true,
	}
}

// othersPerReceiver is how many checks a flawed receiver has to pass in a plain run,
// beside those that have to catch it. Each receiver gets others.
const othersPerReceiver = 4

// sampleFor returns the gates, the checks that have to catch s, the number i of
// all receivers, and n of those that must not.
func sampleFor(s receivers.Spec, i, n int) []*conformance.Check {
	all := checks.All()
	const stride = 17 // neighbours in the catalogue are alike
	others := map[conformance.ID]bool{}
	for k := i * n; len(others) < n; k++ {
		c := all[k*stride%len(all)]
		if c.Level != conformance.Gate && !s.Expects(string(c.ID)) {
			others[c.ID] = true
		}
	}
	return slices.DeleteFunc(all, func(c *conformance.Check) bool {
		return c.Level != conformance.Gate && !s.Expects(string(c.ID)) && !others[c.ID]
	})
}

// TestEveryCheckCatchesAFlaw keeps the catalogue honest: TestMatrix proves what
// the receivers list.
func TestEveryCheckCatchesAFlaw(t *testing.T) {
	caught := map[string]bool{}
	for _, f := range receivers.Flaws() {
		for _, id := range f.CaughtBy {
			caught[id] = true
		}
	}
	for _, c := range checks.All() {
		assert.Check(t, caught[string(c.ID)], "no flawed receiver tests %s", c.ID)
	}
}

// TestEveryFlawIsCaughtByACheck keeps the receivers' lists honest.
func TestEveryFlawIsCaughtByACheck(t *testing.T) {
	known := map[string]bool{}
	for _, c := range checks.All() {
		known[string(c.ID)] = true
	}
	for _, f := range receivers.Flaws() {
		assert.Check(t, len(f.CaughtBy) > 0, "no check catches %s", f.Name)
		assert.Check(t, len(f.MayReport) == 0, "not the same checks catch %s in every run", f.Name)
	}
	for _, f := range receivers.All() {
		for _, id := range slices.Concat(f.CaughtBy, f.MayReport) {
			assert.Check(t, known[id], "%s lists %s, which is no check", f.Name, id)
		}
	}
}
