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

// ServedNoKey reports that the endpoint answered, and served something that is no
// key. Otherwise it failed: the sender of an HTTP request sees that by itself.
func (o *Outage) ServedNoKey() bool { return !fails(o.Fault) }

// fails reports that under f the endpoint gives no answer, or a 5xx.
func fails(f wellknown.Fault) bool {
	return f == wellknown.Status500 || f == wellknown.Hang || f == wellknown.Down || f.Connection()
}

// Faults returns the faults of the key endpoint under which nobody can learn the
// key, in groups that one process may meet. Those under which the endpoint fails come
// first: a target that keeps what it was served may not be there for them. A process
// has to be new where the endpoint hangs: what remembers a failure for a moment does
// not ask then.
func Faults() [][]wellknown.Fault {
	return [][]wellknown.Fault{
		{wellknown.Status500, wellknown.Down},
		{wellknown.Hang},
		slices.DeleteFunc(wellknown.Faults(), func(f wellknown.Fault) bool { return f.Variant() || fails(f) }),
	}
}

// faultsFor adds to Faults, for a target that fetches over TLS, a certificate for
// another name. It stands for all that can be wrong with the connection.
func faultsFor(p *conformance.Probe) [][]wellknown.Fault {
	all := Faults()
	if p.Endpoints().KeyURLHardCoded() {
		all[0] = append(all[0], wellknown.CertificateOtherName)
	}
	return all
}

// outages are those of a run, and its change of the key.
type outages struct {
	first *Outage // at the first contact

	coldDone, warmDone bool
	cold, warm         []*Outage
	stuck, stuckServed bool // the target has not recovered from a failure, or from what it was served: no more waiting
	drops              bool // what was accepted during one has had no effect in the end
	needsKey           bool // the target does not start during one
	apart              bool // it does not ask for its key twice in a row: one fault a process
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
	for _, group := range faultsFor(p) {
		if !coldOutages(p, group) {
			break
		}
	}
	leaveWorking(p)
	return all.cold
}

// coldOutages has new processes meet faults. It reports whether there is a point
// in going on.
func coldOutages(p *conformance.Probe, faults []wellknown.Fault) bool {
	all := of(p)
	for len(faults) > 0 {
		if p.Context().Err() != nil {
			return false
		}
		met := coldStart(p, faults)
		if len(met) == 0 {
			return false
		}
		all.cold = append(all.cold, met...)
		if last := met[len(met)-1]; last.Unstarted != nil || last.KeyHeld() && last.Fetches == 0 {
			return false // it does that under every fault
		}
		faults = faults[len(met):]
	}
	return true
}

// askAgain is how long a process that could not fetch its key may take to ask for
// it again, if it is to meet another fault: a new process takes about as long.
const askAgain = 300 * time.Millisecond

// coldStart restarts the target under the first of faults, and has the process meet
// the others for as long as it holds no key and asks for it. It returns the
// outages, none if the target does not start at all.
func coldStart(p *conformance.Probe, faults []wellknown.Fault) []*Outage {
	all := of(p)
	if all.apart {
		faults = faults[:1]
	}
	p.Progress(0, "an outage of the key endpoint (%s), with the target restarted", faults[0])
	genuine, forged := pairs(p, len(faults))
	p.Process().Drain() // while the key can be had: queued work may need it
	p.Keys().SetFault(faults[0])
	mark := p.Keys().Mark()
	if err := p.Process().TryKill(); err != nil {
		return startWithoutOutage(p, &Outage{Fault: faults[0], Cold: true, Unstarted: err})
	}
	var met []*Outage
	for i, f := range faults {
		limit := startingLimit
		if i > 0 {
			limit, mark = askAgain, p.Keys().Mark()
			p.Keys().SetFault(f)
		}
		if f != wellknown.Hang { // there it would take a time-out
			awaitFetch(p, "a delivery while the key endpoint fails, to a target that is starting", mark, limit)
		}
		if i > 0 && p.Keys().FetchesSince(mark) == 0 {
			all.apart = true
			break
		}
		o := &Outage{Fault: f, Cold: true}
		o.observe(p, mark, genuine[i], forged[i])
		met = append(met, o)
		if o.KeyHeld() || o.AcceptedForgery() || o.Fetches == 0 || p.Context().Err() != nil {
			break
		}
	}
	p.Keys().SetFault(wellknown.None)
	shareRecovery(p, met)
	return met
}

// shareRecovery waits for the recovery from the last of outages. A target that
// asked for its key under the next fault did not remember the one before, so that
// it recovers from all of them, or not from the last.
func shareRecovery(p *conformance.Probe, met []*Outage) {
	last := met[len(met)-1]
	last.awaitRecovery(p, nil)
	if !last.Recovered() {
		return
	}
	for _, o := range met[:len(met)-1] {
		o.After, o.Recovery = last.After, last.Recovery
	}
}

// startWithoutOutage starts a target that did not start during o.
func startWithoutOutage(p *conformance.Probe, o *Outage) []*Outage {
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
	o.After = recoverWithin(p, "a genuine delivery after the outage", p.Options().Recovery, nil)
	o.Recovery = time.Since(began)
	return []*Outage{o}
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
	for _, f := range slices.Concat(faultsFor(p)...) {
		if p.Context().Err() != nil {
			break
		}
		p.Progress(0, "an outage of the key endpoint (%s)", f)
		genuine, forged := pairs(p, 1)
		p.Keys().SetFault(f)
		o := &Outage{Fault: f}
		o.observe(p, p.Keys().Mark(), genuine[0], forged[0])
		p.Keys().SetFault(wellknown.None)
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
	if (of(p).stuck || of(p).stuckServed) && p.Context().Err() == nil && p.Process().CanRestart() {
		p.Process().Kill()
	}
}

// pairs makes n pairs of a genuine delivery and a forgery. The events that have to
// come before them are delivered now, while the target works.
func pairs(p *conformance.Probe, n int) (genuine, forged []mocksender.Delivery) {
	for range n {
		genuine = append(genuine, mocksender.Delivery{Event: p.FreshAny()})
		forged = append(forged, mocksender.Delivery{Event: p.FreshAny(), Mutations: otherKey(p)})
	}
	return genuine, forged
}

func otherKey(p *conformance.Probe) []mutation.Mutation {
	return []mutation.Mutation{p.Mutation("signature/other-key")}
}

// observe sends a pair during the outage. Where the endpoint hangs, both are sent at
// once: each may take as long as the time-out.
func (o *Outage) observe(p *conformance.Probe, mark wellknown.Mark, genuine, forged mocksender.Delivery) {
	began := time.Now()
	over := func() {}
	if o.Fault == wellknown.Hang {
		over = p.Waiting(p.Options().Timeout, "the key endpoint hangs")
	}
	f := p.Send().StartInTurn(exchange.Unverifiable, "a forgery while the key endpoint fails ("+o.Fault.String()+")", forged)
	if o.Fault != wellknown.Hang {
		<-f.Over()
	}
	g := p.Send().StartInTurn(exchange.Nonstandard, "a genuine delivery while the key endpoint fails ("+o.Fault.String()+")", genuine)
	o.Genuine = g.Wait()
	if o.Fault == wellknown.Hang && !o.Cold && o.Genuine.Accepted() && hangSeen(p) {
		// How its fetch runs into a time-out is known: it is not waited for again.
		p.Keys().SetFault(wellknown.None)
	}
	o.Forged = f.Wait()
	over()
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
}

// hangSeen reports that a process without a key was met while the endpoint hung.
func hangSeen(p *conformance.Probe) bool {
	return slices.ContainsFunc(of(p).cold, func(o *Outage) bool { return o.Fault == wellknown.Hang && o.Fetches > 0 })
}
