package checks

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

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
				p.Skip("the target did not ask for its key, as it holds it; %s", coldHint(p))
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

// faultyFetch has the target fetch its key under a fault of the endpoint, and calls judge
// while the fault is on, with the delivery that caused the fetch. Afterwards the endpoint
// works again.
func faultyFetch(p *conformance.Probe, f wellknown.Fault, judge func(x *exchange.Exchange, mark wellknown.Mark)) {
	defer p.Keys().SetFault(wellknown.None)
	x, mark, asked := causeFetch(p, f)
	if asked {
		judge(x, mark)
	}
	p.Keys().SetFault(wellknown.None)
	if !asked && x == nil {
		return // the target is gone
	}
	restoreTarget(p)
	if !asked && fetchesKey(p) {
		p.Skip("the target did not ask for its key, as it holds it; %s", coldHint(p))
	}
}

// causeFetch has the target fetch its key under f: by a forgery, and if that is not
// enough, in a new process. It reports whether the target has. x is nil if there is no new
// process.
func causeFetch(p *conformance.Probe, f wellknown.Fault) (x *exchange.Exchange, mark wellknown.Mark, asked bool) {
	first := mocksender.Delivery{Event: p.FreshAny()}
	p.Process().Drain()
	x, mark, asked = provokeFetch(p, f)
	if asked || !p.Process().CanRestart() || keyoutage.NeedsKeyToStart(p) {
		return x, mark, asked
	}
	if !keyoutage.KillUnder(p, f) {
		return nil, mark, false
	}
	if keyoutage.NeedsKeyToStart(p) {
		return provokeFetch(p, f)
	}
	const label = "the first delivery to a process without a key"
	if x = keyoutage.AwaitFetch(p, label, mark); x == nil {
		x = p.Send().Once(exchange.Nonstandard, label, first)
	}
	return x, mark, keyoutage.AsksForKey(p, mark, x)
}

// provokeFetch sends a forgery under f, which makes most targets ask for the key again,
// and reports whether the target has.
func provokeFetch(p *conformance.Probe, f wellknown.Fault) (x *exchange.Exchange, mark wellknown.Mark, asked bool) {
	forged := forgery(p, "a forgery that may cause a fetch", "body/flip-byte")
	forged.Event = p.FreshAny()
	if keyoutage.NeedsKeyToStart(p) || !p.Process().CanRestart() {
		keyoutage.AwaitCooldown(p) // nothing else makes it ask
	}
	mark = p.Keys().Mark()
	p.Keys().SetFault(f)
	x = keyoutage.Forge(p, forged)
	return x, mark, keyoutage.AsksForKey(p, mark, x)
}

// restoreTarget sees to it that the target works again, now that its key endpoint does.
func restoreTarget(p *conformance.Probe) {
	x := keyoutage.Recover(p, "a genuine delivery after the key endpoint works again")
	switch {
	case x.Accepted(), p.Interrupted():
	case p.Process().CanRestart():
		p.Comment("it had to be restarted afterwards")
		p.Process().Restart()
	default:
		p.Comment("genuine deliveries are not accepted any more: %s", x.Answered())
	}
}

func keyRedirectCrossHost() *conformance.Check {
	return &conformance.Check{
		ID: "key/redirect-cross-host", Title: "the fetch of the key does not follow a redirect to another host",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "If somebody else can make the key endpoint redirect once, they choose the key.",
		Fix: "Follow no redirect when the key is fetched, or only one to the same host: redirect: \"manual\" or \"error\" in fetch.",
		Run: func(p *conformance.Probe) {
			elsewhere, ok := p.Endpoints().ElsewhereKeyURL()
			if !ok {
				p.Skip("the target knows this machine by one name alone (%s); --advertise-other gives another", p.Endpoints().KeyURL())
				return
			}
			other := p.Endpoints().ElsewhereServer.Mark()
			faultyFetch(p, wellknown.RedirectTo(elsewhere), func(x *exchange.Exchange, _ wellknown.Mark) {
				if p.Endpoints().ElsewhereServer.FetchesSince(other) > 0 {
					p.On(x).Violation("the fetch of the key was redirected to another host, and followed there")
				}
			})
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
			faultyFetch(p, wellknown.Oversize, func(x *exchange.Exchange, mark wellknown.Mark) {
				whole := p.Keys().PaddingBytes()
				if slices.ContainsFunc(finishedFetches(p, mark), func(f wellknown.Fetch) bool { return f.Bytes >= whole }) {
					p.On(x).Violation("a key document of %d MB was read to its end", whole>>20)
				}
			})
		},
	}
}

// finishedFetches returns the fetches since mark when they are over.
func finishedFetches(p *conformance.Probe, mark wellknown.Mark) []wellknown.Fetch {
	for range 100 {
		all := p.Keys().Since(mark)
		if !slices.ContainsFunc(all, func(f wellknown.Fetch) bool { return f.Pending }) || p.Context().Err() != nil {
			return all
		}
		p.Pause(20 * time.Millisecond)
	}
	return p.Keys().Since(mark)
}

func keyDrip() *conformance.Check {
	return &conformance.Check{
		ID: "key/drip", Title: "a key document that comes byte by byte is not waited for without end",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "A time-out that begins again with each byte never ends a fetch that gets one every now and then. By then the sender has long given up the delivery that waits for it.",
		Fix: "Bound the whole fetch, below the time that senders wait: AbortSignal.timeout(2000).",
		Run: func(p *conformance.Probe) {
			began := time.Now()
			faultyFetch(p, wellknown.Drip, func(x *exchange.Exchange, _ wellknown.Mark) {
				p.Keys().SetFault(wellknown.None)
				p.Waited(time.Since(began))
				if x.Answer == exchange.Silent {
					p.On(x).Violation("%s, while the key document came a byte at a time", x)
				}
			})
		},
	}
}
