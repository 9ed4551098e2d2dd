package conformance

import (
	"bytes"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Accept sends a genuine delivery and records a violation unless it is accepted.
// Silence, rate limits, and a target that refuses its control as well make the
// verdict inconclusive instead.
func (p *Probe) Accept(label string, e rtk.Event) *exchange.Exchange {
	return p.AcceptDelivery(label, mocksender.Delivery{Event: e})
}

// AcceptDelivery is Accept for a delivery with a uuid, a header or a framing of its
// own.
func (p *Probe) AcceptDelivery(label string, d mocksender.Delivery) *exchange.Exchange {
	x := p.Offer(label, d)
	p.JudgeAccepted(x)
	return x
}

// Offer sends a delivery as AcceptDelivery does, and judges nothing. A delivery
// that ends in a 5xx or a cut connection is sent again: a target that fails now
// and then is met by chance alone. A uuid that is given is kept throughout.
func (p *Probe) Offer(label string, d mocksender.Delivery) *exchange.Exchange {
	kind := exchange.Genuine
	if !d.Genuine() {
		kind = exchange.Nonstandard
	}
	x := p.offer(kind, label, d)
	if x.Answer == exchange.Failing || x.Answer == exchange.Cut {
		if again := p.paced(kind, label, d); again.Accepted() {
			p.Comment("%s: %s, but accepted when sent again", label, x.Answered())
			return again
		}
	}
	return x
}

// AcceptQuietly delivers e as Accept does, and judges nothing.
func (p *Probe) AcceptQuietly(e rtk.Event) *exchange.Exchange {
	return p.offer(exchange.Genuine, string(e.Type), mocksender.Delivery{Event: e})
}

// offerPlain sends a delivery again that was not accepted, if its download links lead
// to Endpoints.LinksHost and nobody ever came there. The target may have tried in vain:
// it trusts certificates of its own alone, or does not find the host. That is no fault,
// and all further links lead to the base.
func (p *Probe) offerPlain(x *exchange.Exchange, d mocksender.Delivery, send func(string, mocksender.Delivery) *exchange.Exchange) *exchange.Exchange {
	plain, ok := p.Endpoints().withPlainLinks(d.Event.Body)
	if !ok || x.Answer != exchange.Refused && x.Answer != exchange.Failing && x.Answer != exchange.Cut {
		return x
	}
	d.Event.Body = plain
	again := send(x.Label, d)
	if !again.Accepted() {
		return x
	}
	p.Endpoints().linksPlain.Store(true)
	p.Comment("%s is taken with http links only: the target cannot follow those to https, which are answered here", x.Label)
	return again
}

// offer sends a delivery. If it is refused, it may be for its download links into
// the target's own network. Guarding against these is no fault, and canaries are
// not for such a target.
func (p *Probe) offer(kind exchange.Kind, label string, d mocksender.Delivery) *exchange.Exchange {
	x := p.offerPlain(p.paced(kind, label, d), d, func(label string, d mocksender.Delivery) *exchange.Exchange {
		return p.paced(kind, label, d)
	})
	public := p.run.events.WithPublicLinks(d.Event.Body)
	if x.Answer != exchange.Refused || bytes.Equal(public, d.Event.Body) {
		return x // its links are public, or there are none
	}
	d.Event.Body = public
	again := p.send.Send(kind, label, d)
	if !again.Accepted() {
		return x
	}
	p.run.events.UsePublicLinks()
	p.run.effects.Guarded(x)
	p.Comment("%s is taken only with public https links, which is no fault", label)
	return again
}

// JudgeAccepted records a violation for a genuine delivery that was not accepted,
// as Accept does.
func (p *Probe) JudgeAccepted(x *exchange.Exchange) {
	switch {
	case x.Accepted():
		if x.Late() {
			p.Comment("%s: accepted late, on attempt %d", x.Label, len(x.Attempts))
		}
	case p.ProvesNothing(x.Label, x), p.CameTooFast(x.Label, x):
	default:
		if control := p.Control(); !control.Accepted() {
			p.On(x, control).Inconclusive("%s; but the control is not accepted now either: %s", x, control.Answered())
			return
		}
		if p.refusedPlain(x) {
			p.Skip("%s, but the same body is refused as well when it is sent as usual", x)
			return
		}
		p.On(x).About(x).Violation("%s", x)
	}
}

// refusedPlain reports whether a delivery that is framed or headed in another way was
// refused for its body: sent as usual, that is refused with the same answer.
func (p *Probe) refusedPlain(x *exchange.Exchange) bool {
	if x.Delivery.Genuine() {
		return false
	}
	plain := p.Deliver(x.Label+", but sent as usual", x.Made)
	return plain.Answer.Rejected() && exchange.Same(plain.Last().Outcome) == exchange.Same(x.Last().Outcome)
}

// ProvesNothing reports whether x has an answer from which nothing follows for the
// target, and records that.
func (p *Probe) ProvesNothing(label string, x *exchange.Exchange) bool {
	on := p.On(x)
	switch x.Answer {
	case exchange.Unanswered:
		p.unfinished()
	case exchange.Faulted:
		on.Inconclusive("%s: kept from the target by a fault that was asked for (%s)", label, x.Last().Fault)
	case exchange.Limited:
		on.Inconclusive("%s: %s, a rate limit; %s", label, x.Answered(), p.run.rateAdvice())
	case exchange.Silent:
		on.Inconclusive("%s: %s; if the target is only slow, raise --timeout", label, x.Answered())
	default:
		return false
	}
	return true
}

// Deliver sends a genuine delivery with its retries, and judges nothing.
func (p *Probe) Deliver(label string, e rtk.Event) *exchange.Exchange {
	return p.paced(exchange.Genuine, label, mocksender.Delivery{Event: e})
}

// Try sends what the real sender never sends, and judges nothing. It is no part
// of the ledger. If it is signed genuinely it is no forgery all the same: its
// effects are not held against the target.
func (p *Probe) Try(label string, d mocksender.Delivery) *exchange.Exchange {
	x := p.paced(exchange.Nonstandard, label, d)
	p.tried = append(p.tried, x)
	return x
}

// Control sends a new genuine event of a type that was accepted before. It judges
// nothing.
func (p *Probe) Control() *exchange.Exchange {
	e, err := p.fresh(p.ControlType())
	if err != nil {
		p.HarnessError(err)
		return &exchange.Exchange{Label: "the control"}
	}
	return p.Deliver("the control ("+string(e.Type)+")", e)
}

// FirstContact sends the first genuine delivery of the run: the first subscribed
// event of a meeting. It waits for a target that is still starting as long as the
// warm-up allows, and judges nothing.
func (p *Probe) FirstContact() *exchange.Exchange {
	e, err := p.run.events.Opening()
	if err != nil {
		p.HarnessError(err)
		return &exchange.Exchange{}
	}
	p.Progress(p.run.o.WarmUp, "sending the first genuine delivery (%s)", e.Type)
	d := mocksender.Delivery{Event: e}
	return p.offerPlain(p.send.First("the first genuine delivery", d), d, p.send.First)
}

// Fresh makes a new event of type t, in a session of its own where the live one
// cannot have another. It first delivers the subscribed events that have to come
// before.
func (p *Probe) Fresh(t rtk.EventType) rtk.Event {
	e, err := p.fresh(t)
	if err != nil {
		p.HarnessError(err)
	}
	return e
}

// FreshAny makes a new event of the type that controls have.
func (p *Probe) FreshAny() rtk.Event { return p.Fresh(p.ControlType()) }

func (p *Probe) fresh(t rtk.EventType) (rtk.Event, error) {
	before, e, err := p.run.events.Next(t)
	if err != nil {
		return rtk.Event{}, err
	}
	if len(before) > 0 {
		p.send.Presign(before...)
		p.send.Presign(e)
	}
	if t == rtk.MeetingParticipantJoined {
		p.send.Presign(p.run.events.LikelyNext()...)
	}
	for _, b := range before {
		if p.Subscribed(b.Type) && !p.run.o.Production {
			p.Deliver(string(b.Type)+", which comes before", b)
		}
	}
	return e, nil
}
