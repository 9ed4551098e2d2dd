package checks

import (
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// documentChecks serve the key document in other forms.
func documentChecks() []*conformance.Check {
	return []*conformance.Check{
		documentForm("key/pem-escaped", wellknown.PEMEscaped,
			"a key whose line breaks are escaped twice is read",
			`The guide's own sample takes literal \n sequences out of the PEM text, which is there for documents that carry them. A parser that wants real line breaks reads no key from such a one.`,
			`Replace the two characters \n by line breaks before the PEM is parsed, or take armour and white space away and decode the rest, as the sample does.`),
		documentForm("key/pem-crlf", wellknown.PEMCRLF,
			"a key whose lines end with CRLF is read",
			"PEM text may end its lines with CRLF (RFC 7468); a document that went through other hands often does.",
			"Take all white space away before decoding, or use a PEM parser that takes either line end."),
	}
}

// documentForm is a check that serves the key document in another form, which a client
// that copes can read all the same.
func documentForm(id conformance.ID, f wellknown.Fault, title, doc, fix string) *conformance.Check {
	return &conformance.Check{
		ID: id, Title: title, Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S10"}, Doc: doc, Fix: fix,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Run: func(p *conformance.Probe) {
			defer p.Keys().SetFault(wellknown.None)
			if !readsKeyAgain(p) {
				return
			}
			e := p.FreshAny()
			p.Process().Drain()
			mark := p.Keys().Mark()
			p.Keys().SetFault(f)
			if p.Process().CanRestart() && !p.Process().Kill() {
				p.Keys().SetFault(wellknown.None)
				if p.Process().CanRestart() && p.Process().Restart() {
					p.Comment("it does start when the document is as the guide shows it")
				}
				return
			}
			const label = "a genuine delivery while the key document comes in another form"
			keyoutage.AwaitFetch(p, label, mark)
			x := p.Deliver(label, e)
			if !x.Accepted() {
				x = p.Deliver(label, p.FreshAny()) // it may have been refused for its own sake
			}
			asked := keyoutage.AsksForKey(p, mark, x)
			p.Keys().SetFault(wellknown.None)
			switch {
			case !asked:
				skipUnasked(p)
				restoreTarget(p)
			case !x.Accepted():
				after := keyoutage.Recover(p, "a genuine delivery after the document is as the guide shows it again")
				if !after.Accepted() && p.Process().CanRestart() && !p.Process().Restart() {
					return
				}
				p.JudgeAccepted(x)
			}
		},
	}
}

// readsKeyAgain reports whether the target will read the key document again, and records
// why not.
func readsKeyAgain(p *conformance.Probe) bool {
	if !fetchesKey(p) {
		return false
	}
	if !p.Process().CanRestart() && !holdsNoKey(p) {
		p.Skip("the target holds its key, and will not read another document; %s", coldHint(p))
		return false
	}
	return works(p)
}

// holdsNoKey reports whether the target asks for its key with each delivery.
func holdsNoKey(p *conformance.Probe) bool {
	all := keyoutage.Warm(p)
	i := slices.IndexFunc(all, func(o *keyoutage.Outage) bool { return o.Blocked() && o.Fetches > 0 })
	return i >= 0 && all[i].Recovered()
}
