// Package keyoutage takes the key away from a target, and gives it back: outages of
// the key endpoint, restarts during one, and a change of the key. Several checks
// look at each of these, so each is brought about once in a run. What is found is
// for the checks to judge.
//
// Only exclusive checks may use it.
package keyoutage

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Outage is a time in which the key endpoint failed, and what the target did.
type Outage struct {
	Fault wellknown.Fault
	// Cold says that the target's process held no key: it had just been started,
	// or this was the first contact.
	Cold bool
	// First says that this was the first contact: whether the target would have
	// accepted anything without the outage is not known.
	First bool
	// Unstarted says why the target did not start during the outage; nothing was
	// sent then.
	Unstarted error
	// Fetches is how often the target asked for its key during the outage.
	Fetches int
	// Forged and Genuine are single attempts during the outage. Nil: not sent.
	Forged, Genuine *exchange.Exchange
	// After is the last genuine delivery after the outage. Nil: none was sent.
	After *exchange.Exchange
	// Effective says that After was seen to take effect, and Ineffective that no
	// genuine delivery after the outage was. Neither: the target does not accept
	// forgeries, or that cannot be seen.
	Effective, Ineffective bool
	// Recovery is the time from the end of the outage to the end of After.
	Recovery time.Duration
}

// Blocked reports that the outage kept the target from accepting a genuine
// delivery.
func (o *Outage) Blocked() bool { return o.Genuine != nil && !o.Genuine.Accepted() }

// KeyHeld reports that the target still told forgeries from genuine deliveries: it
// holds a key.
func (o *Outage) KeyHeld() bool {
	return o.Genuine != nil && o.Genuine.Accepted() && o.Forged != nil && o.Forged.Answer.Rejected()
}

// AcceptedForgery reports that a forgery got in.
func (o *Outage) AcceptedForgery() bool { return o.Forged != nil && o.Forged.Accepted() }

// Recovered reports that a genuine delivery was accepted after the outage.
func (o *Outage) Recovered() bool { return o.After != nil && o.After.Accepted() }

// Faults returns the faults of the key endpoint under which nobody can learn the
// key. A certificate for another name stands for all that can be wrong with the
// connection, and needs a target that fetches over TLS.
func Faults(p *conformance.Probe) []wellknown.Fault {
	overTLS := p.Endpoints().KeyURLHardCoded()
	return slices.DeleteFunc(wellknown.Faults(), func(f wellknown.Fault) bool {
		return f.Variant() || f.Connection() && !(overTLS && f == wellknown.CertificateOtherName)
	})
}

// outages are those of a run, and its change of the key.
type outages struct {
	first *Outage // at the first contact

	coldDone, warmDone bool
	cold, warm         []*Outage
	stuck              bool // the target has not recovered from one: no more waiting
	drops              bool // what was accepted during one has had no effect in the end
	needsKey           bool // the target does not start during one
	rotation           *Rotation
}

func of(p *conformance.Probe) *outages { return conformance.Shared[outages](p) }

// First returns the outage at the first contact, or nil.
func First(p *conformance.Probe) *Outage { return of(p).first }

// Cold has the target meet each fault of the key endpoint in a process that holds
// no key. If the target cannot be restarted, that was possible only at the first
// contact.
func Cold(p *conformance.Probe) []*Outage {
	all := of(p)
	if all.coldDone {
		return all.cold
	}
	all.coldDone = true
	if !p.Process().CanRestart() {
		if all.first != nil {
			all.cold = append(all.cold, all.first)
		}
		return all.cold
	}
	defer p.Keys().SetFault(wellknown.None)
	for _, f := range Faults(p) {
		if p.Context().Err() != nil {
			break
		}
		o := coldOutage(p, f)
		if o == nil {
			break
		}
		all.cold = append(all.cold, o)
		if o.Unstarted != nil || o.KeyHeld() && o.Fetches == 0 {
			break // it does that under every fault
		}
	}
	leaveWorking(p)
	return all.cold
}

// coldOutage restarts the target under f. It returns nil if the target does not
// start at all.
func coldOutage(p *conformance.Probe, f wellknown.Fault) *Outage {
	p.Progress("an outage of the key endpoint (%s), with the target restarted", f)
	genuine, forged := pair(p)
	p.Process().Drain() // while the key can be had: queued work may need it
	p.Keys().SetFault(f)
	mark := p.Keys().Mark()
	o := &Outage{Fault: f, Cold: true}
	if o.Unstarted = p.Process().TryKill(); o.Unstarted != nil {
		return startWithoutOutage(p, o)
	}
	if f != wellknown.Hang { // there it would take a time-out
		AwaitFetch(p, "a delivery while the key endpoint fails, to a target that is starting", mark)
	}
	o.observe(p, mark, genuine, forged)
	o.awaitRecovery(p, nil)
	return o
}

// startWithoutOutage starts a target that did not start during o.
func startWithoutOutage(p *conformance.Probe, o *Outage) *Outage {
	p.Keys().SetFault(wellknown.None)
	if !p.Process().CanRestart() {
		p.Process().Restarted(o.Unstarted)
		Recover(p, "a genuine delivery after the outage") // it may have met the outage in a new process
		return nil
	}
	began := time.Now()
	of(p).needsKey = p.Context().Err() == nil
	if p.Context().Err() != nil || !p.Process().Kill() {
		return nil
	}
	o.After = Recover(p, "a genuine delivery after the outage")
	o.Recovery = time.Since(began)
	return o
}

// Warm has the target meet each fault of the key endpoint while it works, and may
// hold a key.
func Warm(p *conformance.Probe) []*Outage {
	all := of(p)
	if all.warmDone {
		return all.warm
	}
	all.warmDone = true
	defer p.Keys().SetFault(wellknown.None)
	if c := p.Control(); !c.Accepted() {
		p.On(c).Inconclusive("before the outage the control: %s", c.Answered())
		return nil
	}
	for _, f := range Faults(p) {
		if p.Context().Err() != nil {
			break
		}
		p.Progress("an outage of the key endpoint (%s)", f)
		genuine, forged := pair(p)
		p.Keys().SetFault(f)
		o := &Outage{Fault: f}
		o.observe(p, p.Keys().Mark(), genuine, forged)
		all.warm = append(all.warm, o)
		if o.Blocked() || o.AcceptedForgery() {
			o.awaitRecovery(p, nil)
			if !o.Recovered() {
				break
			}
		}
	}
	leaveWorking(p)
	return all.warm
}

// leaveWorking leaves a target that works, if a restart is enough for that.
func leaveWorking(p *conformance.Probe) {
	p.Keys().SetFault(wellknown.None)
	if of(p).stuck && p.Context().Err() == nil && p.Process().CanRestart() {
		p.Process().Kill()
	}
}

// pair makes two deliveries: a genuine one and a forgery. The events that have to
// come before them are delivered now, while the target works.
func pair(p *conformance.Probe) (genuine, forged mocksender.Delivery) {
	genuine = mocksender.Delivery{Event: p.FreshAny()}
	forged = mocksender.Delivery{Event: p.FreshAny(), Mutations: otherKey(p)}
	return genuine, forged
}

func otherKey(p *conformance.Probe) []mutation.Mutation {
	return []mutation.Mutation{p.Mutation("signature/other-key")}
}

// observe sends a pair during the outage, and ends the outage. Where the endpoint
// hangs, both are sent at once: each may take as long as the time-out.
func (o *Outage) observe(p *conformance.Probe, mark wellknown.Mark, genuine, forged mocksender.Delivery) {
	began := time.Now()
	f := p.Send().Start(exchange.Unverifiable, "a forgery while the key endpoint fails ("+o.Fault.String()+")", forged)
	if o.Fault != wellknown.Hang {
		<-f.Over()
	}
	g := p.Send().Start(exchange.Nonstandard, "a genuine delivery while the key endpoint fails ("+o.Fault.String()+")", genuine)
	o.Forged, o.Genuine = f.Wait(), g.Wait()
	if a := o.Genuine.Answer; !o.Cold && !o.First && (a == exchange.Failing || a == exchange.Cut || a == exchange.Refused) {
		// It may have failed for a reason of its own.
		if again := attempt(p, o.Genuine.Label); again.Accepted() {
			o.Genuine = again
		}
	}
	if o.Fault == wellknown.Hang {
		p.Waited(time.Since(began))
	}
	if o.AcceptedForgery() && p.Effects().Counted() {
		p.Pause(p.Options().Quiet) // whoever verifies after the answer has to meet the outage
	}
	o.Fetches = p.Keys().FetchesSince(mark)
	p.Keys().SetFault(wellknown.None)
}
