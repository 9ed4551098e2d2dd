package scenarios

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// meetingRunner runs the steps of one meeting: the meeting of the script, or one
// of a parallel block. It plans deliveries, and its executor makes them.
type meetingRunner struct {
	planner
	executor executor
	number   int // of the meeting in its parallel block; 0 outside
	seed     uint64
	options  payload.Options

	// For the executor.
	timeline   timeline
	controls   controls
	background sync.WaitGroup
}

// executor does what the steps of a meeting ask for.
type executor interface {
	// begin is called when a step begins.
	begin(r *meetingRunner, s *step)
	// proceed is called before each round of a step. An error ends the meeting.
	proceed(ctx context.Context) error
	// deliver makes the batch's deliveries.
	deliver(ctx context.Context, r *meetingRunner, b batch) error
	// changeService does what a key or an api step says.
	changeService(ctx context.Context, r *meetingRunner, s *step) error
	// parallel runs the meetings of a parallel block and waits for them. branch
	// makes the i-th, from 0.
	parallel(ctx context.Context, r *meetingRunner, s *step, branch func(i int) *meetingRunner) error
	// tolerates reports whether to go on after an error of a step.
	tolerates(err error) bool
}

// batch is deliveries that belong together.
type batch struct {
	deliveries iter.Seq2[plannedDelivery, error] // planned one by one, as they are asked for
	pace       pace
	several    bool
	background bool
}

func newRunner(e executor, seed uint64, o payload.Options, host Host, number int, path string) *meetingRunner {
	o.Seed = seed
	return &meetingRunner{
		planner: planner{
			meeting: newScriptMeeting(o, host),
			names:   map[string]*namedDelivery{},
			failed:  map[string]bool{},
			uuids:   rtk.NewIDs(seed, "scenarios/uuid"+path),
		},
		executor: e,
		number:   number,
		seed:     seed,
		options:  o,
	}
}

// run runs steps in order.
func (r *meetingRunner) run(ctx context.Context, steps []*step) error {
	for _, s := range steps {
		if err := r.executor.proceed(ctx); err != nil {
			return err
		}
		r.executor.begin(r, s)
		if err := r.check(s, r.step(ctx, s)); err != nil {
			return err
		}
	}
	return nil
}

// check returns the error of a step with its number, or nil if the executor
// tolerates it.
func (r *meetingRunner) check(s *step, err error) error {
	if err == nil {
		return nil
	}
	err = locate(err, s.info.Number, "")
	if !r.executor.tolerates(err) {
		return err
	}
	r.failed[s.As] = true
	return nil
}

func (r *meetingRunner) step(ctx context.Context, s *step) error {
	switch {
	case s.isBlock():
		return r.block(ctx, s)
	case s.delivers():
		return r.executor.deliver(ctx, r, batch{
			deliveries: r.deliveries(ctx, s), pace: s.pace, several: s.Times > 1, background: s.Background,
		})
	default:
		return r.happen(ctx, s)
	}
}

// happen runs a step that delivers nothing.
func (r *meetingRunner) happen(ctx context.Context, s *step) error {
	if s.Emit != "" { // with later
		for _, err := range r.deliveries(ctx, s) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := r.meeting.advance(s.wait); err != nil {
		return err
	}
	switch {
	case s.Key != "", s.API != "":
		return r.executor.changeService(ctx, r, s)
	case s.Session != "":
		return r.meeting.nextSession()
	default:
		return nil
	}
}

// deliveries plans a step's deliveries one after the other.
func (r *meetingRunner) deliveries(ctx context.Context, s *step) iter.Seq2[plannedDelivery, error] {
	return func(yield func(plannedDelivery, error) bool) {
		for round := range s.Times {
			var d plannedDelivery
			err := r.inRound(s, round, func() (err error) {
				if err = r.executor.proceed(ctx); err == nil {
					d, err = r.plan(s)
				}
				return err
			})
			if !yield(d, locate(err, s.info.Number, "")) || err != nil {
				return
			}
		}
	}
}

// block runs the steps of a block, as often as it says.
func (r *meetingRunner) block(ctx context.Context, s *step) error {
	around := r.faults
	r.faults = append(slices.Clip(s.faultPlan), around...)
	defer func() { r.faults = around }()
	for round := range s.Times {
		err := r.inRound(s, round, func() error {
			if err := r.executor.proceed(ctx); err != nil {
				return err
			}
			if err := r.meeting.advance(s.wait); err != nil {
				return err
			}
			switch {
			case s.Parallel > 0:
				return r.executor.parallel(ctx, r, s, func(i int) *meetingRunner { return r.branch(s, round, i+1) })
			case s.batched():
				return r.awaitBatch(ctx, s, round)
			default:
				return r.run(ctx, s.Steps)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// branch returns the runner of one meeting of a parallel block.
func (r *meetingRunner) branch(s *step, round, number int) *meetingRunner {
	path := fmt.Sprintf("/%s/%d", r.place(s, round), number)
	o := r.options
	o.Start = r.meeting.now()
	b := newRunner(r.executor, deriveSeed(r.seed, path), o, r.meeting.host, number, path)
	b.meeting.happened = r.meeting.happened
	b.rounds = []int{number}
	b.faults = r.faults
	b.timeline = r.timeline
	return b
}

// awaitBatch lets all events of a block happen, and then delivers them in
// another order or at one instant.
func (r *meetingRunner) awaitBatch(ctx context.Context, s *step, round int) error {
	var all []plannedDelivery
	for _, inner := range s.Steps {
		r.executor.begin(r, inner)
		planned, err := r.planAll(ctx, inner)
		all = append(all, planned...)
		if err := r.check(inner, err); err != nil {
			return err
		}
	}
	if s.Shuffle {
		rng := rand.New(rand.NewPCG(r.seed, deriveSeed(r.seed, "shuffle "+r.place(s, round))))
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		// They have all happened before the first goes out.
		for i := range all {
			all[i].due = r.meeting.now()
		}
	}
	deliveries := func(yield func(plannedDelivery, error) bool) {
		for _, d := range all {
			if !yield(d, nil) {
				return
			}
		}
	}
	return r.executor.deliver(ctx, r, batch{deliveries: deliveries, pace: s.pace, several: true})
}

// planAll lets a step of a batched block happen and returns its deliveries.
func (r *meetingRunner) planAll(ctx context.Context, s *step) ([]plannedDelivery, error) {
	if !s.delivers() {
		return nil, r.happen(ctx, s)
	}
	var all []plannedDelivery
	for d, err := range r.deliveries(ctx, s) {
		if err != nil {
			return all, err
		}
		all = append(all, d)
	}
	return all, nil
}

// place names a round of a step among all rounds of the loops around it: each has
// chances and meetings of its own.
func (r *meetingRunner) place(s *step, round int) string {
	around := r.rounds
	if s.Times > 1 {
		around = around[:len(around)-1]
	}
	place := s.info.Number + "/"
	for _, n := range around {
		place += fmt.Sprintf("%d.", n)
	}
	return place + strconv.Itoa(round)
}

// deriveSeed returns the seed for a part of a play.
func deriveSeed(seed uint64, path string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "scenarios %d %s", seed, path)
	return h.Sum64()
}
