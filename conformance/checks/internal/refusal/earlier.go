package refusal

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// AdoptEarlier finds out whether a target that has refused x verifies with a key of
// an earlier run, and has the run go on with that one. It returns the delivery that
// is the first contact then, and nil if no earlier key is accepted.
func AdoptEarlier(p *conformance.Probe, x *exchange.Exchange) *exchange.Exchange {
	own, err := p.Endpoints().Keys.Key()
	if len(p.Endpoints().Earlier.Keys) == 0 || err != nil || !x.Answer.Rejected() || x.Last().Outcome.Err != nil {
		return nil
	}
	p.Progress(0, "the first genuine delivery: %s; trying the keys of earlier runs", x.Answered())
	held := keyoutage.HeldFromEarlier(p, x.Made)
	if held == nil {
		return nil
	}
	p.Keys().Adopt(held)
	if first := p.FirstContact(); first.Accepted() {
		p.Send().Disregard(x)
		return first
	}
	p.Keys().Disown(own)
	return nil
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
