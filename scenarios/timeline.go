package scenarios

import (
	"context"
	"time"
)

// timeline maps the meeting's time to the real time.
type timeline struct {
	speed   float64 // 0: no waiting
	meeting time.Time
	real    time.Time
}

func newTimeline(speed float64, meeting time.Time) timeline {
	return timeline{speed: speed, meeting: meeting, real: time.Now()}
}

// restart says that the meeting's time is now meeting.
func (t *timeline) restart(meeting time.Time) { t.meeting, t.real = meeting, time.Now() }

// wait waits until the meeting's time is due, or returns the context's error. It
// does not wait for what is late already.
func (t *timeline) wait(ctx context.Context, due time.Time) error {
	if err := ctx.Err(); err != nil || t.speed == 0 {
		return err
	}
	// At a very low speed the quotient is more than a Duration holds.
	const centuries = 1 << 62
	ahead := time.Duration(min(float64(due.Sub(t.meeting))/t.speed, centuries)) - time.Since(t.real)
	if ahead <= 0 {
		return nil
	}
	timer := time.NewTimer(ahead)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
