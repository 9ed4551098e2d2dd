package checks

import (
	"encoding/base64"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// disguised are forgeries made by bad that lack a header, or have one that a receiver may
// take for a reason not to verify.
func disguised(p *conformance.Probe, label string, bad mutation.Mutation) []conformance.Forgery {
	var all []conformance.Forgery
	for _, d := range []struct {
		how    string
		change mutation.Mutation
	}{
		{"without rtk-webhook-id", p.Mutation("webhook-id/missing")},
		{"without rtk-uuid", p.Mutation("uuid/missing")},
		{"said to come from 127.0.0.1", fromLoopback()},
	} {
		all = append(all, conformance.Forgery{Label: label + ", " + d.how, Mutations: []mutation.Mutation{bad, d.change}})
	}
	return all
}

// fromLoopback has the headers in which proxies name their client. Anyone can send them.
func fromLoopback() mutation.Mutation {
	return wireMutation("header/forwarded", "proxies' headers say that the request comes from the target's own machine", func(w *mutation.Wire) {
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"} {
			setHeader(w, name, "127.0.0.1")
		}
		setHeader(w, "Forwarded", "for=127.0.0.1")
	})
}

// asPlainText says that the body is no JSON: body parsers skip it.
func asPlainText() mutation.Mutation {
	return wireMutation("header/plain-text", "the Content-Type is text/plain", func(w *mutation.Wire) {
		setHeader(w, "Content-Type", "text/plain")
	})
}

// inPredecessor moves the signature into the header of the predecessor.
func inPredecessor() mutation.Mutation {
	return wireMutation("signature/in-predecessor", "the signature is in dyte-signature, and there is no rtk-signature", func(w *mutation.Wire) {
		signPredecessor(w, w.Signature())
	})
}

// predecessorAlone has the header of the predecessor in place of the signature.
func predecessorAlone() mutation.Mutation {
	return wireMutation("signature/predecessor-alone", "no rtk-signature, and a dyte-signature of 256 zero bytes", func(w *mutation.Wire) {
		signPredecessor(w, base64.StdEncoding.EncodeToString(make([]byte, 256)))
	})
}

func signPredecessor(w *mutation.Wire, signature string) {
	w.SetSignature()
	setHeader(w, rtk.HeadersDyte.Sets()[0].Signature, signature)
}
