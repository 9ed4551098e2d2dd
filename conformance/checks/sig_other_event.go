package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func sigOtherEvent() *conformance.Check {
	return &conformance.Check{
		ID: "sig/other-event", Title: "a genuine signature of another body is rejected",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
		Doc: "Signatures are seen by proxies and logs. A signature that was genuine for an earlier body must not be accepted with another one.",
		Fix: "Verify each body against its own signature; never remember a signature as good.",
		Run: func(p *conformance.Probe) {
			earlier := p.Deliver("the earlier genuine delivery", p.FreshAny())
			p.Reject(
				conformance.Forgery{Label: "the signature of the delivery before", Mutations: []mutation.Mutation{signedAs(earlier)}},
				forgery(p, "the genuine signature of another body", "body/other-event"),
			)
			if earlier.Accepted() {
				again := forgery(p, "another body under the uuid of an accepted delivery", "signature/other-key")
				again.UUID = earlier.Delivery.UUID
				if b := p.Bracket(p.ControlType(), again); p.BracketHolds(b) {
					judgeKnownUUID(p, earlier, b.Forged)
				}
			}
		},
	}
}

// judgeKnownUUID judges a forgery with the uuid of a delivery that was accepted before. A
// receiver may look the uuid up before it verifies, and answer that it has the delivery.
// That does no harm unless there is another effect.
func judgeKnownUUID(p *conformance.Probe, earlier *exchange.Exchange, forged []*exchange.Exchange) {
	for _, f := range forged {
		if !f.Accepted() {
			p.JudgeForgery(earlier, f)
			continue
		}
		p.Later(func() {
			on := p.On(earlier, f)
			if p.Effects().ActedOn(f) {
				on.Violation("%s and took effect", f)
				return
			}
			seen := "; --effects-url would show whether it took effect"
			if p.Effects().On() {
				seen = ", and had no effect"
			}
			on.AddFinding(conformance.Note, "%s without being verified, as a duplicate it seems%s", f, seen)
		})
	}
}

// signedAs puts the signature that x was sent with on another body.
func signedAs(x *exchange.Exchange) mutation.Mutation {
	return wireMutation("signature/of-earlier-delivery", "the signature is that of a genuine delivery which the target has seen", func(w *mutation.Wire) {
		w.SetSignature(x.Last().Request.Field(w.SignatureNames[0]))
	})
}
