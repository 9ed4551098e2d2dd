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

// lab is one for all tests of the process, so that they share keys and
// signatures.
var lab = sync.OnceValue(func() *selftest.Lab { return selftest.NewLab(nil, nil) })

func judge(t *testing.T, s selftest.Subject, seed uint64) *selftest.Result {
	t.Helper()
	r, err := lab().Judge(t.Context(), s, selftest.Trial{Checks: checks.All(), Seed: seed})
	assert.NilError(t, err)
	return r
}

// explain shows what a run came to.
func explain(t *testing.T, r *conformance.Report) {
	t.Helper()
	t.Log(r.Headline)
	for _, v := range r.Verdicts {
		if v.Status != conformance.Pass {
			t.Logf("%-12s %s: %s", v.Status, v.Check.ID, v.Reason)
		}
	}
}

// full has TestMatrix run every check against every receiver, as .ci/run does:
// go test ./conformance/selftest -run Matrix -full.
var full = flag.Bool("full", false, "run every check against each flawed receiver")

// TestMatrix holds every receiver against the suite. A flaw has to be caught by
// the checks that it lists and by no others; a good receiver passes, as a false
// failure is the worst that the suite can do; and what is no receiver never comes
// out conformant.
func TestMatrix(t *testing.T) {
	for i, s := range selftest.Subjects() {
		if raceDetector && s.Kind == selftest.Flawed && i%5 != 0 {
			continue // races are in the suite, and show with a part of it
		}
		t.Run(string(s.Kind)+"/"+s.Name, func(t *testing.T) {
			t.Parallel()
			trial := selftest.Trial{Checks: checks.All(), Seed: 1}
			if s.Kind == selftest.Flawed && !*full && whole()[s.Name] == "" {
				trial.Checks = sampleFor(s, i)
			}
			r, err := lab().Judge(t.Context(), s, trial)
			assert.NilError(t, err)
			for _, wrong := range r.Wrong {
				t.Error(wrong)
			}
			if t.Failed() {
				explain(t, r.Report)
			}
		})
	}
}

// whole are the flawed receivers that are caught only where other checks have
// sent something, with the reason. They are held against the whole suite.
func whole() map[string]string {
	return map[string]string{
		"closed-quietly-after-end": "that artifacts are dropped shows beside others that are not",
		"dedupes-by-recording":     "that an event is dropped shows beside others like it",
		"locks-up-after-burst":     "another check has to send the burst",
		"leaks-on-refusal":         "it takes the refusals of several checks to use up its connections",
	}
}

// innocent is how many checks a flawed receiver has to pass in a plain run,
// beside those that have to catch it. Each receiver gets others.
const innocent = 6

// sampleFor returns the gates, the checks that have to catch s, the number i of
// all receivers, and a few of those that must not.
func sampleFor(s selftest.Subject, i int) []*conformance.Check {
	all := checks.All()
	const stride = 17 // neighbours in the catalogue are alike
	others := map[conformance.ID]bool{}
	for n := i * innocent; len(others) < innocent; n++ {
		c := all[n*stride%len(all)]
		if c.Level != conformance.Gate && !s.Has(string(c.ID)) {
			others[c.ID] = true
		}
	}
	return slices.DeleteFunc(all, func(c *conformance.Check) bool {
		return c.Level != conformance.Gate && !s.Has(string(c.ID)) && !others[c.ID]
	})
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

// TestEveryFlawIsCaughtByACheck keeps the receivers' lists honest.
func TestEveryFlawIsCaughtByACheck(t *testing.T) {
	known := map[string]bool{}
	for _, c := range checks.All() {
		known[string(c.ID)] = true
	}
	for _, f := range receivers.Flaws() {
		assert.Check(t, len(f.Kills) > 0, "no check is there for %s", f.Name)
		assert.Check(t, len(f.Also) == 0, "what falls of %s is not the same in every run", f.Name)
	}
	for _, f := range receivers.All() {
		for _, id := range slices.Concat(f.Kills, f.Also) {
			assert.Check(t, known[id], "%s lists %s, which is no check", f.Name, id)
		}
	}
}
