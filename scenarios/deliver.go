package scenarios

import (
	"context"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender"
)

// flight is a delivery under way.
type flight struct {
	lane  *lane
	ship  shipment
	first chan struct{} // closed when the first attempt is over, or there is none
	once  sync.Once
}

func (f *flight) tried() { f.once.Do(func() { close(f.first) }) }

// deliver makes the deliveries of one step, or of a gathered block, and waits
// for them; of those in the background, for the first attempt.
func (p *player) deliver(ctx context.Context, l *lane, b batch) error {
	u := new(unit)
	defer func() { p.settle(l, u) }()
	if b.pace == paceTogether {
		return p.together(ctx, l, b, u)
	}
	var group sync.WaitGroup
	defer group.Wait()
	for ship, err := range b.ships {
		if err != nil {
			return err
		}
		if !p.subscribed(ship) {
			continue
		}
		if err := l.timeline.wait(ctx, ship.due); err != nil {
			return err
		}
		select {
		case p.tokens <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		// Made here, where nothing else touches the lane.
		f := &flight{lane: l, ship: ship, first: make(chan struct{})}
		switch {
		case b.background:
			p.aside(ctx, f)
		case b.several && b.pace == paceFree:
			group.Go(func() {
				defer p.release()
				p.send(ctx, f, u)
			})
		default:
			p.send(ctx, f, u)
			p.release()
		}
	}
	return nil
}

func (p *player) release() { <-p.tokens }

// aside makes a delivery and returns when its first attempt is over. From then
// on it takes no place from others: it may wait for long.
func (p *player) aside(ctx context.Context, f *flight) {
	f.lane.background.Go(func() {
		defer f.tried()
		u := new(unit)
		p.send(ctx, f, u)
		p.settle(f.lane, u)
	})
	<-f.first
	p.release()
}

// together releases a batch at one instant.
func (p *player) together(ctx context.Context, l *lane, b batch, u *unit) error {
	var all []*flight
	for ship, err := range b.ships {
		if err != nil {
			return err
		}
		if p.subscribed(ship) {
			all = append(all, &flight{lane: l, ship: ship, first: make(chan struct{})})
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := l.timeline.wait(ctx, all[len(all)-1].ship.due); err != nil {
		return err
	}
	gate := make(chan struct{})
	var ready, group sync.WaitGroup
	for _, f := range all {
		ready.Add(1)
		group.Go(func() {
			ready.Done()
			<-gate
			p.send(ctx, f, u)
		})
	}
	ready.Wait()
	close(gate)
	group.Wait()
	return nil
}

// subscribed reports whether the webhook receives the event, and counts those
// that it does not.
func (p *player) subscribed(ship shipment) bool {
	if p.events == nil || p.events[ship.delivery.Event.Type] {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Steps[ship.step.index].Counts.Filtered++
	p.result.Counts.Filtered++
	return false
}

// send makes one delivery and takes its receipt into account. After the
// harness has failed it does nothing.
func (p *player) send(ctx context.Context, f *flight, u *unit) {
	if p.failure() != nil {
		return
	}
	d := f.ship.delivery
	for _, id := range f.ship.mutate {
		d.Mutations = append(d.Mutations, p.mutations[id])
	}
	p.takeOff(d.UUID, f)
	r, err := p.sender.Send(ctx, p.o.URL, d)
	p.land(d.UUID, f)
	if err != nil {
		p.fail(f.ship.step, err)
		return
	}
	p.account(f, u, r)
}

func (p *player) takeOff(uuid string, f *flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flights[uuid] = append(p.flights[uuid], f)
}

func (p *player) land(uuid string, f *flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.flights[uuid]
	i := slices.Index(list, f)
	if list = slices.Delete(list, i, i+1); len(list) == 0 {
		delete(p.flights, uuid)
		return
	}
	p.flights[uuid] = list
}

// attempted is called after every attempt of the sender. Deliveries that are
// under way with the same uuid are copies of one, and which of them an attempt
// belongs to makes no difference but for its number: the n-th first attempt is
// the n-th copy's.
func (p *player) attempted(d mocksender.Delivery, a mocksender.Attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.flights[d.UUID]
	if len(list) == 0 {
		return // somebody else's, where the sender is shared
	}
	f := list[0]
	if a.N == 1 {
		if i := slices.IndexFunc(list, untried); i >= 0 {
			f = list[i]
		}
	}
	f.tried()
	if p.o.Progress != nil {
		p.o.Progress(Update{
			Kind: Attempted, Step: f.ship.step.info, Meeting: f.lane.number, At: f.ship.due,
			Delivery: d, Attempt: a,
		})
	}
}

func untried(f *flight) bool {
	select {
	case <-f.first:
		return false
	default:
		return true
	}
}

// account judges a receipt, counts it and tells of it.
func (p *player) account(f *flight, u *unit, r mocksender.Receipt) {
	s := f.ship.step
	expect := s.expectation(f.ship.mutate)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answered = p.answered || hasAnswered(r)
	v := judge(expect, r, p.answered)
	u.add(s, expect, r, v)

	step := &p.result.Steps[s.index]
	for _, c := range []*Counts{&step.Counts, &p.result.Counts} {
		c.addFate(r)
		c.addStatus(v.status, 1)
	}
	if p.reasons[s.index][v.status] == "" {
		p.reasons[s.index][v.status] = v.reason
	}
	if v.status == Unmet && len(step.Evidence) < p.o.Evidence {
		step.Evidence = append(step.Evidence, r)
	}
	if p.o.Progress != nil {
		p.o.Progress(Update{
			Kind: Ended, Step: s.info, Meeting: f.lane.number, At: f.ship.due,
			Receipt: r, Expect: expect, Status: v.status, Reason: v.reason,
		})
	}
}

// settle closes a unit of deliveries.
func (p *player) settle(l *lane, u *unit) {
	void := l.bracket.close(u)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.void(void, "a genuine delivery beside it was refused too, so the rejection means nothing")
}

// void takes back rejections that mean nothing. The lock is held.
func (p *player) void(rejections map[int]int, reason string) {
	for index, n := range rejections {
		step := &p.result.Steps[index]
		for _, c := range []*Counts{&step.Counts, &p.result.Counts} {
			c.Met -= n
			c.Inconclusive += n
		}
		if p.reasons[index][Inconclusive] == "" {
			p.reasons[index][Inconclusive] = reason
		}
	}
}
