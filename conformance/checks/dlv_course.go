package checks

import (
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// scene is one event of a meeting that is played out of the ordinary.
type scene struct {
	event rtk.Event
	label string
	// judged says that the event has to be accepted. The others are there for
	// their state.
	judged bool
	// late says that it comes after what has superseded it: to make nothing of
	// it is as right as to take it up.
	late bool
}

// course is a meeting out of the ordinary, and one that takes its usual course,
// with the same events in it.
type course struct {
	scenes []scene
	usual  func() []rtk.Event
}

// play delivers those scenes that are subscribed, in order. If one is refused,
// the usual course is played as well: what the target refuses there, too, it
// does not refuse for the order.
func play(p *conformance.Probe, c course) {
	var judged, fruitful []*conformance.Exchange
	refused := false
	for _, s := range c.scenes {
		p.Presign(s.event)
	}
	for _, s := range c.scenes {
		if !p.Subscribed(s.event.Type) || p.Context().Err() != nil {
			continue
		}
		if !s.judged {
			p.Deliver(s.label, s.event)
			continue
		}
		sent := p.Offer(s.label, mocksender.Delivery{Event: s.event})
		judged = append(judged, sent)
		if !s.late {
			fruitful = append(fruitful, sent)
		}
		refused = refused || sent.Answer != conformance.Accepted
	}
	if len(judged) == 0 {
		p.NotApplicable("none of the events that it is about is subscribed")
		return
	}
	notDroppedFor(p, fruitful...)
	var anyway []*conformance.Exchange
	if refused {
		anyway = refusedAnyway(p, judged, c.usual())
	}
	for _, s := range judged {
		if !slices.Contains(anyway, s) {
			p.JudgeAccepted(s)
			continue
		}
		text := fmt.Sprintf("%s: %s, but so is the like in the usual order", s.Label, s.Answered())
		if len(anyway) == len(judged) {
			p.Skip("%s", text)
		} else {
			p.Comment("%s", text)
		}
	}
}

// refusedAnyway plays the usual course and returns those of judged whose like is
// not accepted there either.
func refusedAnyway(p *conformance.Probe, judged []*conformance.Exchange, usual []rtk.Event) []*conformance.Exchange {
	accepted := map[string]bool{}
	likes := occurrences{}
	for _, e := range usual {
		if p.Subscribed(e.Type) && p.Context().Err() == nil {
			accepted[likes.next(e)] = p.AcceptQuietly(e).Answer == conformance.Accepted
		}
	}
	var out []*conformance.Exchange
	likes = occurrences{}
	for _, s := range judged {
		if ok, known := accepted[likes.next(s.Delivery.Event)]; known && !ok && s.Answer != conformance.Accepted {
			out = append(out, s)
		}
	}
	return out
}

// occurrences counts events that are like each other: the same type, and the
// same status or reason.
type occurrences map[string]int

// next names e by what it is like, and the how manieth of these it is.
func (o occurrences) next(e rtk.Event) string {
	like := conformance.Variant(e)
	o[like]++
	return fmt.Sprintf("%s, %d", like, o[like])
}

// scenesOf are the judged scenes of events, labelled by their type and suffix.
func scenesOf(events []rtk.Event, suffix string) []scene {
	out := make([]scene, len(events))
	for i, e := range events {
		out[i] = scene{event: e, label: string(e.Type) + suffix, judged: true}
	}
	return out
}
