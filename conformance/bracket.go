package conformance

import (
	"net/http"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Forgery is one delivery that a target has to reject.
type Forgery struct {
	Label     string    // what it is, for people: "half a signature"
	UUID      string    // empty: a new one
	Event     rtk.Event // without a body: a new one of the bracket's type
	Mutations []mutation.Mutation
}

// Delivery returns the forgery as it is sent with event e.
func (f Forgery) Delivery(e rtk.Event) mocksender.Delivery {
	return mocksender.Delivery{UUID: f.UUID, Event: e, Mutations: f.Mutations}
}

// Bracket is a row of forgeries between two genuine deliveries of one type, its
// twins. Only if both twins are accepted do the answers to the forgeries prove
// anything.
type Bracket struct {
	Before, After *exchange.Exchange
	Forged        []*exchange.Exchange

	unbracketed bool // nothing is genuine to the target
}

// Reject sends the forgeries between two genuine twins, and records a violation for
// each that was not rejected. If a twin is refused, the verdict is inconclusive.
func (p *Probe) Reject(forgeries ...Forgery) *Bracket {
	b := p.Bracket(p.ControlType(), forgeries...)
	if p.BracketHolds(b) {
		for _, f := range b.Forged {
			p.judgeForgery(b, f)
		}
	}
	return b
}

// Bracket sends the forgeries between two genuine twins of type t, and judges
// nothing. If the first twin is refused, nothing more is sent.
func (p *Probe) Bracket(t rtk.EventType, forgeries ...Forgery) *Bracket {
	b := &Bracket{unbracketed: p.run.o.Production}
	if !b.unbracketed {
		if b.Before = p.twin("the genuine twin before", t); !b.Before.Accepted() {
			return b
		}
	}
	for _, f := range forgeries {
		if _, down := p.run.delivery.Breaker.Open(); p.ctx.Err() != nil || b.unbracketed && down {
			return b
		}
		e := f.Event
		if e.Body == nil {
			e = p.Fresh(t)
		}
		b.Forged = append(b.Forged, p.paced(exchange.Forgery, f.Label, f.Delivery(e)))
	}
	if !b.unbracketed {
		b.After = p.twin("the genuine twin after", t)
	}
	return b
}

// twin delivers a genuine event beside forgeries. A target that fails now and then
// gets a second one, since its failure proves nothing.
func (p *Probe) twin(label string, t rtk.EventType) *exchange.Exchange {
	x := p.Deliver(label, p.Fresh(t))
	if x.Answer == exchange.Failing || x.Answer == exchange.Cut {
		x = p.Deliver(label, p.Fresh(t))
	}
	p.Effects().Watch(x)
	return x
}

// BracketHolds reports whether a bracket proves something, and records why not.
func (p *Probe) BracketHolds(b *Bracket) bool {
	switch {
	case b.unbracketed:
		p.Comment("unbracketed: what refuses everything passes as well")
		return true
	case b.Before.Accepted() && b.After != nil && b.After.Accepted():
		return true
	case p.Interrupted():
	case b.Before.Answer == exchange.Limited:
		p.ProvesNothing(b.Before.Label, b.Before)
	case b.Before.Accepted() && b.After != nil && b.After.Answer == exchange.Limited:
		p.ProvesNothing(b.After.Label, b.After)
	case !b.Before.Accepted():
		p.On(b.Before).Inconclusive("the genuine twin before: %s, so a rejection would prove nothing", b.Before.Answered())
	default:
		p.On(append([]*exchange.Exchange{b.After}, b.Forged...)...).Inconclusive("the genuine twin after: %s, so the rejections prove nothing", b.After.Answered())
	}
	return false
}

// JudgeForgery records a violation if a forgery was not rejected, as Reject does.
// The twin is a genuine delivery whose effect shows how long one takes.
func (p *Probe) JudgeForgery(twin, f *exchange.Exchange) { p.judgeForgery(&Bracket{After: twin}, f) }

func (p *Probe) judgeForgery(b *Bracket, f *exchange.Exchange) {
	switch {
	case f.Accepted():
		p.Later(func() { p.judgeAcceptedForgery(b, f) })
	case p.ProvesNothing(f.Label, f):
	case b.unbracketed && !refusesOnPurpose(f):
		p.On(f).Inconclusive("%s, which is no rejection where nothing genuine shows that the target works", f)
	}
}

// refusesOnPurpose reports whether an answer shows by itself that somebody looked
// at the delivery and refused it. An error, a redirect and a missing path can come
// from what is no receiver.
func refusesOnPurpose(x *exchange.Exchange) bool {
	code := x.Last().Outcome.Status
	return x.Answer == exchange.Refused && code >= 400 && code != http.StatusNotFound && code != http.StatusMethodNotAllowed
}

// judgeAcceptedForgery decides what a 2xx to a forgery means. A receiver may queue
// first and verify later; its own count of effects can show that.
func (p *Probe) judgeAcceptedForgery(b *Bracket, f *exchange.Exchange) {
	on := p.On(f, b.After).About(f)
	effects := p.Effects()
	effect, known := effects.Stray(f)
	twinShown := false
	if b.After != nil {
		_, twinKnown := effects.Stray(b.After)
		twinShown = twinKnown && effects.Shown(b.After)
	}
	switch {
	case effects.Followed(f):
		on.Violation("%s and took effect: its download link was followed", f)
	case effects.Called(f):
		on.Violation("%s and took effect: a call of the REST API changed something that it alone names", f)
	case known && effect:
		on.Violation("%s and took effect", f)
	case twinShown && (known || p.verifiesLater(b)):
		on.AddFinding(p.check.Level.softer(),
			"%s, but had no effect while its genuine twin had: verified later, it seems; a 4xx would tell the two apart", f)
	case f.Kind == exchange.Unverifiable && p.noEffect(f):
		on.Inconclusive("%s; it had no effect, but genuine deliveries afterwards had none either, so whether it was verified is not known", f)
	case effects.Unfinished():
		on.Inconclusive("%s; %s", f, effects.WhyUnknown(f))
	default:
		on.Violation("%s", f)
		p.Comment("%s", effects.Hint())
	}
}

// noEffect reports whether x had no effect, while others of its type had one in this run.
func (p *Probe) noEffect(x *exchange.Exchange) bool {
	n, known := p.Effects().Count(x)
	return known && n == 0
}

// verifiesLater reports whether all forgeries of the bracket were accepted, and one
// is known to have had no effect: a receiver that queues first does that.
func (p *Probe) verifiesLater(b *Bracket) bool {
	without := false
	for _, f := range b.Forged {
		if !f.Accepted() {
			return false
		}
		effect, known := p.Effects().Stray(f)
		without = without || known && !effect
	}
	return without
}
