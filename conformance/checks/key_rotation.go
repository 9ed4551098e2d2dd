package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// rotationChecks change the key. A new one is never taken back: a target may have forgotten
// the old one for good. So they run when everything else is known.
func rotationChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "key/rotation", Title: "a delivery signed by a new key is accepted once that is served",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S10", "S13"},
			Needs: conformance.NeedKeyFetch, Exclusive: true, Phase: conformance.Final,
			Doc: "The guide fetches the key from a URL, and does not say that it stays the same. A receiver that keeps it forever, or for a day, refuses everything from the change on, and a 401 is not retried. " +
				"--rotation-grace says how long may pass; without it, the first delivery or one of its retries has to be accepted.",
			Fix: "When a signature does not verify, fetch the key again, but not more often than once a second, and verify once more. In between, answer 503 to what does not verify: " +
				"a delivery that the new key signed then comes again, where a 401 would lose it.",
			Run: func(p *conformance.Probe) {
				r := rotate(p)
				if r == nil {
					return
				}
				on := p.On(r.Taken, r.First)
				switch took := r.Took.Round(time.Millisecond); {
				case r.Accepted() && r.Taken == r.First && !r.First.Late():
				case r.Lost && p.Options().RotationGrace < r.Took:
					on.Violation("%s, which is final, and the new key was taken only after that; say by --rotation-grace if that may be", r.First)
				case r.Accepted():
					p.Comment("accepted %s after the change; the first delivery: %s", took, attemptsOf(r.First))
				case r.Taken.Answer == exchange.Unanswered, r.Taken.Answer == exchange.Limited:
					p.ProvesNothing(r.Taken.Label, r.Taken)
				case r.Fetches == 0:
					on.Violation("%s, and the key was not fetched again within %s; if it would be, some time later, say how much by --rotation-grace", r.Taken, took)
				default:
					on.Violation("%s, though the new key was fetched (%s)", r.Taken, counted(r.Fetches, "time", "times"))
				}
			},
		},
		{
			ID: "key/rotation-old", Title: "after a change of the key the old one is refused",
			Level: conformance.May, Basis: conformance.Practice,
			Needs: conformance.NeedKeyFetch, Exclusive: true, Phase: conformance.Final,
			Doc: "A key may be changed because it was stolen. A receiver that goes on taking the old one lets the thief in; for some minutes that is a kindness to deliveries under way.",
			Fix: "Forget the old key with the new one, or some minutes after.",
			Run: func(p *conformance.Probe) {
				r := rotate(p)
				if r == nil {
					return
				}
				if !r.Accepted() {
					p.Skip("the new key is not taken (%s), which key/rotation judges", r.Taken.Answered())
					return
				}
				old, err := mutation.ByID(mutation.Options{Attacker: r.Old}, "signature/other-key")
				if err != nil {
					p.HarnessError(err)
					return
				}
				b := p.Bracket(p.ControlType(), conformance.Forgery{Label: "a delivery signed by the old key", Mutations: []mutation.Mutation{old}})
				if p.BracketHolds(b) && b.Forged[0].Accepted() {
					p.On(b.Forged...).About(b.Forged...).Violation("%s", b.Forged[0])
				}
			},
		},
	}
}

// rotate changes the key, or records why that would show nothing.
func rotate(p *conformance.Probe) *keyoutage.Rotation {
	if !fetchesKey(p) || keyoutage.Rotated(p) == nil && !works(p) {
		return nil
	}
	return keyoutage.Rotate(p)
}

// attemptsOf lists the answers to the attempts of a delivery.
func attemptsOf(x *exchange.Exchange) string {
	var out []string
	for _, a := range x.Attempts {
		if a.Outcome.Err != nil {
			out = append(out, a.Outcome.Err.Error())
		} else {
			out = append(out, fmt.Sprint(a.Outcome.Status))
		}
	}
	return strings.Join(out, ", ")
}
