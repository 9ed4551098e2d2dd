package checks

import (
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// A receiver may follow the download links of one event type alone, or only where an
// event has the form that real events have.

// linkedEvents makes an event of each subscribed type whose download links lead to the
// harness, as the guide's samples have it and in the forms of practice. It delivers what
// comes before the former in their meetings: a receiver may act on what it knows alone.
func linkedEvents(p *conformance.Probe) []step {
	var events []rtk.Event
	if p.Subscribed(rtk.RecordingStatusUpdate) {
		events = append(events, p.Fresh(rtk.RecordingStatusUpdate))
	}
	if slices.ContainsFunc(artifacts(), p.Subscribed) {
		for _, e := range p.Events().ShortMeeting() {
			switch {
			case !p.Subscribed(e.Type):
			case slices.Contains(artifacts(), e.Type):
				events = append(events, e)
			default:
				p.Deliver(string(e.Type)+", which comes before", e)
			}
		}
	}
	out := stepsOf(slices.DeleteFunc(events, func(e rtk.Event) bool { return !p.Events().LinksHere(e) }), "")
	for _, e := range p.Events().Linked(payload.FormNumericFileSize) {
		if e.Type == rtk.RecordingStatusUpdate {
			out = append(out, step{event: e, label: string(e.Type) + " with a numeric fileSize"})
		}
	}
	return append(out, stepsOf(p.Events().Linked(payload.Forms()...), " in the forms of practice")...)
}

// forgedLinks makes a forgery of each event of linkedEvents. It is signed by another key:
// whoever follows links before verifying may ask first whether there is a signature.
func forgedLinks(p *conformance.Probe) []conformance.Forgery {
	var out []conformance.Forgery
	for _, s := range linkedEvents(p) {
		out = append(out, conformance.Forgery{
			Label: "a signature by another key (" + s.label + ")", Event: s.event,
			Mutations: []mutation.Mutation{p.Mutation("signature/other-key")},
		})
	}
	return out
}
