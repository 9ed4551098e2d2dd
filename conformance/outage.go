package conformance

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Outage is a spell in which the key endpoint failed, and what the target made
// of it.
type Outage struct {
	Fault wellknown.Fault
	// Cold says that the target's process held no key: it had just been started,
	// or was met for the first time.
	Cold bool
	// First says that it was the first that the target heard of the run: whether
	// it would have accepted anything without the outage is not known.
	First bool
	// Unstarted says why the target did not start during the outage; nothing was
	// sent then.
	Unstarted error
	// Fetches is how often the target asked for its key meanwhile.
	Fetches int
	// Forged and Genuine are single attempts meanwhile. Nil: not sent.
	Forged, Genuine *Exchange
	// After is the last genuine delivery afterwards. Nil: none was sent.
	After *Exchange
	// Recovery is the time from the end of the outage to the end of After.
	Recovery time.Duration
}

// Blocked reports that the outage kept the target from accepting a genuine
// delivery.
func (o *Outage) Blocked() bool { return o.Genuine != nil && o.Genuine.Answer != Accepted }

// KeyHeld reports that the target went on telling deliveries apart: it holds a
// key.
func (o *Outage) KeyHeld() bool {
	return o.Genuine != nil && o.Genuine.Answer == Accepted && o.Forged != nil && o.Forged.Answer.Rejected()
}

// Recovered reports that a genuine delivery was accepted afterwards.
func (o *Outage) Recovered() bool { return o.After != nil && o.After.Answer == Accepted }

// OutageFaults returns the faults of the key endpoint under which nobody can
// learn the key.
func OutageFaults() []wellknown.Fault {
	var out []wellknown.Fault
	for _, f := range wellknown.Faults() {
		if !f.Variant() {
			out = append(out, f)
		}
	}
	return out
}

// outages are those of the run. They are brought about once, for all checks
// that look at them, and by exclusive checks alone.
type outages struct {
	first *Outage // at the first contact

	coldDone, warmDone bool
	cold, warm         []*Outage
	stuck              bool // the target has not recovered from one: no more waiting
	unstartable        bool // the target does not start during one
}

// ColdOutages has the target meet each fault of the key endpoint in a process
// that holds no key. Where it cannot be started anew, that was possible at the
// first contact alone, if at all.
func (p *Probe) ColdOutages() []*Outage {
	all := &p.run.outages
	if all.coldDone {
		return all.cold
	}
	all.coldDone = true
	if !p.CanRestart() {
		if all.first != nil {
			all.cold = append(all.cold, all.first)
		}
		return all.cold
	}
	defer p.SetKeyFault(wellknown.None)
	for _, f := range OutageFaults() {
		if p.ctx.Err() != nil {
			break
		}
		o := p.coldOutage(f)
		if o == nil {
			break
		}
		all.cold = append(all.cold, o)
		if o.Unstarted != nil || o.KeyHeld() && o.Fetches == 0 {
			break // it does so whatever the fault
		}
	}
	p.renew()
	return all.cold
}

// coldOutage starts the target anew under f. It returns nil if it does not
// start at all.
func (p *Probe) coldOutage(f wellknown.Fault) *Outage {
	p.run.say("an outage of the key endpoint (%s), with the target started anew", f)
	genuine, forged := p.pair()
	p.run.calm(p.ctx) // while the key can be had: what is queued may need it
	p.SetKeyFault(f)
	mark := p.run.endpoints.KeyServer.Mark()
	o := &Outage{Fault: f, Cold: true}
	if o.Unstarted = p.run.restart(p.ctx); o.Unstarted != nil {
		p.SetKeyFault(wellknown.None)
		if !p.CanRestart() {
			p.hasRestarted(o.Unstarted)
			p.Recover("a genuine delivery after the outage") // it may have met it in a new process
			return nil
		}
		began := time.Now()
		p.run.outages.unstartable = p.ctx.Err() == nil
		if p.ctx.Err() != nil || !p.Kill() {
			return nil
		}
		o.After = p.Recover("a genuine delivery after the outage")
		o.Recovery = time.Since(began)
		return o
	}
	if f != wellknown.Hang { // there it would take a time-out
		p.AwaitKeyFetch("a delivery while the key endpoint fails, to a target that is starting", mark)
	}
	p.observe(o, mark, genuine, forged)
	p.awaitRecovery(o, nil)
	return o
}

// startingMost bounds how long a target that accepts connections may be starting
// all the same, as behind a proxy that answers for it.
const startingMost = 3 * time.Second

// AwaitKeyFetch sends genuine deliveries, one attempt each, until the target asks for
// its key or accepts one: until then it may still be starting. What it answers
// but for 5xx ends it as well. It returns the last one, and never sends more
// than it takes: a target that has asked for its key already is sent none, and
// nil is returned.
func (p *Probe) AwaitKeyFetch(label string, mark wellknown.Mark) *Exchange {
	began := time.Now()
	var s *Exchange
	for wait := recoverFirst; p.run.endpoints.KeyServer.FetchesSince(mark) == 0; wait = min(2*wait, recoverMost) {
		s = p.once(label)
		left := min(p.run.o.WarmUp, startingMost) - time.Since(began)
		if s.Answer != Failing && s.Answer != Cut && s.Answer != Limited || left <= 0 || p.ctx.Err() != nil {
			break
		}
		if p.run.endpoints.KeyServer.FetchesSince(mark) == 0 {
			p.Pause(min(wait, left))
		}
	}
	return s
}

// renew leaves a target behind that works, if that takes no more than another
// start.
func (p *Probe) renew() {
	p.SetKeyFault(wellknown.None)
	if p.run.outages.stuck && p.ctx.Err() == nil && p.CanRestart() {
		p.Kill()
	}
}

// WarmOutages has the target meet each fault of the key endpoint while it
// works, and may hold a key.
func (p *Probe) WarmOutages() []*Outage {
	all := &p.run.outages
	if all.warmDone {
		return all.warm
	}
	all.warmDone = true
	defer p.SetKeyFault(wellknown.None)
	if c := p.Control(); c.Answer != Accepted {
		p.AddFinding(Inconclusive, []*Exchange{c}, "before the outage the control: %s", c.Answered())
		return nil
	}
	for _, f := range OutageFaults() {
		if p.ctx.Err() != nil {
			break
		}
		p.run.say("an outage of the key endpoint (%s)", f)
		genuine, forged := p.pair()
		p.SetKeyFault(f)
		o := &Outage{Fault: f}
		p.observe(o, p.run.endpoints.KeyServer.Mark(), genuine, forged)
		all.warm = append(all.warm, o)
		if o.Blocked() || o.Forged.Answer == Accepted {
			p.awaitRecovery(o, nil)
			if !o.Recovered() {
				break
			}
		}
	}
	p.renew()
	return all.warm
}

// pair makes two events: one to be sent as it is, one to be forged. What has to
// come before them is delivered now, while the target works.
func (p *Probe) pair() (genuine, forged mocksender.Delivery) {
	genuine = mocksender.Delivery{Event: p.FreshAny()}
	forged = mocksender.Delivery{Event: p.FreshAny(), Mutations: []mutation.Mutation{p.Mutation("signature/other-key")}}
	return genuine, forged
}

// observe sends both during the outage, and ends it. Where the endpoint hangs
// they are sent at once: each may take as long as the time-out.
func (p *Probe) observe(o *Outage, mark wellknown.Mark, genuine, forged mocksender.Delivery) {
	began := time.Now()
	f := p.launchAs("a forgery while the key endpoint fails ("+o.Fault.String()+")", unverifiable, forged)
	if o.Fault != wellknown.Hang {
		<-f.over
	}
	g := p.launchAs("a genuine delivery while the key endpoint fails ("+o.Fault.String()+")", nonstandard, genuine)
	o.Forged, o.Genuine = p.land(f), p.land(g)
	if again := o.Genuine.Answer; !o.Cold && !o.First && (again == Failing || again == Cut || again == Refused) {
		// It may have failed for a reason of its own.
		if s := p.once(o.Genuine.Label); s.Answer == Accepted {
			o.Genuine = s
		}
	}
	if o.Fault == wellknown.Hang {
		p.run.waited(time.Since(began))
	}
	o.Fetches = p.run.endpoints.KeyServer.FetchesSince(mark)
	p.SetKeyFault(wellknown.None)
	if o.Forged.Answer == Accepted {
		p.watched(o.Genuine) // whether it is verified later may yet be seen
	}
}

// awaitRecovery waits after an outage until a genuine delivery is accepted: for the
// time that Options.Recovery gives, and the first time that this is not enough,
// until Options.RecoveryEnd. Where given reports that the target has had its key
// since, a refusal ends it: it has other reasons.
func (p *Probe) awaitRecovery(o *Outage, given func() bool) {
	if p.run.outages.stuck {
		return
	}
	const label = "a genuine delivery after the outage"
	began := time.Now()
	o.After = p.recover(label, p.run.o.Recovery, given)
	rest := p.run.o.RecoveryEnd - time.Since(began)
	if !o.Recovered() && p.ctx.Err() == nil && !(given != nil && given()) {
		p.run.outages.stuck = true
		if rest > 0 {
			p.run.say("%s after an outage of the key endpoint genuine deliveries are still not accepted; waiting %s more (--recovery-end)",
				time.Since(began).Round(time.Second/10), rest.Round(time.Second/10))
			o.After = p.recover(label, rest, given)
		}
	}
	o.Recovery = time.Since(began)
	if o.Recovered() && o.Forged != nil && o.Forged.Answer == Accepted {
		p.watched(o.After)
	}
}
