package scenarios_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// The tests of this file run in bubbles of virtual time, which also fail if a
// goroutine is left behind.

func ok() mocksender.Outcome { return mocksender.Outcome{Status: 200} }

// slow is a target that takes its time for every answer.
func slow(ctx context.Context, d time.Duration) mocksender.Outcome {
	select {
	case <-time.After(d):
		return ok()
	case <-ctx.Done():
		return mocksender.Outcome{Class: mocksender.ClassCanceled, Err: &mocksender.NetError{Class: mocksender.ClassCanceled, Msg: "given up"}}
	}
}

// keyed is Options that need no fresh key, whose making would outlive the
// bubble.
func keyed() scenarios.Options {
	return scenarios.Options{Sender: mocksender.Options{Keys: rtk.NewKeyring(genuineKey())}}
}

// offsets returns when deliveries began, counted from start.
func offsets(start time.Time, at []time.Time) []time.Duration {
	var all []time.Duration
	for _, t := range at {
		all = append(all, t.Sub(start))
	}
	return all
}

func TestSpeedMapsMeetingTimeToRealTime(t *testing.T) {
	source := `{"emit": "meeting.participantJoined", "who": "host"}, {"after": "5m", "emit": "meeting.participantJoined", "who": "guest-${n}", "times": 3},
		{"parallel": 2, "steps": [{"after": "1m", "emit": "meeting.started"}, {"after": "1m", "emit": "recording.statusUpdate"}]},
		{"after": "1m", "emit": "recording.statusUpdate"}`
	for _, test := range []struct {
		speed float64
		unit  time.Duration // what a meeting's minute takes
	}{{0, 0}, {1, time.Minute}, {60, time.Second}, {0.5, 2 * time.Minute}} {
		t.Run(fmt.Sprint(test.speed), func(t *testing.T) {
			s := script(t, source)
			synctest.Test(t, func(t *testing.T) {
				o := keyed()
				o.Speed = test.speed
				f := &fake{}
				f.into(&o)
				start := time.Now()
				r := play(t, s, o)
				// The meetings of the parallel block begin at 15 and end at 17;
				// the meeting around goes on from where it was.
				want := []time.Duration{0, 5, 10, 15, 16, 16, 17, 17, 18}
				for i := range want {
					want[i] *= test.unit
				}
				assert.DeepEqual(t, offsets(start, f.at), want)
				assert.Equal(t, r.Took, want[len(want)-1])
			})
		})
	}
}

// The events of a shuffled block have all happened before the first is sent.
func TestShuffledBlockWaitsForItsLastEvent(t *testing.T) {
	s := script(t, `{"shuffle": true, "steps": [{"after": "1m", "emit": "meeting.participantJoined", "times": 4}]}`)
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			o := keyed()
			o.Speed, o.Payload.Seed = 1, seed
			f := &fake{}
			f.into(&o)
			start := time.Now()
			play(t, s, o)
			assert.DeepEqual(t, offsets(start, f.at), slices.Repeat([]time.Duration{4 * time.Minute}, 4))
		})
	}
}

func TestPlayInterruptedInItsLastDeliveryIsNotComplete(t *testing.T) {
	s := script(t, `{"emit": "meeting.started"}`)
	synctest.Test(t, func(t *testing.T) {
		o := keyed()
		f := &fake{answer: func(ctx context.Context, _, _ int, _ mocksender.Delivery) mocksender.Outcome {
			return slow(ctx, time.Hour)
		}}
		f.into(&o)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := scenarios.Play(ctx, s, o)
		assert.NilError(t, err)
		assert.Assert(t, !r.Complete)
		assert.Equal(t, r.Steps[0].Status, scenarios.Inconclusive)
		assert.Equal(t, r.Steps[0].Reason, "interrupted before it was over")
	})
}

func TestDeliveriesOfATimesStepAreUnderWayTogetherUpToTheBound(t *testing.T) {
	for _, test := range []struct {
		reason string
		step   string
		most   int64
		took   time.Duration
	}{
		{"as many as the concurrency allows", `{"emit": "meeting.participantJoined", "times": 40}`, 4, 10 * time.Second},
		{"one after the other", `{"emit": "meeting.participantJoined", "times": 40, "together": false}`, 1, 40 * time.Second},
		{"all at one instant", `{"emit": "meeting.participantJoined", "times": 40, "together": true}`, 40, time.Second},
		{"a block at one instant", `{"together": true, "steps": [{"emit": "meeting.participantJoined", "times": 20}, {"emit": "meeting.started"}]}`, 21, time.Second},
		{"meetings beside each other", `{"parallel": 8, "steps": [{"emit": "meeting.started"}, {"emit": "meeting.ended"}]}`, 4, 4 * time.Second},
		{"steps in order", `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined"}`, 1, 2 * time.Second},
		{"shuffled, one after the other", `{"shuffle": true, "steps": [{"emit": "meeting.participantJoined", "times": 5}]}`, 1, 5 * time.Second},
	} {
		t.Run(test.reason, func(t *testing.T) {
			s := script(t, test.step)
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int64
				o := keyed()
				o.Concurrency = 4
				f := &fake{answer: func(ctx context.Context, _, _ int, _ mocksender.Delivery) mocksender.Outcome {
					if n := now.Add(1); n > most.Load() {
						most.Store(n)
					}
					defer now.Add(-1)
					return slow(ctx, time.Second)
				}}
				f.into(&o)
				r := play(t, s, o)
				assert.Equal(t, most.Load(), test.most)
				assert.Equal(t, r.Took, test.took)
				assert.Equal(t, r.Counts.Delivered, s.Deliveries())
			})
		})
	}
}

func TestMeetingsOfAParallelBlockKeepTheirOrder(t *testing.T) {
	s := load(t, "many-meetings")
	synctest.Test(t, func(t *testing.T) {
		o := keyed()
		f := &fake{answer: func(ctx context.Context, n, _ int, _ mocksender.Delivery) mocksender.Outcome {
			return slow(ctx, time.Duration(n%7)*time.Millisecond)
		}}
		f.into(&o)
		play(t, s, o)
		byMeeting := map[string][]string{}
		switches, last := 0, ""
		for _, d := range f.sent {
			id := text(d, "meeting.id") + text(d, "meetingId")
			byMeeting[id] = append(byMeeting[id], types(t, []mocksender.Delivery{d})...)
			if id != last {
				switches, last = switches+1, id
			}
		}
		assert.Equal(t, len(byMeeting), 50)
		var first []string
		for _, list := range byMeeting {
			if first == nil {
				first = list
			}
			assert.DeepEqual(t, list, first)
		}
		assert.Equal(t, first[0], "meeting.started")
		assert.Assert(t, switches > 300, "%d switches between meetings", switches)
	})
}

// The script goes on after the first attempt of a delivery in the background,
// and what follows is in time for its retries.
func TestBackgroundRetriesBesideTheScript(t *testing.T) {
	s := script(t, `{"emit": "meeting.started", "background": true}, {"emit": "meeting.participantJoined"}, {"emit": "meeting.ended"}`)
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var order []string
		o := keyed()
		o.Concurrency = 1
		o.Sender.Retry = mocksender.Retry{Waits: []time.Duration{time.Minute, time.Minute}}
		f := &fake{answer: func(ctx context.Context, n, attempt int, d mocksender.Delivery) mocksender.Outcome {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, fmt.Sprintf("%s %d", d.Event.Type, attempt))
			if n == 1 && attempt < 3 {
				return mocksender.Outcome{Status: 503}
			}
			return ok()
		}}
		f.into(&o)
		r := play(t, s, o)
		assert.DeepEqual(t, order, []string{
			"meeting.started 1", "meeting.participantJoined 1", "meeting.ended 1", "meeting.started 2", "meeting.started 3",
		})
		assert.Equal(t, r.Took, 2*time.Minute)
		assert.Equal(t, r.Outcome(), scenarios.Met)
		assert.Equal(t, r.Counts.AcceptedLate, 1)
		assert.Equal(t, r.Counts.Attempts, 5)
	})
}

func TestEndOfTheContextEndsThePlayWithWhatThereIs(t *testing.T) {
	for _, test := range []struct{ reason, steps string }{
		{"between deliveries", `{"emit": "meeting.started"}, {"after": "10h", "emit": "meeting.participantJoined"}, {"emit": "meeting.ended"}`},
		{"during one", `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "note": "hangs"}, {"emit": "meeting.ended"}`},
		{"during many", `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "times": 100, "note": "hangs"}, {"emit": "meeting.ended"}`},
		{"during many at one instant", `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "times": 100, "together": true, "note": "hangs"}, {"emit": "meeting.ended"}`},
		{"during parallel meetings", `{"emit": "meeting.started"}, {"parallel": 30, "steps": [{"emit": "meeting.participantJoined", "note": "hangs"}]}, {"emit": "meeting.ended"}`},
		{"during retries", `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "note": "fails"}, {"emit": "meeting.ended"}`},
		{"during retries in the background", `{"emit": "meeting.started"}, {"emit": "meeting.participantJoined", "note": "fails", "background": true}, {"after": "10h"}, {"emit": "meeting.ended"}`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			s := script(t, test.steps)
			synctest.Test(t, func(t *testing.T) {
				o := keyed()
				o.Speed = 1
				o.Sender.Retry = mocksender.Retry{Waits: []time.Duration{time.Hour, time.Hour}}
				f := &fake{answer: func(ctx context.Context, _, _ int, d mocksender.Delivery) mocksender.Outcome {
					switch {
					case d.Event.Type != rtk.MeetingParticipantJoined:
					case strings.Contains(test.steps, "hangs"):
						return slow(ctx, time.Hour)
					case strings.Contains(test.steps, "fails"):
						return mocksender.Outcome{Status: 500}
					}
					return ok()
				}}
				f.into(&o)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				r, err := scenarios.Play(ctx, s, o)
				assert.NilError(t, err)
				assert.Equal(t, r.Took, time.Minute, "it ends at once")
				assert.Assert(t, !r.Complete)
				assert.Equal(t, r.Steps[0].Status, scenarios.Met)
				last := r.Steps[len(r.Steps)-1]
				assert.Equal(t, last.Status, scenarios.NotPlayed)
				assert.Equal(t, last.Reason, "the play ended before")
				c := r.Counts
				assert.Equal(t, c.Sent, c.Delivered+c.Failed+c.Exhausted+c.Abandoned+c.NotTried)
				assert.Equal(t, c.Sent, c.Met+c.Unmet+c.Inconclusive+c.NotJudged)
			})
		})
	}
}

func TestBackgroundCopiesOfOneDeliveryAllGetTheirFirstAttempt(t *testing.T) {
	s := script(t, `{"emit": "meeting.started", "as": "s"}, {"repeat": "s", "times": 10, "background": true}, {"emit": "meeting.ended"}`)
	synctest.Test(t, func(t *testing.T) {
		o := keyed()
		o.Sender.Retry = mocksender.Retry{Waits: []time.Duration{time.Minute}}
		var mu sync.Mutex
		var order []int
		f := &fake{answer: func(_ context.Context, n, attempt int, _ mocksender.Delivery) mocksender.Outcome {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, attempt)
			if n > 1 && n < 12 && attempt == 1 {
				return mocksender.Outcome{Status: 500}
			}
			return ok()
		}}
		f.into(&o)
		r := play(t, s, o)
		assert.DeepEqual(t, order, append(slices.Repeat([]int{1}, 12), slices.Repeat([]int{2}, 10)...))
		assert.Equal(t, r.Counts.Delivered, 12)
	})
}
