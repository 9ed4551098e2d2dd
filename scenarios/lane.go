package scenarios

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// lane plays steps for one meeting: that of the script itself, or one of a
// parallel block. It makes the events and says when they are due; its stage
// does with them what it does. Nothing here depends on what the stage did, so
// a rehearsal sees the same bytes as a play.
type lane struct {
	stage   stage
	number  int // of the meeting in its parallel block; 0 outside
	seed    uint64
	options payload.Options
	cast    *cast
	names   map[string]*named
	broken  map[string]bool // names whose step was at fault; for rehearsals
	unsent  int             // held back by later and not sent yet
	uuids   *rtk.IDs
	rounds  []int // of the loops around, innermost last
	faults  mocksender.FaultPlan

	// For the stage.
	timeline   timeline
	bracket    bracket
	background sync.WaitGroup
}

// stage is what becomes of a lane's steps.
type stage interface {
	// begin says that a step begins.
	begin(l *lane, s *step)
	// goOn is asked before each round of a step; an error ends the lane.
	goOn(ctx context.Context) error
	// deliver makes the batch's deliveries.
	deliver(ctx context.Context, l *lane, b batch) error
	// key does what a key step says.
	key(ctx context.Context, l *lane, s *step) error
	// fork plays the meetings of a parallel block, of which branch makes the
	// i-th, from 0, and waits for them.
	fork(ctx context.Context, l *lane, s *step, branch func(i int) *lane) error
	// forgive reports whether to go on after an error of a step.
	forgive(s *step, err error) bool
}

// batch is deliveries that belong together.
type batch struct {
	ships      iter.Seq2[shipment, error] // made one by one, as they are asked for
	pace       pace
	several    bool
	background bool
}

// shipment is one delivery that a step asks for.
type shipment struct {
	step     *step
	delivery mocksender.Delivery // without mutations, which the stage looks up
	mutate   []string
	due      time.Time // the meeting's time
}

// named is a delivery that later steps may refer to.
type named struct {
	event  rtk.Event
	uuid   string
	mutate []string

	held    bool // until a send step sends it
	waiting bool // until it, or a copy of it, has been sent
}

func newLane(stage stage, seed uint64, o payload.Options, number int, path string) *lane {
	o.Seed = seed
	return &lane{
		stage:   stage,
		number:  number,
		seed:    seed,
		options: o,
		cast:    newCast(o),
		names:   map[string]*named{},
		broken:  map[string]bool{},
		uuids:   rtk.NewIDs(seed, "scenarios/uuid"+path),
	}
}

// now returns the meeting's time.
func (l *lane) now() time.Time {
	if l.cast.meeting == nil {
		return l.options.Start
	}
	return l.cast.meeting.Now()
}

// play plays steps in order.
func (l *lane) play(ctx context.Context, steps []*step) error {
	for _, s := range steps {
		if err := l.step(ctx, s); err != nil {
			err = at(s, err)
			if !l.stage.forgive(s, err) {
				return err
			}
			l.broken[s.as] = true
		}
	}
	return nil
}

// at gives a problem the number of its step.
func at(s *step, err error) error {
	var p *Problem
	if errors.As(err, &p) && p.Step == "" {
		placed := *p
		placed.Step = s.info.Number
		return &placed
	}
	return err
}

func (l *lane) step(ctx context.Context, s *step) error {
	if err := l.stage.goOn(ctx); err != nil {
		return err
	}
	l.stage.begin(l, s)
	switch s.verb {
	case doEmit, doRepeat, doSend:
		if s.later {
			for _, err := range l.shipments(ctx, s) {
				if err != nil {
					return err
				}
			}
			return nil
		}
		return l.stage.deliver(ctx, l, batch{
			ships: l.shipments(ctx, s), pace: s.pace, several: s.times > 1, background: s.background,
		})
	case doBlock:
		return l.block(ctx, s)
	}
	if err := l.cast.advance(s.after); err != nil {
		return err
	}
	switch s.verb {
	case doKey:
		return l.stage.key(ctx, l, s)
	case doSession:
		return l.cast.next()
	default:
		return nil
	}
}

// block plays the steps of a block, as often as it says.
func (l *lane) block(ctx context.Context, s *step) error {
	before := l.faults
	l.faults = append(slices.Clip(s.faults), before...)
	defer func() { l.faults = before }()
	for round := range s.times {
		if s.times > 1 {
			l.rounds = append(l.rounds, round+1)
		}
		err := l.round(ctx, s, round)
		if s.times > 1 {
			l.rounds = l.rounds[:len(l.rounds)-1]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) round(ctx context.Context, s *step, round int) error {
	if err := l.stage.goOn(ctx); err != nil {
		return err
	}
	if err := l.cast.advance(s.after); err != nil {
		return err
	}
	switch {
	case s.parallel > 0:
		return l.stage.fork(ctx, l, s, func(i int) *lane { return l.branch(s, round, i+1) })
	case s.gathered():
		return l.gather(ctx, s, round)
	default:
		return l.play(ctx, s.steps)
	}
}

// branch returns the lane of one meeting of a parallel block.
func (l *lane) branch(s *step, round, number int) *lane {
	path := fmt.Sprintf("/%s/%d/%d", s.info.Number, round, number)
	o := l.options
	o.Start = l.now()
	b := newLane(l.stage, derive(l.seed, path), o, number, path)
	b.rounds = []int{number}
	b.faults = l.faults
	b.timeline = l.timeline
	return b
}

// derive returns a seed of its own for a part of a play.
func derive(seed uint64, path string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "scenarios %d %s", seed, path)
	return h.Sum64()
}
