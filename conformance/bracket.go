package conformance

import (
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Forgery is one delivery that a target has to reject.
type Forgery struct {
	Label     string    // what it is, for people: "half a signature"
	UUID      string    // empty: a fresh one
	Event     rtk.Event // without a body: a fresh one of the bracket's type
	Mutations []mutation.Mutation
}

// Forgeries makes a forgery of each mutation, labelled by its ID.
func Forgeries(mutations ...mutation.Mutation) []Forgery {
	out := make([]Forgery, len(mutations))
	for i, m := range mutations {
		out[i] = Forgery{Label: m.ID, Mutations: []mutation.Mutation{m}}
	}
	return out
}

// Bracket is a row of forgeries between two genuine deliveries of one type.
type Bracket struct {
	Before, After *Exchange
	Forged        []*Exchange

	unbracketed bool // nothing is genuine to the target
}

// Holds reports whether both twins were accepted: only then do the answers to
// the forgeries prove anything.
func (b *Bracket) Holds() bool {
	return b.unbracketed || b.Before.Answer == Accepted && b.After != nil && b.After.Answer == Accepted
}

// Reject sends the forgeries between two genuine twins and takes a shortfall
// down for each that was not rejected. If a twin is refused the verdict is
// inconclusive.
func (p *Probe) Reject(forgeries ...Forgery) *Bracket {
	return p.RejectAs(p.run.controlType(), forgeries...)
}

// RejectAs is Reject with events of type t.
func (p *Probe) RejectAs(t rtk.EventType, forgeries ...Forgery) *Bracket {
	b := p.Bracket(t, forgeries...)
	if p.BracketHolds(b) {
		for _, f := range b.Forged {
			p.judgeForgery(b, f)
		}
	}
	return b
}

// Bracket sends the forgeries between two genuine twins of type t and judges
// nothing. If the first twin is refused, nothing more is sent.
func (p *Probe) Bracket(t rtk.EventType, forgeries ...Forgery) *Bracket {
	b := &Bracket{unbracketed: p.run.o.Production}
	if !b.unbracketed {
		if b.Before = p.twin("the genuine twin before", t); b.Before.Answer != Accepted {
			return b
		}
	}
	for _, f := range forgeries {
		if _, down := p.run.breaker.open(); p.ctx.Err() != nil || b.unbracketed && down {
			return b
		}
		e := f.Event
		if e.Body == nil {
			e = p.Fresh(t)
		}
		b.Forged = append(b.Forged, p.send(f.Label, forgery, mocksender.Delivery{UUID: f.UUID, Event: e, Mutations: f.Mutations}))
	}
	if !b.unbracketed {
		b.After = p.twin("the genuine twin after", t)
	}
	return b
}

// twin delivers a genuine event beside forgeries. A target that fails now and
// then is given a second one, since nothing is proved by its mishap.
func (p *Probe) twin(label string, t rtk.EventType) *Exchange {
	s := p.Deliver(label, p.Fresh(t))
	if s.Answer == Failing || s.Answer == Cut {
		s = p.Deliver(label, p.Fresh(t))
	}
	p.watched(s)
	return s
}

// BracketHolds takes down why a bracket proves nothing, and reports whether it
// proves something.
func (p *Probe) BracketHolds(b *Bracket) bool {
	switch {
	case b.unbracketed:
		p.Comment("unbracketed: what refuses everything passes as well")
		return true
	case b.Holds():
		return true
	case p.ctx.Err() != nil:
		p.Skip("not finished: the run ended first")
	case b.Before.Answer != Accepted:
		p.AddFinding(Inconclusive, []*Exchange{b.Before}, "the genuine twin before: %s, so a rejection would prove nothing", b.Before.Answered())
	default:
		p.AddFinding(Inconclusive, append([]*Exchange{b.After}, b.Forged...), "the genuine twin after: %s, so the rejections prove nothing", b.After.Answered())
	}
	return false
}

// JudgeForgery takes a shortfall down if a forgery was not rejected, as Reject
// does. The twin is a genuine delivery whose effect shows how long one takes.
func (p *Probe) JudgeForgery(twin, f *Exchange) { p.judgeForgery(&Bracket{After: twin}, f) }

func (p *Probe) judgeForgery(b *Bracket, f *Exchange) {
	switch f.Answer {
	case Accepted:
		p.Later(func() { p.judgeAcceptedForgery(b, f) })
	case Unanswered:
		p.Skip("not finished: the run ended first")
	case Limited:
		p.AddFinding(Inconclusive, []*Exchange{f}, "%s: %s, a rate limit, which rejects nothing; try --rate", f.Label, f.Answered())
	case Silent:
		p.AddFinding(Inconclusive, []*Exchange{f}, "%s: %s, which is no rejection", f.Label, f.Answered())
	case Refused, Failing, Cut:
		if b.unbracketed && !says(f) {
			p.AddFinding(Inconclusive, []*Exchange{f}, "%s: %s, which is no rejection where nothing genuine shows that the target works", f.Label, f.Answered())
		}
	}
}

// says reports whether an answer tells by itself that somebody looked at the
// delivery and did not want it. An error, a redirect and a path that is not
// there come from what is no receiver as well.
func says(s *Exchange) bool {
	code := s.Last().Outcome.Status
	return s.Answer == Refused && code >= 400 && code != http.StatusNotFound && code != http.StatusMethodNotAllowed
}

// judgeAcceptedForgery decides what a 2xx to a forgery means. Receivers may
// queue first and verify later; the target's own count can show that.
func (p *Probe) judgeAcceptedForgery(b *Bracket, f *Exchange) {
	evidence := []*Exchange{f, b.After}
	if p.run.followed(f) {
		p.Violation(evidence, "%s: %s and took effect: its download link was followed", f.Label, f.Answered())
		return
	}
	effect, known := p.run.effect(f)
	twinSeen := false
	if b.After != nil {
		_, twin := p.run.effect(b.After)
		twinSeen = twin && p.run.tookEffect(b.After)
	}
	switch {
	case known && effect:
		p.Violation(evidence, "%s: %s and took effect", f.Label, f.Answered())
	case twinSeen && (known || p.verifiesLater(b)):
		p.AddFinding(p.check.Level.softer(), evidence,
			"%s: %s, but had no effect while its genuine twin had: verified later, it seems; a 4xx would tell the two apart", f.Label, f.Answered())
	default:
		p.Violation(evidence, "%s: %s", f.Label, f.Answered())
		p.Comment("%s", p.run.effectsHint())
	}
}

// verifiesLater reports whether another forgery of the bracket was accepted and
// is known to have had no effect, and none was refused: so does a receiver that
// queues first.
func (p *Probe) verifiesLater(b *Bracket) bool {
	without := false
	for _, f := range b.Forged {
		if f.Answer != Accepted {
			return false
		}
		effect, known := p.run.effect(f)
		without = without || known && !effect
	}
	return without
}

// softer is the status of a check of level l whose demand holds in effect
// only.
func (l Level) softer() Status {
	if l >= Must {
		return Warn
	}
	return Note
}
