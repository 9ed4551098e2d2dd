package scenarios

import (
	"context"
	"errors"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// maxRehearsed is how many rounds of steps a rehearsal plays. It keeps Parse quick; what lies beyond comes up during the play.
const maxRehearsed = 5000

// rehearsal is the stage of a play without a target. Whether a step is
// possible depends neither on the seed nor on the times, so one rehearsal
// speaks for all plays.
type rehearsal struct {
	p    *parser
	left int
}

// errEnough ends a rehearsal.
var errEnough = errors.New("scenarios: rehearsed enough")

// rehearse finds what the form of a script does not show: names that nothing
// bears, steps that the meeting does not allow. An error that it returns is
// not about the script.
func rehearse(s *Scenario, p *parser) error {
	o, err := s.payload(payload.Options{})
	if err != nil {
		return err
	}
	l := newLane(&rehearsal{p: p, left: maxRehearsed}, 1, o, 0, "")
	if err := l.play(context.Background(), s.steps); err != nil && !errors.Is(err, errEnough) {
		return err
	}
	for _, st := range s.flat {
		if st.delivers() && st.info.Expect == "" {
			st.info.Expect = st.expectation(st.mutate)
		}
	}
	return nil
}

func (r *rehearsal) begin(*lane, *step) {}

func (r *rehearsal) goOn(context.Context) error {
	if r.left--; r.left < 0 {
		return errEnough
	}
	return nil
}

func (r *rehearsal) deliver(_ context.Context, _ *lane, b batch) error {
	for ship, err := range b.ships {
		if err != nil {
			return err
		}
		if ship.step.info.Expect == "" {
			ship.step.info.Expect = ship.step.expectation(ship.mutate)
		}
	}
	return nil
}

func (r *rehearsal) key(context.Context, *lane, *step) error { return nil }

// fork rehearses one meeting of the block: the others do the same.
func (r *rehearsal) fork(ctx context.Context, _ *lane, s *step, branch func(int) *lane) error {
	return branch(0).play(ctx, s.steps)
}

// forgive notes the problem and lets the rehearsal go on, to find the others.
func (r *rehearsal) forgive(_ *step, err error) bool {
	var p *Problem
	switch {
	case errors.Is(err, errBroken):
		return true
	case errors.As(err, &p):
		// A loop meets the same problem in every round.
		for _, known := range r.p.all {
			if known.Step == p.Step && known.Field == p.Field {
				return true
			}
		}
		r.p.add(*p)
		return true
	default:
		return false
	}
}
