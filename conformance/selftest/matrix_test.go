package selftest_test

import (
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

// TestMatrix holds every receiver against the whole suite. A flaw has to be
// caught by what it lists and by nothing else; a good receiver passes, as a
// false failure is the worst that the suite can do; and what is no receiver
// never comes out conformant.
func TestMatrix(t *testing.T) {
	for i, s := range selftest.Subjects() {
		if raceDetector && s.Kind == selftest.Flawed && i%5 != 0 {
			continue // races are in the suite, and show with a part of it
		}
		t.Run(string(s.Kind)+"/"+s.Name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, s, 1)
			for _, wrong := range r.Wrong {
				t.Error(wrong)
			}
			if t.Failed() {
				explain(t, r.Report)
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
