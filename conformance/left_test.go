package conformance

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestTimeLeftIsKnownOnceAStartIs(t *testing.T) {
	cold := &Check{ID: "a/cold", Needs: NeedRestart, Cold: true, Phase: Last}
	other := &Check{ID: "a/other", Needs: NeedRestart, Cold: true, Phase: Last}
	fresh := &Check{ID: "a/fresh", Needs: NeedRestart, Phase: Last}
	plain := &Check{ID: "a/plain"}
	for _, tc := range []struct {
		reason      string
		checks      []*Check
		restart     bool
		startUp     time.Duration
		starts      int
		least, most time.Duration
	}{
		{"nothing is started again", []*Check{plain, fresh}, false, 0, 1, time.Millisecond, time.Second},
		{"nobody knows how long that takes", []*Check{plain, fresh}, true, 0, 1, 0, 0},
		{"a slow start counts", []*Check{plain, fresh}, true, 20 * time.Second, 1, 20 * time.Second, 21 * time.Second},
		{"outages share theirs", []*Check{cold, other, fresh}, true, 20 * time.Second, coldStarts + 1, 80 * time.Second, 90 * time.Second},
	} {
		assert.Equal(t, Starts(tc.checks), tc.starts, tc.reason)
		o := options(t, &target{answer: good}, tc.checks...)
		o.StartUp = tc.startUp
		if tc.restart {
			o.Target.Restart = &restarter{}
		}
		r, err := newRun(o)
		assert.NilError(t, err)
		left, _ := r.left()
		assert.Assert(t, left >= tc.least && left <= tc.most, "%s: %s", tc.reason, left)
		for _, c := range tc.checks {
			r.probes[c] = &Probe{}
		}
		left, _ = r.left()
		assert.Equal(t, left, time.Duration(0), "all are over")
		r.delivery.Close()
	}
}

func TestTimeLeftGrowsWithTheAnswersOfTheTarget(t *testing.T) {
	o := options(t, &target{answer: good}, &Check{ID: "a/a"}, &Check{ID: "a/b", Exclusive: true})
	r, err := newRun(o)
	assert.NilError(t, err)
	defer r.delivery.Close()
	quick, _ := r.left()
	r.answer = time.Minute
	slow, answer := r.left()
	assert.Equal(t, answer, time.Minute)
	assert.Equal(t, slow-quick, 2*usualAnswers*time.Minute)
	r.o.Parallel = 4
	side, _ := r.left()
	assert.Equal(t, side-quick, usualAnswers*time.Minute*5/4, "one has to be alone")
}
