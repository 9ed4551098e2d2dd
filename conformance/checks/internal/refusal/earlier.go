package refusal

import (
	"crypto/rsa"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// AdoptEarlier finds out whether a target that has refused x verifies with a key of
// an earlier run, and has the run go on with that one. It returns the delivery that
// is the first contact then, and nil if no earlier key is accepted.
func AdoptEarlier(p *conformance.Probe, x *exchange.Exchange) *exchange.Exchange {
	keys := p.Endpoints().Earlier.Keys
	own, err := p.Endpoints().Keys.Key()
	if len(keys) == 0 || err != nil || !x.Answer.Rejected() || x.Last().Outcome.Err != nil {
		return nil
	}
	p.Progress("the first genuine delivery: %s; trying the keys of earlier runs", x.Answered())
	send, cancel := p.Send().Within(budget)
	defer cancel()
	try := func(label string, kind exchange.Kind, m mutation.Mutation) bool {
		return send.Once(kind, label, mocksender.Delivery{Event: x.Made, Mutations: []mutation.Mutation{m}}).Accepted()
	}
	for _, key := range keys {
		if key.Equal(own) || !try("the same delivery, signed by the key of an earlier run", exchange.Nonstandard, signedBy(key)) {
			continue
		}
		if try("the same delivery, signed by a key that nobody has", exchange.Unverifiable, p.Mutation("signature/other-key")) {
			return nil // it accepts anything by now
		}
		p.Keys().Adopt(key)
		if first := p.FirstContact(); first.Accepted() {
			p.Send().Disregard(x)
			return first
		}
		p.Keys().Disown(own)
		return nil
	}
	return nil
}

// signedBy has another key sign the body.
func signedBy(key *rsa.PrivateKey) mutation.Mutation {
	return resigned("signature/earlier-key", "Signed by the key of an earlier run.", func(w *mutation.Wire) (string, error) {
		return rtk.Sign(key, w.Body)
	})
}

// resigned replaces the signature.
func resigned(id, doc string, sign func(*mutation.Wire) (string, error)) mutation.Mutation {
	return mutation.Mutation{ID: id, Doc: doc, Apply: func(w *mutation.Wire) error {
		value, err := sign(w)
		if err == nil {
			w.SetSignature(value)
		}
		return err
	}}
}
