package scenarios

import (
	"context"
	"errors"
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// maxDryRun is how many rounds of steps a dry run plays. It keeps Parse quick.
// Problems beyond that come up during the play.
const maxDryRun = 5000

// dryRunner is the executor of a play without a target. Whether a step is
// possible depends neither on the seed nor on the times, so one dry run speaks
// for all plays.
type dryRunner struct {
	found *problems
	left  int
}

// errEnough ends a dry run.
var errEnough = errors.New("scenarios: enough of a dry run")

// dryRun finds what the form of a script does not show: names that no delivery
// has, steps that the meeting does not allow. It also notes what each step
// expects. An error that it returns is not about the script.
func dryRun(s *Scenario, found *problems) error {
	o, err := s.options(payload.Options{})
	if err != nil {
		return err
	}
	r := newRunner(&dryRunner{found: found, left: maxDryRun}, 1, o, nil, 0, "")
	if err := r.run(context.Background(), s.steps); err != nil && !errors.Is(err, errEnough) {
		return err
	}
	for _, st := range s.flat {
		if st.delivers() && st.info.Expect == "" {
			st.info.Expect = st.expectation(st.Mutate)
		}
	}
	return nil
}

func (d *dryRunner) begin(*meetingRunner, *step) {}

func (d *dryRunner) proceed(context.Context) error {
	if d.left--; d.left < 0 {
		return errEnough
	}
	return nil
}

func (d *dryRunner) deliver(_ context.Context, _ *meetingRunner, b batch) error {
	for planned, err := range b.deliveries {
		if err != nil {
			return err
		}
		if planned.step.info.Expect == "" {
			planned.step.info.Expect = planned.step.expectation(planned.mutate)
		}
	}
	return nil
}

func (d *dryRunner) changeService(context.Context, *meetingRunner, *step) error { return nil }

// parallel runs one meeting of the block: the others do the same.
func (d *dryRunner) parallel(ctx context.Context, _ *meetingRunner, s *step, branch func(int) *meetingRunner) error {
	return branch(0).run(ctx, s.Steps)
}

// tolerates notes the problem and lets the dry run go on, to find the others.
func (d *dryRunner) tolerates(err error) bool {
	var p *Problem
	if !errors.As(err, &p) {
		return errors.Is(err, errFollows)
	}
	// A loop meets the same problem in every round.
	if !slices.ContainsFunc(d.found.all, func(known Problem) bool { return known.Step == p.Step && known.Field == p.Field }) {
		d.found.add(*p)
	}
	return true
}
