package conformance

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// warmUpRetry is the retry policy of the first contact: a target that is still
// starting refuses connections, or has a proxy answer 5xx for it.
type warmUpRetry struct{ within time.Duration }

// Steps of waiting for a target that is still starting.
const (
	warmingFirst = 100 * time.Millisecond
	warmingMost  = time.Second
)

func (w warmUpRetry) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	if !o.Retryable() && !limited(o) {
		return 0, false
	}
	switch o.Class {
	case "", mocksender.ClassRefused, mocksender.ClassReset:
	default:
		return 0, false
	}
	var waited time.Duration
	wait := warmingFirst
	for range attempt - 1 {
		waited += wait
		wait = min(2*wait, warmingMost)
	}
	if waited+wait > w.within {
		return 0, false
	}
	return wait, true
}

// FirstContact sends the first genuine delivery of the run: the first
// subscribed event of a meeting. It waits for a target that is still starting
// as long as the warm-up allows, and judges nothing.
func (p *Probe) FirstContact() *Exchange {
	p.firstOutage()
	e, err := p.run.events.opening()
	if err != nil {
		p.harness(err)
		return &Exchange{}
	}
	p.run.say("sending the first genuine delivery (%s)", e.Type)
	const label = "the first genuine delivery"
	d, err := p.selfCheck(mocksender.Delivery{Event: e})
	if err != nil {
		p.failed(label, err)
		return &Exchange{Label: label}
	}
	p.run.takes(p.run.patient)
	receipt, err := p.run.patient.Send(p.ctx, p.run.o.Target.URL, d)
	if err != nil {
		p.failed(label, err)
		return &Exchange{Label: label}
	}
	return p.run.record(label, genuine, receipt)
}

// AcceptedAlias sends e under other header names and returns the choice under
// which it was accepted, or "" if there was none.
func (p *Probe) AcceptedAlias(e rtk.Event) rtk.HeaderNames {
	if p.run.o.Sender.HeaderNames == rtk.HeadersBoth {
		return ""
	}
	other := rtk.HeadersDyte
	if p.run.o.Sender.HeaderNames == rtk.HeadersDyte {
		other = rtk.HeadersRTK
	}
	s := p.Try("the same delivery under other header names", mocksender.Delivery{
		Event: e, Mutations: []mutation.Mutation{renamed(p.run.o.Sender.HeaderNames, other)},
	})
	if s.Answer != Accepted {
		return ""
	}
	return other
}

// renamed sends the three headers under other names.
func renamed(from, to rtk.HeaderNames) mutation.Mutation {
	return mutation.Mutation{
		ID:  "header/" + string(to) + "-names",
		Doc: "the headers carry the " + string(to) + "-… names",
		// These are what goes by one name and comes by another.
		Changes: mutation.PartSignature | mutation.PartUUID | mutation.PartWebhookID,
		Apply: func(w *mutation.Wire) error {
			old, names := from.Sets()[0], to.Sets()[0]
			for _, pair := range [][2]string{
				{old.Signature, names.Signature}, {old.UUID, names.UUID}, {old.WebhookID, names.WebhookID},
			} {
				w.Header[pair[1]] = w.Header[pair[0]]
				delete(w.Header, pair[0])
			}
			return nil
		},
	}
}
