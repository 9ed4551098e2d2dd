package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// The checks of this file look at what survives the end of the process.

func dlvDupAcrossRestart() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-across-restart", Title: "a delivery that comes again to a new process has one effect",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
		Needs: conformance.NeedEffects | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "Deliveries come twice just when something went wrong: a process that was killed, or replaced by a deployment, before its answer arrived. The new one has to know what the old one did.",
		Fix: "Store rtk-uuid where the effect is stored, and not in the memory of the process.",
		Run: func(p *conformance.Probe) {
			if lack := p.Process().LacksRestart(); lack != "" {
				p.Skip("only a target that is restarted can show it: %s", lack)
				return
			}
			first := p.Accept("a delivery before the target is restarted", p.FreshAny())
			if !first.Accepted() {
				return
			}
			p.Effects().Await(first)
			if !p.Process().Restart() || !alive(p) {
				return
			}
			if again := p.AcceptDelivery("the same delivery to the new process", sameAs(first)); again.Accepted() {
				once(p, again)
			}
		},
	}
}

// alive reports whether a target that was restarted accepts anything, and records if it
// does not.
func alive(p *conformance.Probe) bool {
	x := keyoutage.Recover(p, "a genuine delivery to the new process")
	if !x.Accepted() && !p.Interrupted() {
		p.On(x).Inconclusive("%s", x)
	}
	return x.Accepted()
}

// killedWith is how many deliveries are accepted right before the target is killed:
// one of them catches work that is delayed by a few milliseconds.
const killedWith = 8

func rspDurableAccept() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/durable-accept", Title: "what was answered 2xx takes effect though the process is killed right after",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S16"},
		Needs: conformance.NeedEffects | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "After a 2xx the sender forgets the delivery. What the receiver holds in its memory alone at that moment is lost with the process: a crash, a deployment, a machine that is taken away.",
		Fix: "Answer 2xx when the event is in a database or a queue that outlives the process, and work from there.",
		Run: func(p *conformance.Probe) {
			if lack := p.Process().LacksRestart(); lack != "" {
				p.Skip("only a target that can be killed can show it: %s", lack)
				return
			}
			if !works(p) {
				return
			}
			width := killedWith
			if p.Options().Rate > 0 {
				width = 1
			}
			all := several(p, width)
			p.Process().Drain()
			xs := p.Send().Together(0, "a delivery right before the target is killed", all)
			if !p.Process().Kill() || !alive(p) {
				return
			}
			p.Effects().Await(xs...)
			p.Later(func() {
				if p.Effects().LostOnRestart() {
					p.Skip("the target counts effects in the memory of its process, and what was killed with it cannot be seen; count them in a file or a database")
					return
				}
				judgeDurable(p, xs)
			})
		},
	}
}

func judgeDurable(p *conformance.Probe, xs []*exchange.Exchange) {
	accepted, seen := 0, 0
	var lost, dropped []*exchange.Exchange
	for _, x := range xs {
		if !x.Accepted() {
			continue
		}
		accepted++
		switch n, known := p.Effects().Count(x); {
		case !known:
		case n == 0 && p.Effects().DroppedAtBaseline(x):
			dropped = append(dropped, x)
		default:
			seen++
			if n == 0 {
				lost = append(lost, x)
			}
		}
	}
	switch {
	case len(lost) > 0:
		p.On(lost...).Violation("%d of %s answered 2xx right before the target was killed never took effect", len(lost), counted(accepted, "delivery that was", "deliveries that were"))
	case accepted == 0:
		p.On(xs...).Inconclusive("%s", xs[0])
	case seen == 0 && len(dropped) > 0:
		skipDropped(p, dropped[0])
	case seen == 0:
		p.Skip("%s", p.Effects().WhyUnknown(xs[0]))
	}
}
