package checks

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// A flood of forgeries, and how soon after the one before a fetch has to come for
// nothing to hold it back. Receivers that let some time pass let pass more.
const (
	floodSize  = 40
	floodWidth = 3
	heldBack   = 150 * time.Millisecond
	unheld     = 6
)

// stampedeSize is how many deliveries at once meet a process that holds no key.
const stampedeSize = 12

func keyAmplification() *conformance.Check {
	return &conformance.Check{
		ID: "key/amplification", Title: "forgeries cause far fewer fetches of the key than there are forgeries",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch, Exclusive: true,
		Doc: "If each forgery causes a fetch, whoever knows the URL can use the receiver to hammer the key endpoint, and be locked out of it.",
		Fix: "Keep the key, and let some time pass between two fetches, whatever comes in.",
		Run: func(p *conformance.Probe) {
			if !worksSoFar(p) {
				return
			}
			f := forged(p, "one of many forgeries", "body/flip-byte")
			f.Event = p.FreshAny()
			flood := make([]conformance.Forgery, floodSize)
			for i := range flood {
				flood[i] = f
			}
			width := floodWidth
			if p.Rate() > 0 {
				width = 1
			}
			mark := p.Endpoints().KeyServer.Mark()
			sents := p.ForgeAll(width, flood)
			fetches := p.Endpoints().KeyServer.Since(mark)
			quick := 0
			for i := 1; i < len(fetches); i++ {
				if fetches[i].At.Sub(fetches[i-1].At) < heldBack {
					quick++
				}
			}
			if quick >= unheld {
				p.Violation(sents[:1], "%d forgeries caused %d fetches of the key, %d of them within %s of the one before", floodSize, len(fetches), quick, heldBack)
				return
			}
			p.Comment("%d forgeries caused %s of the key", floodSize, counted(len(fetches), "fetch", "fetches"))
		},
	}
}

// unsignedRound is how many unsigned deliveries are sent at a time, and idleTime
// how long is waited to see whether the target fetches by itself.
const (
	unsignedRound = 5
	idleTime      = 150 * time.Millisecond
)

func keyUnsignedNoFetch() *conformance.Check {
	return &conformance.Check{
		ID: "key/unsigned-no-fetch", Title: "a delivery without a signature causes no fetch of the key",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch, Exclusive: true,
		Doc: "What carries no signature cannot verify, whatever the key. Fetching one for it makes every scanner's request cost another.",
		Fix: "Look at rtk-signature first, and refuse what has none before the key is asked for.",
		Run: func(p *conformance.Probe) {
			if !worksSoFar(p) {
				return
			}
			first, _ := fetchesByUnsigned(p)
			if first == 0 {
				return
			}
			// It may have been a fetch that the target makes by itself, or that
			// a forgery before had caused.
			mark := p.Endpoints().KeyServer.Mark()
			p.Pause(idleTime)
			if p.Endpoints().KeyServer.FetchesSince(mark) > 0 {
				p.Comment("the key was fetched meanwhile, but so it is when nothing comes in")
				return
			}
			if second, s := fetchesByUnsigned(p); second > 0 {
				p.Violation([]*conformance.Exchange{s}, "%d deliveries without rtk-signature caused %d fetches of the key, and none was made while nothing came in", 2*unsignedRound, first+second)
			}
		},
	}
}

// fetchesByUnsigned returns how many fetches a few deliveries without signature cause,
// and the last of these.
func fetchesByUnsigned(p *conformance.Probe) (fetches int, s *conformance.Exchange) {
	f := forged(p, "a delivery without rtk-signature", "signature/missing")
	f.Event = p.FreshAny()
	mark := p.Endpoints().KeyServer.Mark()
	for range unsignedRound {
		s = p.Forge(f)
	}
	return p.Endpoints().KeyServer.FetchesSince(mark), s
}

func keyStampede() *conformance.Check {
	return &conformance.Check{
		ID: "key/stampede", Title: "deliveries that come at once to a process without a key share its fetch",
		Level: conformance.May, Basis: conformance.Practice,
		Needs: conformance.NeedKeyFetch | conformance.NeedRestart, Exclusive: true, Phase: conformance.Last,
		Doc: "A process that has just been started meets whatever has piled up. If each delivery fetches the key for itself, the endpoint is asked a hundred times for one answer, and may refuse.",
		Fix: "Keep the promise of a fetch that is under way, and have everybody wait for it.",
		Run: func(p *conformance.Probe) {
			if pinned(p) {
				p.NotApplicable(pinnedReason)
				return
			}
			if !p.CanRestart() {
				p.Skip("only a process that holds no key can be seen to fetch one: %s", p.LacksRestart())
				return
			}
			if rate := p.Rate(); rate > 0 {
				p.Skip("the run may send no more than %g requests a second; without --rate, %d are sent at once", rate, stampedeSize)
				return
			}
			all := make([]mocksender.Delivery, stampedeSize)
			for i := range all {
				all[i].Event = p.FreshAny()
			}
			unsigned := p.FreshAny()
			p.DrainEffects()
			mark := p.Endpoints().KeyServer.Mark()
			if !p.KillUnder(wellknown.Hang) {
				return
			}
			p.AwaitReady(unsigned)
			if p.StartsWithKeyAlone() {
				mark = p.Endpoints().KeyServer.Mark()
			}
			fetches, sents := p.ConcurrentColdStart(mark, "one of many deliveries to a process without a key", all)
			if !recovered(p, sents[0]) {
				return
			}
			if fetches == 0 {
				p.Skip("the new process asked for no key, or had it before the deliveries came")
				return
			}
			if fetches > stampedeSize/2 {
				p.Violation(sents[:1], "%d deliveries at once to a process without a key caused %d fetches of it", stampedeSize, fetches)
				return
			}
			p.Comment("%d deliveries at once to a process without a key caused %s of it", stampedeSize, counted(fetches, "fetch", "fetches"))
		},
	}
}

// met has the target fetch its key under a fault of the endpoint, and reports
// whether it does. What could be sent to have it do so is returned, and the
// fault is still on.
func met(p *conformance.Probe, f wellknown.Fault) (s *conformance.Exchange, mark wellknown.Mark, ok bool) {
	first := mocksender.Delivery{Event: p.FreshAny()}
	p.DrainEffects()
	s, mark, ok = provoked(p, f)
	if !ok && p.CanRestart() && !p.StartsWithKeyAlone() {
		if !p.KillUnder(f) {
			return s, mark, false
		}
		if p.StartsWithKeyAlone() {
			s, mark, ok = provoked(p, f)
		} else {
			const label = "the first delivery to a process without a key"
			if s = p.AwaitKeyFetch(label, mark); s == nil {
				s = p.DeliverOnce(label, first)
			}
			ok = p.FetchesKey(mark, s)
		}
	}
	if ok {
		return s, mark, true
	}
	p.SetKeyFault(wellknown.None)
	settled(p)
	switch {
	case pinned(p):
		p.NotApplicable(pinnedReason)
	default:
		p.Skip("the target did not ask for its key, as it holds it; %s", coldHint(p))
	}
	return s, mark, false
}

// provoked sends a forgery under f, which makes most targets ask for the key
// again, and reports whether it has.
func provoked(p *conformance.Probe, f wellknown.Fault) (s *conformance.Exchange, mark wellknown.Mark, ok bool) {
	forgery := forged(p, "a forgery that may cause a fetch", "body/flip-byte")
	forgery.Event = p.FreshAny()
	if p.StartsWithKeyAlone() || !p.CanRestart() {
		p.AwaitKeyCooldown() // nothing else makes it ask
	}
	mark = p.Endpoints().KeyServer.Mark()
	p.SetKeyFault(f)
	s = p.Forge(forgery)
	return s, mark, p.FetchesKey(mark, s)
}
