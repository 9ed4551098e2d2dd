package selftest_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

// What chance could decide is tried often enough to notice, and behind -long
// often enough to trust: go test ./conformance/selftest -run Chance -long
// -timeout 0.
var long = flag.Bool("long", false, "judge good receivers with 200 seeds, and racy ones 100 times")

// seeds is how often s is judged. The reference receiver stands for what all
// runs have in common; the twins have been judged with one seed by TestMatrix.
func seeds(s selftest.Subject) int {
	switch {
	case *long:
		return 200
	case s.Kind != selftest.Reference:
		return 0
	case raceDetector:
		return 10
	default:
		return 3
	}
}

// TestChanceDecidesNoVerdict judges good receivers with one seed after the
// other, the checks in a row and beside each other by turns. Nothing may fall,
// and every verdict has to be the same each time.
func TestChanceDecidesNoVerdict(t *testing.T) {
	for _, s := range selftest.Subjects() {
		if s.Kind != selftest.Reference && s.Kind != selftest.Twin || seeds(s) == 0 {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			var first map[string]conformance.Status
			for n := range seeds(s) {
				trial := selftest.Trial{Checks: checks.All(), Seed: uint64(n) + 2, Parallel: 1 + n%2*7}
				r, err := lab().Judge(t.Context(), s, trial)
				assert.NilError(t, err)
				if !r.OK() {
					explain(t, r.Report)
				}
				assert.Assert(t, r.OK(), "seed %d: %s", trial.Seed, strings.Join(r.Wrong, "; "))
				now := statuses(r)
				if first == nil {
					first = now
				}
				if diff := cmp.Diff(first, now); diff != "" {
					explain(t, r.Report)
					t.Fatalf("seed %d, against seed 2 (-/+):\n%s", trial.Seed, diff)
				}
			}
		})
	}
}

// statuses are the verdicts of a run, without those that may differ.
func statuses(r *selftest.Result) map[string]conformance.Status {
	out := map[string]conformance.Status{}
	for _, v := range r.Report.Verdicts {
		if id := string(v.Check.ID); !slices.Contains(r.Subject.Also, id) {
			out[id] = v.Status
		}
	}
	return out
}

// TestChanceHidesNoRace judges a receiver whose look and insert lie 20 ms apart.
// At least 99 of 100 runs have to catch it.
func TestChanceHidesNoRace(t *testing.T) {
	runs, missable := 15, 0
	if *long {
		runs, missable = 100, 1
	}
	s, err := selftest.Find("select-then-insert")
	assert.NilError(t, err)
	var some []*conformance.Check
	for _, c := range checks.All() {
		if c.Level == conformance.Gate || slices.Contains(s.Kills, string(c.ID)) {
			some = append(some, c)
		}
	}
	missed := 0
	for n := range runs {
		r, err := lab().Judge(t.Context(), s, selftest.Trial{Checks: some, Seed: uint64(n)})
		assert.NilError(t, err)
		if !r.OK() {
			missed++
			explain(t, r.Report)
		}
	}
	t.Logf("caught in %d of %d runs", runs-missed, runs)
	assert.Assert(t, missed <= missable, "missed in %d of %d runs", missed, runs)
}
