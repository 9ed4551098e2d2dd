package keyoutage

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// The time that a delivery has to take effect before another one is sent.
const (
	effectFirstWait = 100 * time.Millisecond
	effectMaxWait   = time.Second
)

// awaitEffect waits for the effect of a delivery after the outage, since the target
// accepts forgeries as well: it may queue first and verify later, and then a 2xx does not
// show that it has its key again. After is the delivery that has an effect, if one has.
func (o *Outage) awaitEffect(p *conformance.Probe, began time.Time) {
	p.Effects().Await(o.After, o.Genuine)
	sent := []*exchange.Exchange{o.After}
	limit := p.Options().Recovery
	for wait := effectFirstWait; ; wait = min(2*wait, effectMaxWait) {
		x, known := p.FirstEffect(wait, sent...)
		if !known {
			return // it may also act on nothing of this kind
		}
		o.Recovery = time.Since(began)
		if x != nil {
			o.After, o.Effective = x, true
			break
		}
		if o.Recovery > limit {
			if o.Recovery > p.Options().RecoveryEnd || of(p).stuck {
				o.Ineffective, of(p).stuck = true, true
				return
			}
			limit = p.Options().RecoveryEnd
			p.Progress(limit-o.Recovery, "after an outage of the key endpoint genuine deliveries are accepted, but have no effect; waiting until %s (--recovery-end)", limit)
		}
		if p.Context().Err() != nil || p.Process().Exited() {
			return
		}
		o.After = attempt(p, "a genuine delivery after the outage")
		if p.Effects().Await(o.After); o.After.Accepted() {
			sent = append(sent, o.After)
		}
	}
	o.awaitQueued(p)
}

// awaitQueued gives the delivery during the outage, which may be in a queue, the time to
// take effect before the target's process is killed. The first time shows whether
// that comes.
func (o *Outage) awaitQueued(p *conformance.Probe) {
	limit := p.Options().EffectsTimeout
	if of(p).drops {
		limit = effectFirstWait
	}
	x, known := p.FirstEffect(limit, o.Genuine)
	of(p).drops = of(p).drops || known && x == nil
}
