package checks

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks/internal/keyoutage"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Size of a flood of forgeries. A fetch that comes less than quickFetch after the one
// before was not held back; a receiver that lets some time pass allows fewer of these
// than manyQuick.
const (
	floodSize  = 40
	floodWidth = 3
	quickFetch = 150 * time.Millisecond
	manyQuick  = 6
)

// unsignedRound is how many unsigned deliveries are sent at a time, and idleTime how long
// the check waits to see whether the target fetches by itself.
const (
	unsignedRound = 5
	idleTime      = 150 * time.Millisecond
)

// stampedeSize is how many deliveries meet a process that holds no key at once.
const stampedeSize = 12

// fetchChecks look at how often the key is fetched.
func fetchChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "key/outage-warm", Title: "a key that is held carries the receiver through an outage",
			Level: conformance.May, Basis: conformance.Practice,
			Needs: conformance.NeedKeyFetch, Exclusive: true, Phase: conformance.Last,
			Doc: "The key hardly ever changes. A receiver that asks for it with each delivery is down whenever its endpoint is.",
			Fix: "Keep the key, and fetch again only when a signature does not verify.",
			Run: func(p *conformance.Probe) {
				if !fetchesKey(p) {
					return
				}
				all := keyoutage.Warm(p)
				failed := slices.DeleteFunc(slices.Clone(all), func(o *keyoutage.Outage) bool { return !o.Blocked() })
				switch {
				case len(failed) > 0:
					xs, byFault := answersDuring(failed)
					p.On(xs...).Violation("a target that had worked failed with the key endpoint (%s)", byFault)
				case len(all) == 0:
					p.Skip("no outage could be brought about while the target worked")
				}
			},
		},
		{
			ID: "key/amplification", Title: "forgeries cause far fewer fetches of the key than there are forgeries",
			Level: conformance.May, Basis: conformance.Practice,
			Needs: conformance.NeedKeyFetch, Exclusive: true,
			Doc: "If each forgery causes a fetch, whoever knows the URL can use the receiver to hammer the key endpoint, and be locked out of it.",
			Fix: "Keep the key, and let some time pass between two fetches, whatever comes in.",
			Run: func(p *conformance.Probe) {
				if !works(p) {
					return
				}
				if rate := p.Rate(); rate > 0 && rate < 1/quickFetch.Seconds() {
					p.Skip("forgeries at %.2g requests a second cause no fetches within %s of each other", rate, quickFetch)
					return
				}
				f := ofType(p, p.ControlType(), "one of many forgeries", "body/flip-byte")
				mark := p.Keys().Mark()
				first := flood(p, f)
				fetches := p.Keys().Since(mark)
				quick := 0
				for i := 1; i < len(fetches); i++ {
					if fetches[i].At.Sub(fetches[i-1].At) < quickFetch {
						quick++
					}
				}
				if quick >= manyQuick {
					p.On(first).Violation("%d forgeries caused %d fetches of the key, %d of them within %s of the one before", floodSize, len(fetches), quick, quickFetch)
					return
				}
				p.Comment("%d forgeries caused %s of the key", floodSize, counted(len(fetches), "fetch", "fetches"))
			},
		},
		{
			ID: "key/unsigned-no-fetch", Title: "a delivery without a signature causes no fetch of the key",
			Level: conformance.May, Basis: conformance.Practice,
			Needs: conformance.NeedKeyFetch, Exclusive: true,
			Doc: "What carries no signature cannot verify, whatever the key. Fetching one for it makes every scanner's request cost another.",
			Fix: "Look at rtk-signature first, and refuse what has none before the key is asked for.",
			Run: func(p *conformance.Probe) {
				if !works(p) {
					return
				}
				first, _ := fetchesByUnsigned(p)
				if first == 0 {
					return
				}
				// The target may have fetched by itself, or because of a forgery before.
				mark := p.Keys().Mark()
				p.Pause(idleTime)
				if p.Keys().FetchesSince(mark) > 0 {
					p.Comment("the key was fetched meanwhile, but so it is when nothing comes in")
					return
				}
				if second, x := fetchesByUnsigned(p); second > 0 {
					p.On(x).Violation("%d deliveries without rtk-signature caused %d fetches of the key, and none was made while nothing came in", 2*unsignedRound, first+second)
				}
			},
		},
		{
			ID: "key/stampede", Title: "deliveries that come at once to a process without a key share its fetch",
			Level: conformance.May, Basis: conformance.Practice,
			Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
			Doc: "A process that has just been started meets whatever has piled up. If each delivery fetches the key for itself, the endpoint is asked a hundred times for one answer, and may refuse.",
			Fix: "Keep the promise of a fetch that is under way, and have everybody wait for it.",
			Run: func(p *conformance.Probe) {
				if !fetchesKey(p) {
					return
				}
				if lack := p.Process().LacksRestart(); lack != "" {
					p.Skip("only a process that holds no key can be seen to fetch one: %s", lack)
					return
				}
				if !maySendAtOnce(p, stampedeSize, "are sent") {
					return
				}
				all := several(p, stampedeSize)
				ready := p.FreshAny()
				p.Process().Drain()
				mark := p.Keys().Mark()
				if !keyoutage.KillUnder(p, wellknown.Hang) {
					return
				}
				keyoutage.AwaitReady(p, ready)
				if keyoutage.NeedsKeyToStart(p) {
					mark = p.Keys().Mark()
				}
				fetches, xs := keyoutage.ConcurrentColdStart(p, mark, "one of many deliveries to a process without a key", all)
				const text = "%d deliveries at once to a process without a key caused %s of it"
				switch {
				case !recovered(p, xs[0]):
				case fetches == 0:
					p.Skip("the new process asked for no key, or had it before the deliveries came")
				case fetches > stampedeSize/2:
					p.On(xs[:1]...).Violation(text, stampedeSize, counted(fetches, "fetch", "fetches"))
				default:
					p.Comment(text, stampedeSize, counted(fetches, "fetch", "fetches"))
				}
			},
		},
	}
}

// flood sends a forgery many times, some at once unless the user limits the rate. It
// returns the first.
func flood(p *conformance.Probe, f conformance.Forgery) (first *exchange.Exchange) {
	var ends []func() *exchange.Exchange
	for i := range floodSize {
		if p.Rate() > 0 {
			x := keyoutage.Forge(p, f)
			ends = append(ends, func() *exchange.Exchange { return x })
		} else {
			ends = append(ends, p.Send().Start(exchange.Unverifiable, f.Label, f.Delivery(f.Event)).Wait)
		}
		if len(ends) < floodWidth && i < floodSize-1 {
			continue
		}
		for _, end := range ends {
			if x := end(); first == nil {
				first = x
			}
		}
		ends = nil
	}
	return first
}

// fetchesByUnsigned returns how many fetches a few deliveries without a signature cause,
// and the last of these deliveries.
func fetchesByUnsigned(p *conformance.Probe) (fetches int, x *exchange.Exchange) {
	f := ofType(p, p.ControlType(), "a delivery without rtk-signature", "signature/missing")
	mark := p.Keys().Mark()
	for range unsignedRound {
		x = keyoutage.Forge(p, f)
	}
	return p.Keys().FetchesSince(mark), x
}
