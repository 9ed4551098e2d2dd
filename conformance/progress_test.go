package conformance

import (
	"fmt"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// Whoever shows a run needs to know what is being done, for how long at most, and when
// that is over.
func TestProgressNamesTheCheckThatIsUnderWay(t *testing.T) {
	waits := must("sig/waits", func(p *Probe) {
		p.Progress(time.Hour, "an outage of %s", "something")
		p.Waiting(longPause, "waiting")()
		rejecting(p)
	})
	o := options(t, &target{answer: good}, waits, must("sig/b", rejecting))
	var steps []string
	begun := map[*Check]bool{}
	o.Progress = func(s Progress) {
		switch s.Kind {
		case CheckBegan:
			assert.Assert(t, !begun[s.Check], "%s begins twice", s.Check.ID)
			begun[s.Check] = true
		case CheckEnded:
			assert.Assert(t, begun[s.Check], "%s ends", s.Check.ID)
			delete(begun, s.Check)
		case CheckJudged:
			assert.Equal(t, s.Verdict.ID, s.Check.ID)
		default:
			if s.Check == waits {
				steps = append(steps, fmt.Sprint(s.Message, " ", s.Most, " ", s.Quiet))
			}
		}
		assert.Assert(t, s.Done <= s.Total)
	}
	conclude(t, o)
	assert.Equal(t, len(begun), 0, "all have ended")
	assert.DeepEqual(t, steps, []string{"an outage of something 1h0m0s false", "waiting 1s true", waits.Title + " 0s true"})
}
