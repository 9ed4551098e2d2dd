package checks

import (
	"fmt"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/refusal"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// controlChecks are the gates: what all other verdicts rest on.
func controlChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "ctl/valid-accepted", Title: "a genuine delivery is accepted",
			Level: conformance.Gate, Basis: conformance.Documented, From: []string{"S3", "S6", "S9"},
			Doc:   "Everything else is measured against a genuine delivery that is accepted. A receiver that refuses this one would pass every rejection check without verifying anything.",
			Fix:   "The reason says what was answered and what usually causes it.",
			Phase: conformance.First,
			Run: func(p *conformance.Probe) {
				keyoutage.AtFirstContact(p)
				x := p.FirstContact()
				if adopted := refusal.AdoptEarlier(p, x); adopted != nil {
					p.Comment("accepted with the key of an earlier run, and refused with a fresh one: the receiver was running before, or keeps its key; the run goes on with that key (%s)", p.Endpoints().Earlier.Place)
					x = adopted
				}
				switch x.Answer {
				case exchange.Accepted:
				case exchange.Unanswered:
					p.ProvesNothing(x.Label, x)
				default:
					p.On(x).Diagnose(refusal.Diagnose(p, x), fmt.Sprintf("the first genuine delivery (%s): %s", x.Delivery.Event.Type, x.Answered()))
					keyoutage.JudgeDespite(p)
				}
			},
		},
		{
			ID: "ctl/key-held", Title: "the receiver holds the key that the deliveries are signed with",
			Level: conformance.Gate, Basis: conformance.Inferred, From: []string{"S6", "S9"},
			Doc:   "A receiver that has never had the public key cannot have verified anything, whatever it answered.",
			Fix:   "Fetch the key document from the key URL, or pin the key, and verify rtk-signature with it.",
			Phase: conformance.AtEnd,
			Run: func(p *conformance.Probe) {
				if n := p.Keys().Fetches(); n > 0 {
					p.Comment("the key was fetched from the harness (%s in all)", counted(n, "time", "times"))
					return
				}
				b := p.Bracket(p.ControlType(), forgery(p, "a delivery signed by another key", "signature/other-key"))
				if !p.BracketHolds(b) {
					return
				}
				if b.Forged[0].Answer.Rejected() {
					p.Comment("the key was never fetched, and forgeries are refused all the same: it is pinned or cached")
					return
				}
				p.On(b.Forged...).About(b.Forged...).Violation("the key was never fetched, and a delivery signed by another key: %s", b.Forged[0].Answered())
			},
		},
		{
			ID: "ctl/alive-after", Title: "a genuine delivery is still accepted after each group of checks",
			Level: conformance.Gate, Basis: conformance.Documented, From: []string{"S3"},
			Doc:   "Forgeries and odd payloads reach every public endpoint. One that stops serving genuine deliveries after them loses events.",
			Fix:   "Look in the receiver's log at what came last before it stopped answering: an uncaught exception, a worker that hangs, a lock that is never released. A development server that ends for itself (wrangler dev, an auto-reloader) is not what serves your users: test what does, or leave out the check that ended it, with --skip.",
			Phase: conformance.AfterGroup,
			Run: func(p *conformance.Probe) {
				x := p.Control()
				label := "after the group " + p.Group() + " the control"
				if x.Accepted() || p.ProvesNothing(label, x) || p.CameTooFast(label, x) {
					return
				}
				how, nonsense := p.Process().Ended(x)
				switch {
				case nonsense:
					p.On(x).Inconclusive("%s: %s; %s, which only the real sender could send, and does not", label, x.Answered(), how)
				case how != "":
					p.On(x).Violation("%s: %s; %s", label, x.Answered(), how)
				default:
					p.On(x).Violation("%s: %s", label, x.Answered())
					if how, stopped := p.Process().Stopped(); stopped {
						p.Comment("%s", how)
					}
				}
			},
		},
	}
}
