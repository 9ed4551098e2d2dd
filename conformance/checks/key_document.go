package checks

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// documentForm is a check that serves the key document in another form, which a
// client that copes can read all the same.
func documentForm(id conformance.ID, f wellknown.Fault, title, doc, mend string) *conformance.Check {
	return &conformance.Check{
		ID: id, Title: title, Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S10"}, Doc: doc, Fix: mend,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Run: func(p *conformance.Probe) {
			defer p.SetKeyFault(wellknown.None)
			if !readyForForm(p) {
				return
			}
			e := p.FreshAny()
			p.DrainEffects()
			mark := p.Endpoints().KeyServer.Mark()
			p.SetKeyFault(f)
			if p.CanRestart() && !p.Kill() {
				p.SetKeyFault(wellknown.None)
				if p.CanRestart() && p.Restart() {
					p.Comment("it does start when the document is as the guide shows it")
				}
				return
			}
			const label = "a genuine delivery while the key document comes in another form"
			p.AwaitKeyFetch(label, mark)
			s := p.Deliver(label, e)
			if s.Answer != conformance.Accepted {
				s = p.Deliver(label, p.FreshAny()) // it may have been refused for its own sake
			}
			asked := p.FetchesKey(mark, s)
			p.SetKeyFault(wellknown.None)
			switch {
			case !asked:
				p.Skip("the target did not ask for its key, as it holds it; %s", coldHint(p))
				settled(p)
			case s.Answer == conformance.Accepted:
			default:
				if after := p.Recover("a genuine delivery after the document is as the guide shows it again"); after.Answer != conformance.Accepted && p.CanRestart() && !p.Restart() {
					return
				}
				p.JudgeAccepted(s)
			}
		},
	}
}

// readyForForm takes down why the target will not read the key document anew.
func readyForForm(p *conformance.Probe) bool {
	if pinned(p) {
		p.NotApplicable(pinnedReason)
		return false
	}
	if !p.CanRestart() && !asksEachTime(p) {
		p.Skip("the target holds its key, and will not read another document; %s", coldHint(p))
		return false
	}
	return worksSoFar(p)
}

// asksEachTime reports whether the target holds no key even while it works.
func asksEachTime(p *conformance.Probe) bool {
	for _, o := range p.WarmOutages() {
		if o.Blocked() && o.Fetches > 0 {
			return o.Recovered()
		}
	}
	return false
}

func keyPEMEscaped() *conformance.Check {
	return documentForm("key/pem-escaped", wellknown.PEMEscaped,
		"a key whose line breaks are escaped twice is read",
		`The guide's own sample takes literal \n sequences out of the PEM text, which is there for documents that carry them. A parser that wants real line breaks reads no key from such a one.`,
		`Replace the two characters \n by line breaks before the PEM is parsed, or take armour and white space away and decode the rest, as the sample does.`)
}

func keyPEMCRLF() *conformance.Check {
	return documentForm("key/pem-crlf", wellknown.PEMCRLF,
		"a key whose lines end with CRLF is read",
		"PEM text may end its lines with CRLF (RFC 7468); a document that went through other hands often does.",
		"Take all white space away before decoding, or use a PEM parser that takes either line end.")
}

func keyRedirectCrossHost() *conformance.Check {
	return &conformance.Check{
		ID: "key/redirect-cross-host", Title: "the fetch of the key does not follow a redirect to another host",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "Whoever can make the key endpoint redirect once chooses the key, and may be somebody else than its owner.",
		Fix: "Follow no redirect when the key is fetched, or only one to the same host: redirect: \"manual\" or \"error\" in fetch.",
		Run: func(p *conformance.Probe) {
			elsewhere, ok := p.Endpoints().ElsewhereKeyURL()
			if !ok {
				p.Skip("the target knows this machine by one name alone (%s); --advertise-other gives another", p.Endpoints().KeyURL())
				return
			}
			defer p.SetKeyFault(wellknown.None)
			other := p.Endpoints().ElsewhereServer.Mark()
			s, _, ok := met(p, wellknown.RedirectTo(elsewhere))
			if !ok {
				return
			}
			followed := p.Endpoints().ElsewhereServer.FetchesSince(other)
			p.SetKeyFault(wellknown.None)
			if followed > 0 {
				p.Violation([]*conformance.Exchange{s}, "the fetch of the key was redirected to another host, and followed there")
			}
			settled(p)
		},
	}
}

func keyOversize() *conformance.Check {
	return &conformance.Check{
		ID: "key/oversize", Title: "a key document without an end is not read without bound",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "A key document has half a kilobyte. A client that reads whatever comes can be filled until it ends.",
		Fix: "Read no more than some kilobytes of it, and take more for a failure.",
		Run: func(p *conformance.Probe) {
			defer p.SetKeyFault(wellknown.None)
			s, mark, ok := met(p, wellknown.Oversize)
			if !ok {
				return
			}
			whole := p.Endpoints().KeyServer.PaddingBytes()
			for _, f := range finished(p, mark) {
				if f.Bytes >= whole {
					p.Violation([]*conformance.Exchange{s}, "a key document of %d MB was read to its end", whole>>20)
					break
				}
			}
			p.SetKeyFault(wellknown.None)
			settled(p)
		},
	}
}

func keyDrip() *conformance.Check {
	return &conformance.Check{
		ID: "key/drip", Title: "a key document that comes byte by byte is not waited for without end",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "A time-out that begins anew with each byte never ends a fetch that gets one every now and then. The delivery that waits for it has long been given up by its sender.",
		Fix: "Bound the whole fetch, below the time that senders wait: AbortSignal.timeout(2000).",
		Run: func(p *conformance.Probe) {
			defer p.SetKeyFault(wellknown.None)
			began := time.Now()
			s, _, ok := met(p, wellknown.Drip)
			if !ok {
				return
			}
			p.SetKeyFault(wellknown.None)
			p.AddWaited(time.Since(began))
			if s.Answer == conformance.Silent {
				p.Violation([]*conformance.Exchange{s}, "%s: %s, while the key document came a byte at a time", s.Label, s.Answered())
			}
			settled(p)
		},
	}
}

// finished returns the fetches since mark when they are over.
func finished(p *conformance.Probe, mark wellknown.Mark) []wellknown.Fetch {
	for range 100 {
		pending := false
		all := p.Endpoints().KeyServer.Since(mark)
		for _, f := range all {
			pending = pending || f.Pending
		}
		if !pending || p.Context().Err() != nil {
			return all
		}
		p.Pause(20 * time.Millisecond)
	}
	return p.Endpoints().KeyServer.Since(mark)
}

// settled sees to it that the target works when its key endpoint does again.
func settled(p *conformance.Probe) {
	s := p.Recover("a genuine delivery after the key endpoint works again")
	switch {
	case s.Answer == conformance.Accepted:
	case p.Context().Err() != nil:
		p.Skip("not finished: the run ended first")
	case p.CanRestart():
		p.Comment("it had to be started anew afterwards")
		p.Restart()
	default:
		p.Comment("genuine deliveries are not accepted any more: %s", s.Answered())
	}
}
