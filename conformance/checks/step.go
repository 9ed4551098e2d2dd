package checks

import (
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// step is one event that a check delivers.
type step struct {
	label string
	event rtk.Event
	// judged says that the event has to be accepted. The others are sent for the
	// state that they leave.
	judged bool
	// late says that a newer event came before it: a target may ignore it.
	late bool
}

// play delivers those steps that are subscribed, in order. If one is refused, it
// also plays a meeting that takes its usual course: an event that the target refuses
// there, too, is not refused for the order. It returns the exchanges of what is judged.
func play(p *conformance.Probe, steps []step, usual func() []rtk.Event) (judged []*exchange.Exchange) {
	var mayNotDrop []*exchange.Exchange
	refused := false
	presign(p, steps)
	for _, s := range steps {
		if !p.Subscribed(s.event.Type) || p.Context().Err() != nil {
			continue
		}
		if !s.judged {
			p.Deliver(s.label, s.event)
			continue
		}
		x := p.Offer(s.label, mocksender.Delivery{Event: s.event})
		judged = append(judged, x)
		if !s.late {
			mayNotDrop = append(mayNotDrop, x)
		}
		refused = refused || !x.Accepted()
	}
	if len(judged) == 0 {
		p.NotApplicable("none of the events that it is about is subscribed")
		return nil
	}
	notDroppedForThis(p, mayNotDrop...)
	var anyway []*exchange.Exchange
	if refused {
		anyway = refusedAnyway(p, judged, usual())
	}
	for _, x := range judged {
		if !slices.Contains(anyway, x) {
			p.JudgeAccepted(x)
			continue
		}
		text := fmt.Sprintf("%s, but so is a similar event in the usual order", x)
		if len(anyway) == len(judged) {
			p.Skip("%s", text)
		} else {
			p.Comment("%s", text)
		}
	}
	return judged
}

// refusedAnyway plays the usual course, and returns those of judged for which a
// similar event is not accepted there either.
func refusedAnyway(p *conformance.Probe, judged []*exchange.Exchange, usual []rtk.Event) []*exchange.Exchange {
	accepted := map[string]bool{}
	names := occurrences{}
	for _, e := range usual {
		if p.Subscribed(e.Type) && p.Context().Err() == nil {
			accepted[names.next(e)] = p.AcceptQuietly(e).Accepted()
		}
	}
	var out []*exchange.Exchange
	names = occurrences{}
	for _, x := range judged {
		if ok, known := accepted[names.next(x.Delivery.Event)]; known && !ok && !x.Accepted() {
			out = append(out, x)
		}
	}
	return out
}

// occurrences counts the events of each variant.
type occurrences map[string]int

// next names e by its variant, with its number among the events of that variant.
func (o occurrences) next(e rtk.Event) string {
	name := exchange.Variant(e)
	o[name]++
	return fmt.Sprintf("%s, %d", name, o[name])
}

// acceptAll sends steps, and records a violation for each that is not accepted.
func acceptAll(p *conformance.Probe, steps []step) []*exchange.Exchange {
	presign(p, steps)
	xs := make([]*exchange.Exchange, len(steps))
	for i, s := range steps {
		xs[i] = p.Accept(s.label, s.event)
	}
	return xs
}

// presign has steps signed meanwhile.
func presign(p *conformance.Probe, steps []step) {
	for _, s := range steps {
		p.Send().Presign(s.event)
	}
}

// stepsOf are the judged steps of events, labelled by their type and suffix.
func stepsOf(events []rtk.Event, suffix string) []step {
	out := make([]step, len(events))
	for i, e := range events {
		out[i] = step{event: e, label: string(e.Type) + suffix, judged: true}
	}
	return out
}

// survive sends signed bodies that the real sender does not send. Each may be
// accepted or refused, but neither answered 5xx nor cut off, and a genuine delivery
// has to be accepted afterwards. A target that ends is no more than a note, which the
// run adds. It returns the exchanges, nil if the run was interrupted.
func sendNonstandard(p *conformance.Probe, steps ...step) []*exchange.Exchange {
	presign(p, steps)
	var xs []*exchange.Exchange
	for _, s := range steps {
		if p.Interrupted() {
			return nil
		}
		x := p.Try(s.label, mocksender.Delivery{Event: s.event})
		xs = append(xs, x)
		if p.Process().Gone(x) {
			return xs // the run says so
		}
		if x.Answer == exchange.Failing || x.Answer == exchange.Cut {
			p.On(x).Violation("%s: %s", s.label, x.Answered())
		} else if x.Answer != exchange.Unanswered {
			p.ProvesNothing(s.label, x)
		}
	}
	if c := p.Control(); c.Answer.Rejected() && !p.Process().Gone(c) {
		p.On(c).Violation("a genuine delivery afterwards: %s", c.Answered())
	}
	return xs
}

// odd is the step of a body that is no event.
func odd(label string, body []byte) step { return step{label: label, event: rtk.Event{Body: body}} }
