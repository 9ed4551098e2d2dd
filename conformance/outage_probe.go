package conformance

import (
	"context"
	"crypto/rsa"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Forge makes a single attempt of a forgery that is sent while the key endpoint
// is disturbed, and judges nothing. What it is answered is not held against the
// target elsewhere.
func (p *Probe) Forge(f Forgery) *Exchange {
	release, err := p.run.pace.acquire(p.ctx)
	if err != nil {
		return &Exchange{Label: f.Label}
	}
	defer release()
	e := f.Event
	if e.Body == nil {
		e = p.FreshAny()
	}
	s := p.land(p.launchAs(f.Label, unverifiable, mocksender.Delivery{UUID: f.UUID, Event: e, Mutations: f.Mutations}))
	p.run.pace.heed(s)
	return s
}

// ForgeAll is Forge for several, width of them at a time.
func (p *Probe) ForgeAll(width int, forgeries []Forgery) []*Exchange {
	out := make([]*Exchange, len(forgeries))
	for i := 0; i < len(forgeries); i += width {
		if width == 1 {
			out[i] = p.Forge(forgeries[i])
			continue
		}
		flights := make([]*flight, 0, width)
		for _, f := range forgeries[i:min(i+width, len(forgeries))] {
			flights = append(flights, p.launchAs(f.Label, unverifiable, mocksender.Delivery{UUID: f.UUID, Event: f.Event, Mutations: f.Mutations}))
		}
		for j, f := range flights {
			out[i+j] = p.land(f)
		}
	}
	return out
}

// FetchesKey reports whether the target has asked for its key since mark. One that has
// answered s by 2xx may do so later: it is given time, unless it never asks.
func (p *Probe) FetchesKey(mark wellknown.Mark, s *Exchange) bool {
	keys := p.run.endpoints.KeyServer
	if keys.FetchesSince(mark) > 0 {
		return true
	}
	if s.Answer != Accepted || keys.Fetches() == 0 {
		return false
	}
	began := time.Now()
	defer func() { p.AddWaited(time.Since(began)) }()
	ctx, cancel := context.WithTimeout(p.ctx, p.run.o.Quiet)
	defer cancel()
	return keys.WaitFetch(ctx, mark) == nil
}

// risingMost bounds how long a target that was started anew is taken to be
// starting still.
const risingMost = time.Second

// AwaitReady sends a target that was started anew e without a signature, until it is
// answered other than by 5xx: before, the target may be starting, or not be there
// behind a proxy. For these it need not ask for its key. e has to be had before
// the start, as genuine deliveries may come before it.
func (p *Probe) AwaitReady(e rtk.Event) {
	began := time.Now()
	unsigned := Forgery{Label: "an unsigned delivery to a target that is starting", Event: e, Mutations: []mutation.Mutation{p.Mutation("signature/missing")}}
	for wait := recoverFirst; ; wait *= 2 {
		s := p.Forge(unsigned)
		starting := s.Answer == Failing || s.Answer == Cut || s.Answer == Limited
		if !starting || time.Since(began)+wait > risingMost || p.ctx.Err() != nil {
			return
		}
		p.Pause(wait)
	}
}

// How long a stampede waits for the first fetch, and for another one.
const (
	stampedeFirst = time.Second
	stampedeMore  = 100 * time.Millisecond
)

// ConcurrentColdStart sends deliveries at once, a single attempt each, while the key
// endpoint hangs, and lets go of it when no more fetches come. It returns how
// many there were since mark.
func (p *Probe) ConcurrentColdStart(mark wellknown.Mark, label string, deliveries []mocksender.Delivery) (fetches int, sents []*Exchange) {
	for _, d := range deliveries {
		p.run.single.Presign(p.run.o.applyOverrides(d.Event.Body)) // or they would come one by one, as they are signed
	}
	keys := p.run.endpoints.KeyServer
	p.SetKeyFault(wellknown.Hang)
	defer p.SetKeyFault(wellknown.None)
	flights := make([]*flight, len(deliveries))
	for i, d := range deliveries {
		flights[i] = p.launch(label, d)
	}
	began, latest := time.Now(), mark
	end := began.Add(2 * stampedeFirst) // a target that fetches now and then never stops
	for limit := stampedeFirst; ; {
		ctx, cancel := context.WithTimeout(p.ctx, min(limit, time.Until(end)))
		err := keys.WaitFetch(ctx, latest)
		cancel()
		if latest == mark {
			// Where the first took long, the others may take as long.
			limit = max(stampedeMore, min(2*time.Since(began), stampedeFirst))
		}
		if latest = keys.Mark(); err != nil || keys.FetchesSince(mark) >= len(deliveries) {
			break
		}
	}
	fetches = keys.FetchesSince(mark)
	p.AddWaited(time.Since(began))
	p.SetKeyFault(wellknown.None)
	for _, f := range flights {
		sents = append(sents, p.land(f))
	}
	return fetches, sents
}

// Rotation is what came of the change of the key.
type Rotation struct {
	Old          *rsa.PrivateKey
	First, Taken *Exchange     // the first delivery signed by the new key, and the last
	Took         time.Duration // from the change to the end of Taken
	Fetches      int           // of the key meanwhile
	Lost         bool          // First was refused, and a later one taken without being waited for
}

// Accepted reports that the target takes the new key.
func (r *Rotation) Accepted() bool { return r.Taken.Answer == Accepted }

// keyCalm is how long ago the last fetch has to be when another one is wanted:
// receivers let some time pass between two, so that forgeries do not become a
// flood of them.
const keyCalm = 250 * time.Millisecond

// AwaitKeyCooldown waits until the target is ready to fetch its key again.
func (p *Probe) AwaitKeyCooldown() {
	if log := p.run.endpoints.KeyServer.Log(); len(log) > 0 {
		p.Pause(keyCalm - time.Since(log[len(log)-1].At))
	}
}

// Rotate has the harness serve, and sign with, a new key from now on, and
// delivers until that is accepted or Options.RotationGrace is over. It is done
// once in a run, for all checks that look at it, and only in the phase Final. It
// returns nil if there is no new key.
func (p *Probe) Rotate() *Rotation {
	if p.run.rotated != nil {
		return p.run.rotated
	}
	keys := p.run.endpoints.Keys
	old, err := keys.Key()
	if err != nil {
		p.harness(err)
		return nil
	}
	next, err := p.run.next.Key()
	if err != nil {
		p.harness(err)
		return nil
	}
	p.run.say("the key is changed")
	p.AwaitKeyCooldown()
	mark := p.run.endpoints.KeyServer.Mark()
	keys.Rotate(next)
	began := time.Now()
	r := &Rotation{Old: old}
	r.First = p.Offer("the first delivery signed by a new key", mocksender.Delivery{Event: p.FreshAny()})
	if r.Taken = r.First; r.First.Answer == Refused {
		p.retakeRotation(r)
	}
	if left := p.run.o.RotationGrace - time.Since(began); !r.Accepted() && left > 0 && p.ctx.Err() == nil {
		p.run.say("a delivery signed by a new key: %s; waiting %s more (--rotation-grace)", r.First.Answered(), left.Round(time.Second/10))
		r.Taken = p.RecoverWithin("a delivery signed by a new key", left)
	}
	r.Took, r.Fetches = time.Since(began), p.run.endpoints.KeyServer.FetchesSince(mark)
	p.run.rotated = r
	return r
}

// retakeRotation finds out whether it was the key for which the first delivery
// was refused: if another one is taken, and the same body is refused again, it was
// not.
func (p *Probe) retakeRotation(r *Rotation) {
	other := p.Deliver("another delivery signed by a new key", p.FreshAny())
	if other.Answer != Accepted {
		return
	}
	same := p.Deliver("the first delivery signed by a new key, sent again", r.First.Delivery.Event)
	if same.Answer == Refused {
		r.First, r.Taken = other, other
		return
	}
	r.Lost = true
	r.Taken = other
}

// Rotated is what came of the change of the key, nil before it.
func (p *Probe) Rotated() *Rotation { return p.run.rotated }

// Production reports whether the target is configured for the real service.
func (p *Probe) Production() bool { return p.run.o.Production }

// Recovery and RotationGrace are the options of these names.
func (p *Probe) Recovery() time.Duration      { return p.run.o.Recovery }
func (p *Probe) RotationGrace() time.Duration { return p.run.o.RotationGrace }

// SignedBy returns the mutation that signs with key.
func (p *Probe) SignedBy(key *rsa.PrivateKey) mutation.Mutation {
	m, err := mutation.ByID(mutation.Options{Attacker: key}, "signature/other-key")
	if err != nil {
		p.harness(err)
		return mutation.Mutation{ID: "signature/other-key", Apply: func(*mutation.Wire) error { return err }}
	}
	return m
}
