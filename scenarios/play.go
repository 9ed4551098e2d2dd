package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Play plays s against a target and judges what comes back.
//
// Steps happen in order, and a delivery with all its retries is over before the
// next begins, unless the script says otherwise. The rounds of a step with times,
// and the meetings of a parallel block, are under way at the same time, as far as
// Options.Concurrency allows. Options.Payload and the key fix what is sent, byte
// for byte, uuids included. They do not fix the order of deliveries that are
// under way at the same time.
//
// If ctx ends, Play stops, waits until what is under way is given up, and
// returns what there is, with Complete false and no error. An error means that
// the play itself failed, never the target: unusable Options (ErrOptions), a
// step beyond what Parse checks that cannot be played (ErrScript), a mutation
// that does not apply. The result then holds what happened before.
func Play(ctx context.Context, s *Scenario, o Options) (*Result, error) {
	o, err := o.withDefaults(s)
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
	r := newRunner(p, o.Payload.Seed, o.Payload, o.Host, 0, "")
	r.meeting.happened = o.Happened
	r.timeline = newTimeline(o.Speed, o.Payload.Start)
	err = r.run(ctx, s.steps)
	p.finish(r)
	result := p.tally.result
	result.Took = time.Since(start)
	p.tally.conclude()
	if cause := p.failure(); cause != nil {
		return result, cause
	}
	switch {
	case err == nil:
		result.Complete = result.Counts.Abandoned == 0
	case ctx.Err() == nil:
		return result, p.scriptError(err)
	}
	return result, nil
}

// player is the executor of a play: it makes the deliveries.
type player struct {
	s         *Scenario
	o         Options
	sender    Sender
	mutations map[string]mutation.Mutation
	slots     chan struct{} // of deliveries under way at a time
	stop      context.CancelCauseFunc
	keyFault  wellknown.Fault // of the key endpoint, before the play
	apiFault  rest.Fault      // likewise of the REST API
	tally     *tally
	underWay  flights
	failed    atomic.Pointer[error] // of the harness: the first
}

func newPlayer(s *Scenario, o Options) *player {
	p := &player{
		s:         s,
		o:         o,
		mutations: map[string]mutation.Mutation{},
		slots:     make(chan struct{}, o.Concurrency),
		tally:     newTally(s, o),
		underWay:  flights{byUUID: map[string][]*flight{}},
	}
	for _, m := range mutation.All(o.Mutations) {
		p.mutations[m.ID] = m
	}
	return p
}

func (p *player) open() error {
	given := p.o.Sender.OnAttempt
	p.o.Sender.OnAttempt = func(d mocksender.Delivery, a mocksender.Attempt) {
		if given != nil {
			given(d, a)
		}
		if f := p.underWay.attempted(d, a); f != nil {
			p.tally.attempted(f.planned, f.runner.number, d, a)
		}
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
		p.keyFault = p.o.Keys.Fault()
	}
	if p.o.API != nil {
		p.apiFault = p.o.API.Fault()
	}
	return nil
}

// close lifts the faults that the script may have left, and closes the sender if
// the play has made it.
func (p *player) close() {
	if p.o.Keys != nil && p.s.NeedsKeys() {
		_ = p.o.Keys.SetFault(p.keyFault) // it was in force once, so it is valid
	}
	if p.o.API != nil && p.s.NeedsAPI() {
		_ = p.o.API.SetFault(p.apiFault) // likewise
	}
	if own, ok := p.sender.(*mocksender.Sender); ok && p.o.NewSender == nil {
		own.Close()
	}
}

// scriptError makes an *Error of a problem that came up during the play.
func (p *player) scriptError(err error) error {
	var problem *Problem
	if !errors.As(err, &problem) {
		return err
	}
	return &Error{File: p.s.Name + suffix, Problems: []Problem{*problem}}
}

// finish ends a meeting: it waits for what goes on in the background.
func (p *player) finish(r *meetingRunner) {
	r.background.Wait()
	p.tally.discount(r.controls.end(), "no genuine delivery of its meeting was accepted, so the rejection means nothing")
	p.tally.withhold(r.unsent + r.meeting.unsent())
}

func (p *player) begin(r *meetingRunner, s *step) { p.tally.begin(s, r.number, r.meeting.now()) }

func (p *player) proceed(ctx context.Context) error { return ctx.Err() }

func (p *player) tolerates(error) bool { return false }

func (p *player) changeService(ctx context.Context, r *meetingRunner, s *step) error {
	if err := r.timeline.wait(ctx, r.meeting.now()); err != nil {
		return err
	}
	switch s.API {
	case "":
	case "restore":
		return p.o.API.SetFault(rest.NoFault)
	case "outage":
		return p.o.API.SetFault(rest.Status500)
	default:
		return p.o.API.SetFault(rest.Fault(s.API))
	}
	switch s.Key {
	case "rotate":
		key, err := p.o.NewKey()
		if err != nil {
			return fmt.Errorf("scenarios: step %s: %w", s.info.Number, err)
		}
		p.o.Keys.Keys().Rotate(key)
		return nil
	case "restore":
		return p.o.Keys.SetFault(wellknown.None)
	case "outage":
		return p.o.Keys.SetFault(wellknown.Status500)
	default:
		return p.o.Keys.SetFault(wellknown.Fault(s.Key))
	}
}

// parallel plays the meetings of a block at the same time. The first that cannot
// go on ends the others.
func (p *player) parallel(ctx context.Context, r *meetingRunner, s *step, branch func(int) *meetingRunner) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	var once sync.Once
	var first error
	for i := range s.Parallel {
		group.Go(func() {
			b := branch(i)
			err := b.run(ctx, s.Steps)
			p.finish(b)
			if err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	group.Wait()
	r.timeline.restart(r.meeting.now())
	return first
}

// deliver makes the deliveries of a batch and waits for them. Of those in the
// background it waits for the first attempt.
func (p *player) deliver(ctx context.Context, r *meetingRunner, b batch) error {
	g := new(deliveryGroup)
	defer func() { p.closeGroup(r, g) }()
	if b.pace == paceTogether {
		return p.together(ctx, r, b, g)
	}
	var group sync.WaitGroup
	defer group.Wait()
	for planned, err := range b.deliveries {
		if err != nil {
			return err
		}
		if !p.subscribed(planned) {
			continue
		}
		if err := r.timeline.wait(ctx, planned.due); err != nil {
			return err
		}
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		f := newFlight(r, planned)
		switch {
		case b.background:
			p.inBackground(ctx, f)
		case b.several && b.pace == paceFree:
			group.Go(func() {
				defer p.release()
				p.send(ctx, f, g)
			})
		default:
			p.send(ctx, f, g)
			p.release()
		}
	}
	return nil
}

func (p *player) release() { <-p.slots }

// inBackground makes a delivery and returns when its first attempt is over. From
// then on it takes no slot from others: it may wait for long.
func (p *player) inBackground(ctx context.Context, f *flight) {
	f.runner.background.Go(func() {
		defer f.setTried()
		g := new(deliveryGroup)
		p.send(ctx, f, g)
		p.closeGroup(f.runner, g)
	})
	<-f.tried
	p.release()
}

// together releases a batch at one instant.
func (p *player) together(ctx context.Context, r *meetingRunner, b batch, g *deliveryGroup) error {
	var all []*flight
	for planned, err := range b.deliveries {
		if err != nil {
			return err
		}
		if p.subscribed(planned) {
			all = append(all, newFlight(r, planned))
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := r.timeline.wait(ctx, all[len(all)-1].planned.due); err != nil {
		return err
	}
	gate := make(chan struct{})
	var ready, group sync.WaitGroup
	for _, f := range all {
		ready.Add(1)
		group.Go(func() {
			ready.Done()
			<-gate
			p.send(ctx, f, g)
		})
	}
	ready.Wait()
	close(gate)
	group.Wait()
	return nil
}

// subscribed reports whether the webhook receives the event, and counts those
// that it does not.
func (p *player) subscribed(d plannedDelivery) bool {
	if len(p.o.Events) == 0 || slices.Contains(p.o.Events, d.delivery.Event.Type) {
		return true
	}
	p.tally.filtered(d.step)
	return false
}

// send makes one delivery and counts its receipt. An AheadSender may have it return
// before that.
func (p *player) send(ctx context.Context, f *flight, g *deliveryGroup) {
	count := func(r *mocksender.Receipt, g *deliveryGroup) {
		if r != nil {
			p.tally.ended(f.planned, f.runner.number, g, *r)
		}
	}
	ahead, ok := p.sender.(AheadSender)
	if !ok {
		count(p.transmit(f, func(d mocksender.Delivery) (mocksender.Receipt, error) { return p.sender.Send(ctx, p.o.URL, d) }), g)
		return
	}
	next, over := make(chan struct{}), make(chan *mocksender.Receipt, 1)
	f.runner.background.Go(func() {
		over <- p.transmit(f, func(d mocksender.Delivery) (mocksender.Receipt, error) {
			return ahead.SendAhead(ctx, p.o.URL, d, func() { close(next) })
		})
	})
	select {
	case r := <-over:
		count(r, g)
	case <-next:
		f.runner.background.Go(func() {
			own := new(deliveryGroup) // g may be closed by then
			count(<-over, own)
			p.closeGroup(f.runner, own)
		})
	}
}

// transmit makes one delivery. After the harness has failed it does nothing, and
// returns nil.
func (p *player) transmit(f *flight, send func(mocksender.Delivery) (mocksender.Receipt, error)) *mocksender.Receipt {
	if p.failure() != nil {
		return nil
	}
	d := f.planned.delivery
	for _, id := range f.planned.mutate {
		d.Mutations = append(d.Mutations, p.mutations[id])
	}
	p.underWay.add(f)
	r, err := send(d)
	p.underWay.remove(f)
	if err != nil {
		p.fail(f.planned.step, err)
		return nil
	}
	return &r
}

// closeGroup ends a group of deliveries.
func (p *player) closeGroup(r *meetingRunner, g *deliveryGroup) {
	p.tally.discount(r.controls.close(g), "a genuine delivery beside it was refused too, so the rejection means nothing")
}

// failure returns why the harness failed, or nil.
func (p *player) failure() error {
	if err := p.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// fail ends the play because of the harness.
func (p *player) fail(s *step, err error) {
	err = fmt.Errorf("scenarios: %s: step %s: %w", p.s.Name, s.info.Number, err)
	p.failed.CompareAndSwap(nil, &err)
	p.stop(err)
}
