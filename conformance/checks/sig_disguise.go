package checks

import (
	"encoding/base64"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// disguised are forgeries made by bad that lack a header, or have one that a
// receiver may take for a reason not to verify.
func disguised(p *conformance.Probe, label string, bad mutation.Mutation) []conformance.Forgery {
	var all []conformance.Forgery
	for _, d := range []struct {
		how    string
		change mutation.Mutation
	}{
		{"without rtk-webhook-id", p.Mutation("webhook-id/missing")},
		{"without rtk-uuid", p.Mutation("uuid/missing")},
		{"said to come from 127.0.0.1", asForwarded()},
	} {
		all = append(all, conformance.Forgery{Label: label + ", " + d.how, Mutations: []mutation.Mutation{bad, d.change}})
	}
	return all
}

// asForwarded has the headers by which proxies say whom they speak for. Anyone
// can send them.
func asForwarded() mutation.Mutation {
	return mutation.Mutation{
		ID: "header/forwarded", Doc: "proxies' headers say that the request comes from the target's own machine",
		Apply: func(w *mutation.Wire) error {
			for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"} {
				setHeader(w, name, "127.0.0.1")
			}
			setHeader(w, "Forwarded", "for=127.0.0.1")
			return nil
		},
	}
}

// inPredecessor moves the signature into the header of the predecessor.
func inPredecessor() mutation.Mutation {
	return mutation.Mutation{
		ID: "signature/in-predecessor", Doc: "the signature is in dyte-signature, and there is no rtk-signature",
		Apply: func(w *mutation.Wire) error {
			signature := w.Signature()
			w.SetSignature()
			setHeader(w, rtk.HeadersDyte.Sets()[0].Signature, signature)
			return nil
		},
	}
}

// asPlainText says of a body that it is no JSON, which body parsers pass over.
func asPlainText() mutation.Mutation {
	return mutation.Mutation{
		ID: "header/plain-text", Doc: "the Content-Type is text/plain",
		Apply: func(w *mutation.Wire) error {
			setHeader(w, "Content-Type", "text/plain")
			return nil
		},
	}
}

// predecessorAlone has the header of the predecessor in place of the signature.
func predecessorAlone() mutation.Mutation {
	return mutation.Mutation{
		ID: "signature/predecessor-alone", Doc: "no rtk-signature, and a dyte-signature of 256 zero bytes",
		Apply: func(w *mutation.Wire) error {
			w.SetSignature()
			setHeader(w, rtk.HeadersDyte.Sets()[0].Signature, base64.StdEncoding.EncodeToString(make([]byte, 256)))
			return nil
		},
	}
}
