package keyoutage

import (
	"crypto/rsa"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// earlierLimit bounds the time for all keys of earlier runs.
const earlierLimit = 2 * time.Second

// HeldFromEarlier returns the key of an earlier run that the target accepts e with,
// and nil if there is none, or if it accepts e from anybody.
func HeldFromEarlier(p *conformance.Probe, e rtk.Event) *rsa.PrivateKey {
	own, err := p.Endpoints().Keys.Key()
	if err != nil {
		return nil
	}
	send, cancel := p.Send().Within(earlierLimit)
	defer cancel()
	accepts := func(label string, kind exchange.Kind, m mutation.Mutation) bool {
		return send.Once(kind, label, mocksender.Delivery{Event: e, Mutations: []mutation.Mutation{m}}).Accepted()
	}
	for _, key := range p.Endpoints().Earlier.Keys {
		if key.Equal(own) || !accepts("a delivery signed by the key of an earlier run", exchange.Nonstandard, signedBy(key)) {
			continue
		}
		if accepts("a delivery signed by a key that nobody has", exchange.Unverifiable, p.Mutation("signature/other-key")) {
			return nil
		}
		return key
	}
	return nil
}

// signedBy has another key sign the body.
func signedBy(key *rsa.PrivateKey) mutation.Mutation {
	return mutation.Mutation{ID: "signature/earlier-key", Doc: "Signed by the key of an earlier run.", Apply: func(w *mutation.Wire) error {
		value, err := rtk.Sign(key, w.Body)
		w.SetSignature(value)
		return err
	}}
}
