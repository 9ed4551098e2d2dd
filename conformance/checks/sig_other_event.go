package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func sigOtherEvent() *conformance.Check {
	return &conformance.Check{
		ID: "sig/other-event", Title: "a genuine signature of another body is rejected",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
		Doc: "Signatures are seen by proxies and logs. One that was genuine for an earlier body must not carry a new one.",
		Fix: "Verify each body against its own signature; never remember a signature as good.",
		Run: func(p *conformance.Probe) {
			earlier := p.Deliver("the earlier genuine delivery", p.FreshAny())
			p.Reject(
				conformance.Forgery{Label: "the signature of the delivery before", Mutations: []mutation.Mutation{signedAs(earlier)}},
				forged(p, "the genuine signature of another body", "body/other-event"),
			)
			if earlier.Answer == conformance.Accepted {
				again := forged(p, "another body under the uuid of an accepted delivery", "signature/other-key")
				again.UUID = earlier.Delivery.UUID
				if b := p.Bracket(p.ControlType(), again); p.BracketHolds(b) {
					judgeKnownUUID(p, earlier, b.Forged)
				}
			}
		},
	}
}

// judgeKnownUUID judges a forgery with the uuid of a delivery that was accepted
// before. A receiver may look that up before it verifies, and answer that it has
// it; no harm is done unless there is another effect.
func judgeKnownUUID(p *conformance.Probe, earlier *conformance.Exchange, forged []*conformance.Exchange) {
	for _, f := range forged {
		if f.Answer != conformance.Accepted {
			p.JudgeForgery(earlier, f)
			continue
		}
		p.Later(func() {
			if effect, known := p.Effect(f); known && effect || p.Followed(f) {
				p.Violation([]*conformance.Exchange{earlier, f}, "%s: %s and took effect", f.Label, f.Answered())
				return
			}
			p.AddFinding(conformance.Note, []*conformance.Exchange{earlier, f}, "%s: %s without being verified, as a duplicate it seems%s", f.Label, f.Answered(), unlessSeen(p))
		})
	}
}

// unlessSeen says what would show that nothing comes of it.
func unlessSeen(p *conformance.Probe) string {
	if p.SeesEffects() {
		return ", and had no effect"
	}
	return "; --effects-url would show whether it took effect"
}

// signedAs puts the signature that s was sent with on another body.
func signedAs(s *conformance.Exchange) mutation.Mutation {
	return mutation.Mutation{
		ID:  "signature/of-earlier-delivery",
		Doc: "the signature is that of a genuine delivery which the target has seen",
		Apply: func(w *mutation.Wire) error {
			w.SetSignature(s.Last().Request.Field(w.SignatureNames[0]))
			return nil
		},
	}
}
