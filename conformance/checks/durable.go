package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
)

func dlvDupAcrossRestart() *conformance.Check {
	return &conformance.Check{
		ID: "dlv/dup-across-restart", Title: "a delivery that comes again to a new process has one effect",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
		Needs: conformance.NeedEffects | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "Deliveries come twice just when something went wrong: a process that was killed, or replaced by a deployment, before its answer arrived. The new one has to know what the old one did.",
		Fix: "Store rtk-uuid where the effect is stored, and not in the memory of the process.",
		Run: func(p *conformance.Probe) {
			if !p.CanRestart() {
				p.Skip("only a target that is started anew can show it: %s", p.LacksRestart())
				return
			}
			first := p.Accept("a delivery before the target is started anew", p.FreshAny())
			if first.Answer != conformance.Accepted {
				return
			}
			p.AwaitEffect(first)
			if !p.Restart() || !alive(p) {
				return
			}
			if again := p.AcceptDelivery("the same delivery to the new process", sameAs(first)); again.Answer == conformance.Accepted {
				once(p, again)
			}
		},
	}
}

// killedWith is how many deliveries are accepted right before the target is
// killed: work that is put off by a few milliseconds is caught with one of them.
const killedWith = 8

func rspDurableAccept() *conformance.Check {
	return &conformance.Check{
		ID: "rsp/durable-accept", Title: "what was answered 2xx takes effect though the process is killed right after",
		Level: conformance.Should, Basis: conformance.Documented, From: []string{"S16"},
		Needs: conformance.NeedEffects | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "After a 2xx the sender forgets the delivery. What the receiver holds in its memory alone at that moment is lost with the process: a crash, a deployment, a machine that is taken away.",
		Fix: "Answer 2xx when the event is in a database or a queue that outlives the process, and work from there.",
		Run: func(p *conformance.Probe) {
			if !p.CanRestart() {
				p.Skip("only a target that can be killed can show it: %s", p.LacksRestart())
				return
			}
			if !worksSoFar(p) {
				return
			}
			width := killedWith
			if p.Rate() > 0 {
				width = 1
			}
			all := make([]mocksender.Delivery, width)
			for i := range all {
				all[i].Event = p.FreshAny()
			}
			p.DrainEffects()
			sents := p.Together(0, "a delivery right before the target is killed", all)
			if !p.Kill() {
				return
			}
			if !alive(p) {
				return
			}
			p.AwaitEffect(sents...)
			p.Later(func() {
				if p.ForgetsEffects() {
					p.Skip("the target counts effects in the memory of its process, and what was killed with it cannot be seen; count them in a file or a database")
					return
				}
				judgeDurable(p, sents)
			})
		},
	}
}

// alive takes down that a target which was started anew accepts nothing.
func alive(p *conformance.Probe) bool {
	s := p.Recover("a genuine delivery to the new process")
	switch {
	case s.Answer == conformance.Accepted:
		return true
	case p.Context().Err() != nil:
		p.Skip("not finished: the run ended first")
	default:
		p.AddFinding(conformance.Inconclusive, []*conformance.Exchange{s}, "%s: %s", s.Label, s.Answered())
	}
	return false
}

func judgeDurable(p *conformance.Probe, sents []*conformance.Exchange) {
	accepted, seen := 0, 0
	var lost, dropped []*conformance.Exchange
	for _, s := range sents {
		if s.Answer != conformance.Accepted {
			continue
		}
		accepted++
		switch n, known := p.Effects(s); {
		case !known:
		case n == 0 && p.DroppedAtBaseline(s):
			dropped = append(dropped, s)
		case n == 0:
			seen++
			lost = append(lost, s)
		default:
			seen++
		}
	}
	switch {
	case len(lost) > 0:
		p.Violation(lost, "%d of %s answered 2xx right before the target was killed never took effect", len(lost), counted(accepted, "delivery that was", "deliveries that were"))
	case accepted == 0:
		p.AddFinding(conformance.Inconclusive, sents, "%s: %s", sents[0].Label, sents[0].Answered())
	case seen == 0 && len(dropped) > 0:
		p.Skip("%s: accepted, but it had no effect; %s", dropped[0].Label, likewise)
	case seen == 0:
		p.Skip("%s", p.WhyUnseen(sents[0]))
	}
}
