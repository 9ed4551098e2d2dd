package checks

import (
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// hardeningChecks look at what others could do with the key, or with the way to it.
func hardeningChecks() []*conformance.Check {
	return []*conformance.Check{
		{
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
		},
		{
			ID: "key/drip", Title: "a key document that comes byte by byte is not waited for without end",
			Level: conformance.May, Basis: conformance.Practice,
			Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Wedging,
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
		},
		{
			ID: "key/oversize", Title: "a key document without an end is not read without bound",
			Level: conformance.May, Basis: conformance.Practice,
			Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Wedging,
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
		},
		{
			ID: "key/test-key-refused", Title: "a receiver configured for the real service refuses the key of this tool",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
			Production: true, Exclusive: true,
			Doc: "Many people have the key that signs tests. A receiver that still trusts it in production, or takes its key URL from somewhere that the tests could set, lets everybody in who has this tool.",
			Fix: "Set the key URL of the real service, and see to it that nothing of the test's configuration reaches production.",
			Run: func(p *conformance.Probe) {
				if !p.Options().Production {
					p.NotApplicable("it is about a receiver that is configured for the real service (--profile production)")
					return
				}
				fetches := p.Keys().Fetches()
				x := p.Try("a delivery signed by the key of this tool", fresh(p))
				on := p.On(x)
				switch code := x.FirstStatus(); {
				case x.Answer == exchange.Unanswered:
					p.ProvesNothing(x.Label, x)
				case x.Accepted():
					on.Violation("%s", x)
				case x.Answer != exchange.Refused, code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code <= 399:
					on.Inconclusive("%s, which is not how a receiver refuses a signature; is the URL the webhook's?", x)
				case p.Keys().Fetches() > fetches:
					on.Violation("the key was fetched from this tool, so the receiver is not configured for the real service")
				}
			},
		},
	}
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
		skipUnasked(p)
	}
}

// skipUnasked records that nothing was judged, since the target did not ask for its key.
func skipUnasked(p *conformance.Probe) {
	if keyoutage.NeedsKeyToStart(p) {
		p.Skip("the target needs its key to start, and did not ask for it again afterwards, so no fetch of a process that works could be judged")
		return
	}
	p.Skip("the target did not ask for its key, as it holds it; %s", coldHint(p))
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
	forged := ofType(p, p.ControlType(), "a forgery that may cause a fetch", "body/flip-byte")
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
