package scenarios

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Play plays s against a target and judges what comes back.
//
// Steps happen in order, and a delivery with all its retries is over before
// the next begins, unless the script says otherwise: the rounds of a step with
// times and the meetings of a parallel block are under way beside each other,
// as far as Options.Concurrency allows. What is sent is fixed by Options.Payload
// and the key, byte for byte, uuids included; among deliveries that are under
// way together the order is not.
//
// If ctx ends, Play stops, waits for what is under way to be given up, and
// returns what there is, with Complete false and no error. An error means that
// the play itself failed, never the target: unusable Options (ErrOptions), a
// step beyond what Parse rehearses that cannot be played (ErrScript), a
// mutation that does not apply. The result then holds what happened before.
func Play(ctx context.Context, s *Scenario, o Options) (*Result, error) {
	o, err := o.settle(s)
	if err != nil {
		return nil, err
	}
	p := newPlayer(s, o)
	if err := p.open(); err != nil {
		return nil, err
	}
	defer p.close()
	ctx, p.stop = context.WithCancelCause(ctx)
	defer p.stop(nil)

	start := time.Now()
	l := newLane(p, o.Payload.Seed, o.Payload, 0, "")
	l.timeline = newTimeline(o.Speed, o.Payload.Start)
	err = l.play(ctx, s.steps)
	p.finish(l)
	p.result.Took = time.Since(start)
	p.result.conclude(p.reasons)
	if cause := p.failure(); cause != nil {
		return p.result, cause
	}
	switch {
	case err == nil:
		p.result.Complete = p.result.Counts.Abandoned == 0
	case ctx.Err() == nil:
		return p.result, p.scriptError(err)
	}
	return p.result, nil
}

// player is the stage of a play.
type player struct {
	s         *Scenario
	o         Options
	sender    Sender
	mutations map[string]mutation.Mutation
	events    map[rtk.EventType]bool // nil: all
	tokens    chan struct{}
	stop      context.CancelCauseFunc
	before    wellknown.Fault // of the key endpoint

	mu       sync.Mutex
	result   *Result
	reasons  []map[Status]string // the first of each kind, by step
	answered bool                // the target has ever answered
	flights  map[string][]*flight
	failed   error // of the harness: the first
}

func newPlayer(s *Scenario, o Options) *player {
	p := &player{
		s:         s,
		o:         o,
		mutations: map[string]mutation.Mutation{},
		tokens:    make(chan struct{}, o.Concurrency),
		flights:   map[string][]*flight{},
		result: &Result{
			Scenario: s.Name, Title: s.Title, URL: o.URL, Seed: o.Payload.Seed, Start: o.Payload.Start.UTC(),
		},
	}
	for _, m := range mutation.All(o.Mutations) {
		p.mutations[m.ID] = m
	}
	if len(o.Events) > 0 {
		p.events = map[rtk.EventType]bool{}
		for _, e := range o.Events {
			p.events[e] = true
		}
	}
	for _, info := range s.Steps() {
		p.result.Steps = append(p.result.Steps, StepResult{StepInfo: info})
		p.reasons = append(p.reasons, map[Status]string{})
	}
	return p
}

func (p *player) open() error {
	given := p.o.Sender.OnAttempt
	p.o.Sender.OnAttempt = func(d mocksender.Delivery, a mocksender.Attempt) {
		if given != nil {
			given(d, a)
		}
		p.attempted(d, a)
	}
	var err error
	if p.o.NewSender != nil {
		p.sender, err = p.o.NewSender(p.o.Sender)
	} else {
		p.sender, err = mocksender.New(p.o.Sender)
	}
	if err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	if p.o.Keys != nil {
		p.before = p.o.Keys.Fault()
	}
	return nil
}

// close lifts the fault that the script may have left, and closes the sender
// if it is the play's own.
func (p *player) close() {
	if p.o.Keys != nil && p.s.NeedsKeys() {
		_ = p.o.Keys.SetFault(p.before) // it was in force once, so it is valid
	}
	if own, ok := p.sender.(*mocksender.Sender); ok && p.o.NewSender == nil {
		own.Close()
	}
}

// failure returns why the harness failed, or nil.
func (p *player) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// fail ends the play because of the harness.
func (p *player) fail(s *step, err error) {
	p.mu.Lock()
	if p.failed == nil {
		p.failed = fmt.Errorf("scenarios: %s: step %s: %w", p.s.Name, s.info.Number, err)
	}
	p.mu.Unlock()
	p.stop(err)
}

// scriptError makes an *Error of a problem that came up during the play.
func (p *player) scriptError(err error) error {
	var problem *Problem
	if !errors.As(err, &problem) {
		return err
	}
	return &Error{File: p.s.Name + suffix, Problems: []Problem{*problem}}
}

// finish ends a lane: what goes on in the background comes to its end.
func (p *player) finish(l *lane) {
	l.background.Wait()
	void := l.bracket.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.void(void, "no genuine delivery of its meeting was accepted, so the rejection means nothing")
	p.result.Withheld += l.unsent + l.cast.unasked + len(l.cast.pool)
}

func (p *player) begin(l *lane, s *step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := &p.result.Steps[s.index]; r.Status == "" {
		r.Status = NotJudged
	}
	if p.o.Progress != nil {
		p.o.Progress(Update{Kind: Began, Step: s.info, Meeting: l.number, At: l.now()})
	}
}

func (p *player) goOn(ctx context.Context) error { return ctx.Err() }

func (p *player) forgive(*step, error) bool { return false }

func (p *player) key(ctx context.Context, l *lane, s *step) error {
	if err := l.timeline.wait(ctx, l.now()); err != nil {
		return err
	}
	if !s.key.rotate {
		return p.o.Keys.SetFault(s.key.fault)
	}
	key, err := p.o.NewKey()
	if err != nil {
		return fmt.Errorf("scenarios: step %s: %w", s.info.Number, err)
	}
	p.o.Keys.Keys().Rotate(key)
	return nil
}

// fork plays the meetings of a parallel block beside each other. The first
// that cannot go on ends the others.
func (p *player) fork(ctx context.Context, l *lane, s *step, branch func(int) *lane) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	var once sync.Once
	var first error
	for i := range s.parallel {
		group.Go(func() {
			b := branch(i)
			err := b.play(ctx, s.steps)
			p.finish(b)
			if err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	group.Wait()
	l.timeline.restart(l.now())
	return first
}
