// Package refusal finds out why a target refuses the first genuine delivery. It
// sends the same delivery again with one thing changed at a time, looks at what
// else the target does, and decides from the table of all answers. A cause is named
// only if an experiment tells it from the others.
//
// Only exclusive checks may use it.
package refusal

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// Diagnose finds out why the target has refused x, the first genuine delivery. It
// takes a second or two.
func Diagnose(p *conformance.Probe, x *exchange.Exchange) conformance.Diagnosis {
	return Decide(observe(p, x))
}
