package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// forgery makes a forgery of one named mutation.
func forgery(p *conformance.Probe, label, id string) conformance.Forgery {
	return conformance.Forgery{Label: label, Mutations: []mutation.Mutation{p.Mutation(id)}}
}

// forger makes forgeries.
type forger func(*conformance.Probe) []conformance.Forgery

// mutant makes one forgery, of a named mutation.
func mutant(label, id string) forger {
	return func(p *conformance.Probe) []conformance.Forgery { return []conformance.Forgery{forgery(p, label, id)} }
}

// everyType makes a forgery of each subscribed event type, first the type of controls. A
// receiver may have a path around the verification for some types.
func everyType(label, mutation string) forger {
	return func(p *conformance.Probe) []conformance.Forgery {
		all := mutant(label, mutation)(p)
		for _, t := range rtk.EventTypes() {
			if t != p.ControlType() && p.Subscribed(t) {
				all = append(all, ofType(p, t, label+" ("+string(t)+")", mutation))
			}
		}
		return all
	}
}

// ofType makes a forgery of an event of type t.
func ofType(p *conformance.Probe, t rtk.EventType, label, mutation string) conformance.Forgery {
	f := forgery(p, label, mutation)
	f.Event = p.Fresh(t)
	return f
}

// flippedLinks makes a forgery of an event with download links, if controls have none.
func flippedLinks(p *conformance.Probe) []conformance.Forgery {
	linked := p.LinkedType()
	if linked == p.ControlType() {
		return nil
	}
	return []conformance.Forgery{ofType(p, linked, "one byte of "+string(linked)+" changed after signing", "body/flip-byte")}
}

// unsignedInDisguise makes unsigned forgeries that look like something that a receiver may
// not verify.
func unsignedInDisguise(p *conformance.Probe) []conformance.Forgery {
	const label = "a delivery without rtk-signature"
	return []conformance.Forgery{
		{Label: label + ", as text/plain", Mutations: []mutation.Mutation{p.Mutation("signature/missing"), asPlainText()}},
		{Label: label + ", with a dyte-signature that is none", Mutations: []mutation.Mutation{predecessorAlone()}},
		{Label: label + ", with a dyte-signature by another key", Mutations: []mutation.Mutation{p.Mutation("signature/other-key"), inPredecessor()}},
	}
}

// otherKeyInDisguise makes forgeries by another key that lack a header, or have one that a
// receiver may take for a reason not to verify.
func otherKeyInDisguise(p *conformance.Probe) []conformance.Forgery {
	const label = "a signature by another key"
	otherKey := p.Mutation("signature/other-key")
	return []conformance.Forgery{
		{Label: label + ", without rtk-webhook-id", Mutations: []mutation.Mutation{otherKey, p.Mutation("webhook-id/missing")}},
		{Label: label + ", without rtk-uuid", Mutations: []mutation.Mutation{otherKey, p.Mutation("uuid/missing")}},
		{Label: label + ", said to come from 127.0.0.1", Mutations: []mutation.Mutation{otherKey, fromLoopback()}},
	}
}

// commonForgeries are sent by the checks on all rejections themselves, so that they have
// something to judge when they run alone.
func commonForgeries(p *conformance.Probe) []conformance.Forgery {
	return []conformance.Forgery{
		forgery(p, "a delivery without rtk-signature", "signature/missing"),
		forgery(p, "!!!not-base64!!! as signature", "signature/garbage-base64"),
		forgery(p, "a signature by another key", "signature/other-key"),
		forgery(p, "one byte of the body changed after signing", "body/flip-byte"),
	}
}
