// Package checks is the catalogue of what is judged: a list for each group, or for a
// family of similar checks. How judging works is in the package conformance.
//
// A check may enter if it follows from the guide, from a standard, or from what
// public receivers get wrong; if a correct receiver passes it; and if it catches at
// least one flawed receiver of the package receivers.
package checks

//go:generate go run ./internal/catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// All returns every check in the order of the catalogue, which is the order of a
// run. The caller owns the slice and the checks.
func All() []*conformance.Check {
	return slices.Concat(
		controlChecks(),
		signatureChecks(),
		outageChecks(), documentChecks(), rotationChecks(), fetchChecks(), hardeningChecks(),
		acceptChecks(), eventChecks(),
		duplicateChecks(), failureChecks(), uuidChecks(), orderChecks(), lateChecks(),
		responseChecks(),
		httpChecks(),
		apiChecks(),
	)
}

// fresh is a delivery of a new event of the type that controls have, with mutations.
func fresh(p *conformance.Probe, mutations ...mutation.Mutation) mocksender.Delivery {
	return mocksender.Delivery{Event: p.FreshAny(), Mutations: mutations}
}

// unsigned is a delivery without a signature, with more mutations.
func unsigned(p *conformance.Probe, mutations ...mutation.Mutation) mocksender.Delivery {
	return fresh(p, append([]mutation.Mutation{p.Mutation("signature/missing")}, mutations...)...)
}

// several makes n deliveries of new events.
func several(p *conformance.Probe, n int) []mocksender.Delivery {
	out := make([]mocksender.Delivery, n)
	for i := range out {
		out[i].Event = p.FreshAny()
	}
	return out
}

// sameAs is the delivery of x once more: the same uuid and bytes.
func sameAs(x *exchange.Exchange) mocksender.Delivery {
	return mocksender.Delivery{UUID: x.Delivery.UUID, Event: x.Made}
}

// subscribed reports whether the target is subscribed to one of types, and records
// that a check is not applicable otherwise.
func subscribed(p *conformance.Probe, types ...rtk.EventType) bool {
	if slices.ContainsFunc(types, p.Subscribed) {
		return true
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	p.NotApplicable("the target is not subscribed to %s", strings.Join(names, " or "))
	return false
}

// sendSubscribed sends those of events that are subscribed, in order.
func sendSubscribed(p *conformance.Probe, events []rtk.Event, send func(rtk.Event) *exchange.Exchange) []*exchange.Exchange {
	p.Send().Presign(events...)
	var out []*exchange.Exchange
	for _, e := range events {
		if p.Subscribed(e.Type) && p.Context().Err() == nil {
			out = append(out, send(e))
		}
	}
	return out
}

// works reports whether the control is accepted, and records that nothing can be
// judged otherwise.
func works(p *conformance.Probe) bool {
	c := p.Control()
	if !c.Accepted() {
		p.On(c).Inconclusive("the control before: %s", c.Answered())
	}
	return c.Accepted()
}

// maySendAtOnce reports whether the run may send or open n at once, and records why not.
func maySendAtOnce(p *conformance.Probe, n int, what string) bool {
	switch {
	case p.Options().Rate > 0:
		p.Skip("the run may send no more than %g requests a second; without --rate, %d %s at once", p.Options().Rate, n, what)
	case p.Rate() > 0:
		p.Skip("the target limits its rate, to about %.2g requests a second; without the limit, %d %s at once", p.Rate(), n, what)
	}
	return p.Rate() <= 0
}

// counted is "1 forgery", "2 forgeries".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
