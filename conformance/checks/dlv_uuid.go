package checks

import (
	"bytes"
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// uuidChecks are about what the uuid names.
func uuidChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "dlv/dup-new-uuid", Title: "the same bytes under a new uuid are accepted",
			Level: conformance.May, Basis: conformance.Practice,
			Doc: "Whether a retry keeps its rtk-uuid is contested. Under the other reading it looks like this.",
			Fix: "Answer 2xx; a receiver that wants to recognise such retries compares the event's own ids.",
			Run: func(p *conformance.Probe) {
				first := p.Accept("a delivery", p.FreshAny())
				if !first.Accepted() {
					return
				}
				again := p.Accept("the same bytes under a new uuid", first.Made)
				if !again.Accepted() {
					return
				}
				p.Effects().Await(again)
				p.Later(func() {
					switch n, known := p.Effects().Count(again); {
					case known && n > 0:
						p.Comment("it takes effect as another delivery")
					case known:
						p.Comment("it has no effect of its own")
					}
				})
			},
		},
		{
			ID: "dlv/same-body-new-uuid", Title: "equal bodies of different deliveries all take effect",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S7"},
			Needs: conformance.NeedEffects,
			Doc:   "A livestream that goes LIVE, OFFLINE and LIVE again sends the same bytes twice, because its event has no timestamp. A receiver that recognises duplicates by the body drops the second LIVE.",
			Fix:   "Recognise duplicates by rtk-uuid, not by a hash of the body.",
			Run: func(p *conformance.Probe) {
				if !subscribed(p, rtk.LivestreamStatusUpdate) {
					return
				}
				events := p.Events().Meeting(onOffOn)
				if len(events) < 3 {
					return
				}
				before, stream := events[:len(events)-3], events[len(events)-3:]
				for _, e := range before {
					if p.Subscribed(e.Type) {
						p.Deliver(string(e.Type)+", which comes before", e)
					}
				}
				first := p.Offer("a livestream that is LIVE", mocksender.Delivery{Event: stream[0]})
				if !first.Accepted() {
					p.Skip("%s, so there is nothing to compare with; see evt/accept-%s", first, rtk.LivestreamStatusUpdate)
					return
				}
				p.Deliver("a livestream that is OFFLINE", stream[1])
				again := p.Accept("a livestream that is LIVE for the second time", stream[2])
				if again.Accepted() {
					p.Effects().Await(first, again)
					p.Later(func() { judgeEqualBodies(p, first, again) })
				}
			},
		},
		{
			ID: "dlv/own-uuid", Title: "what a delivery brings about is stored under its own id",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S7"},
			Needs: conformance.NeedEffects,
			Doc:   "Some servers reuse the memory of a request for the next one. A handler that answers first and reads the id, or the body, afterwards finds those of another delivery: that one has two effects, or a forgery has one, and the event itself is lost.",
			Fix:   "Copy what is needed before the handler returns. Go Fiber and fasthttp: utils.CopyString(c.Get(\"rtk-uuid\")) and bytes.Clone(c.Body()), or fiber.Config{Immutable: true}. Gin and Echo: take the values out of the context before go func. Elsewhere: keep no request in a global, a module's variable or a field of a singleton.",
			Run: func(p *conformance.Probe) {
				p.Later(func() {
					forgeries, genuine := p.Effects().MixedUp()
					if len(forgeries) > 0 {
						p.On(slices.Concat(forgeries[:1], genuine)...).Violation(
							"effects appeared under ids of other deliveries: %s that had been refused had one, and none when sent again alone; %s that had been accepted had none",
							counted(len(forgeries), "forgery", "forgeries"), counted(len(genuine), "genuine delivery", "genuine deliveries"))
					} else if !p.Effects().On() {
						p.Skip("whose effects there are cannot be seen; count them with --effects-file or --effects-url")
					}
				})
			},
		},
		{
			ID: "dlv/forged-uuid-poison", Title: "a forgery does not use up the uuid of a genuine delivery",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9", "S16"},
			Needs: conformance.NeedEffects,
			Doc:   "A receiver that notes the uuid before it verifies can be made deaf: if somebody sends a forgery with a uuid first, the genuine delivery is dropped as a duplicate.",
			Fix:   "Verify first; note rtk-uuid only together with the effect.",
			Run: func(p *conformance.Probe) {
				e, uuid := p.FreshAny(), p.Send().NewUUID()
				forged := forgery(p, "a forgery with the uuid of a later delivery", "signature/other-key")
				forged.UUID = uuid
				b := p.Bracket(p.ControlType(), forged)
				if !p.BracketHolds(b) {
					return
				}
				before := plainTwin(p)
				x := p.AcceptDelivery("the genuine delivery with that uuid", mocksender.Delivery{UUID: uuid, Event: e})
				if !x.Accepted() {
					return
				}
				mustHaveEffect(p, x, []*exchange.Exchange{before, plainTwin(p)}, func() {
					p.On(append(b.Forged, x)...).Violation("%s: accepted, but it %s", x.Label, p.Effects().NoneInTime())
				}, func(why string) { p.Skip("the genuine delivery was accepted; %s", why) })
			},
		},
	}
}

// onOffOn are the events of a livestream that goes LIVE, OFFLINE and LIVE, after what
// comes before it. The first and the last are equal to the byte.
func onOffOn(s *conformance.Script) {
	s.Add(s.Join(s.NewParticipant()))
	stream, events, err := s.StartLivestream()
	s.Add(events, err)
	if s.Err == nil {
		s.Add(stream.Update(payload.LivestreamOffline))
		s.Add(stream.Update(payload.LivestreamLive))
	}
}

// judgeEqualBodies judges two deliveries with equal bodies: if the first had an effect,
// the last must have one too.
func judgeEqualBodies(p *conformance.Probe, first, last *exchange.Exchange) {
	one, known := p.Effects().Count(first)
	two, knownLast := p.Effects().Count(last)
	switch {
	case !bytes.Equal(first.Delivery.Event.Body, last.Delivery.Event.Body):
		p.Skip("the bodies were not equal")
	case !known || !knownLast:
		p.Skip("all were accepted; %s", p.Effects().WhyUnknown(last))
	case one == 0:
		p.Skip("a livestream that goes LIVE has no effect that is counted, so there is nothing to compare with")
	case two == 0:
		p.On(first, last).Violation("%s: accepted, but it had no effect, while its equal before had", last.Label)
	}
}
