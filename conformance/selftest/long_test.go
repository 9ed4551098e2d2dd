package selftest_test

import (
	"flag"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

// What chance could decide is tried often enough to notice a mistake. With -seeds
// or -long it is tried often enough to trust the result: go test
// ./conformance/selftest -run Chance -seeds 20 -timeout 0.
var (
	long       = flag.Bool("long", false, "judge all good receivers with 200 seeds, and a racy one 100 times")
	askedSeeds = flag.Int("seeds", 0, "judge all good receivers with this many `seeds`, from -first-seed on")
	onlyNamed  = flag.String("named", "", "of the good receivers, judge only those with this in their `name`")
	firstSeed  = flag.Uint64("first-seed", 2, "the `seed` that good receivers are judged with first")
)

// seeds is how often s is judged. The reference receiver stands for what all
// runs have in common. TestMatrix judges the twins with one seed.
func seeds(s receivers.Spec) int {
	switch {
	case s.Kind != receivers.KindReference && s.Kind != receivers.KindTwin, !strings.Contains(s.Name, *onlyNamed):
		return 0
	case *askedSeeds > 0:
		return *askedSeeds
	case *long:
		return 200
	case s.Kind != receivers.KindReference:
		return 0
	case raceDetector:
		return 10
	default:
		return 3
	}
}

// TestChanceDecidesNoVerdict judges good receivers with one seed after the other,
// in turn with the checks one by one and at the same time. No check may report
// anything, and every verdict must be the same each time.
//
// All are judged with one seed before the next one, since what is signed for one
// receiver is signed for the others.
func TestChanceDecidesNoVerdict(t *testing.T) {
	t.Parallel()
	var good []*repeatedSubject
	most := 0
	for _, s := range selftest.Subjects() {
		if n := seeds(s); n > 0 {
			good = append(good, &repeatedSubject{subject: s, runs: n})
			most = max(most, n)
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4*runtime.GOMAXPROCS(0))
	for n := range most {
		for _, g := range good {
			if n >= g.runs {
				continue
			}
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				g.judge(t, n)
			})
		}
		if most > 10 && n%10 == 9 {
			t.Logf("%d receivers with %d seeds", len(good), n+1)
		}
	}
	wg.Wait()
	judged := 0
	for _, g := range good {
		judged += g.runs
	}
	t.Logf("%d good receivers judged in %d runs, first seed %d", len(good), judged, *firstSeed)
}

// repeatedSubject is a receiver that must get the same verdicts with each seed.
type repeatedSubject struct {
	subject receivers.Spec
	runs    int

	mu    sync.Mutex
	seed  uint64 // of first
	first map[string]conformance.Status
}

func (g *repeatedSubject) judge(t *testing.T, n int) {
	trial := selftest.Trial{Checks: checks.All(), Seed: *firstSeed + uint64(n), Parallel: 1 + n%2*7}
	r, err := harness().Judge(t.Context(), g.subject, trial)
	if err != nil {
		t.Errorf("%s, seed %d: %v", g.subject.Name, trial.Seed, err)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := statuses(r)
	if g.first == nil {
		g.first, g.seed = now, trial.Seed
	}
	diff := cmp.Diff(g.first, now)
	if r.OK() && diff == "" {
		return
	}
	logReport(t, r.Report)
	t.Errorf("%s, seed %d: %s; against seed %d (-/+):\n%s", g.subject.Name, trial.Seed, strings.Join(r.Wrong, "; "), g.seed, diff)
}

// statuses are the verdicts of a run, without those that may differ. A check that had no
// occasion counts as passed: how fast the machine is decides whether a run meets a rate
// limit, and whether anything has to be sent again.
func statuses(r *selftest.Result) map[string]conformance.Status {
	out := map[string]conformance.Status{}
	for _, v := range r.Report.Verdicts {
		if id := string(v.ID); !slices.Contains(r.Subject.MayReport, id) {
			out[id] = v.Status
			if v.Status == conformance.Skip && noOccasion.MatchString(v.Reason) {
				out[id] = conformance.Pass
			}
		}
	}
	return out
}

var noOccasion = regexp.MustCompile(`^(the target limits its rate|not applicable: every delivery was accepted|the new process asked for no key, or had it before)`)

// TestChanceHidesNoRace judges a receiver with 20 ms between lookup and insert.
// At least 99 of 100 runs have to catch it.
func TestChanceHidesNoRace(t *testing.T) {
	t.Parallel()
	runs, missable := 15, 0
	if *long {
		runs, missable = 100, 1
	}
	all := receivers.Flaws()
	s := all[slices.IndexFunc(all, func(f receivers.Spec) bool { return f.Name == "select-then-insert" })]
	var some []*conformance.Check
	for _, c := range checks.All() {
		if c.Level == conformance.Gate || slices.Contains(s.CaughtBy, string(c.ID)) {
			some = append(some, c)
		}
	}
	missed := 0
	for n := range runs {
		r, err := harness().Judge(t.Context(), s, selftest.Trial{Checks: some, Seed: uint64(n)})
		assert.NilError(t, err)
		if !r.OK() {
			missed++
			logReport(t, r.Report)
		}
	}
	t.Logf("caught in %d of %d runs", runs-missed, runs)
	assert.Assert(t, missed <= missable, "missed in %d of %d runs", missed, runs)
}
