package keyoutage

import (
	"context"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// KillUnder restarts the target while the key endpoint fails with f. If the target
// does not start without its key, the fault is lifted, and that is not held against
// it.
func KillUnder(p *conformance.Probe, f wellknown.Fault) bool {
	all := of(p)
	if !all.needsKey {
		p.Keys().SetFault(f)
		err := p.Process().TryKill()
		if err == nil {
			return true
		}
		if !p.Process().CanRestart() {
			p.Keys().SetFault(wellknown.None)
			return p.Process().Restarted(err)
		}
		all.needsKey = p.Context().Err() == nil
	}
	p.Keys().SetFault(wellknown.None)
	return p.Process().Kill()
}

// NeedsKeyToStart reports whether the target was seen not to start while it could
// not have its key.
func NeedsKeyToStart(p *conformance.Probe) bool { return of(p).needsKey }

// Bounds of the time in which a target that accepts connections may still be
// starting, as behind a proxy that answers for it.
const (
	startingLimit = 3 * time.Second
	readyLimit    = time.Second
)

func starting(a exchange.Answer) bool {
	return a == exchange.Failing || a == exchange.Cut || a == exchange.Limited
}

// AwaitFetch sends genuine deliveries, one attempt each, until the target asks for
// its key. Until then it may still be starting. Any answer other than 5xx ends it
// as well. It returns the last delivery, nil if the target had asked for its key
// before.
func AwaitFetch(p *conformance.Probe, label string, mark wellknown.Mark) *exchange.Exchange {
	return awaitFetch(p, label, mark, startingLimit)
}

func awaitFetch(p *conformance.Probe, label string, mark wellknown.Mark, limit time.Duration) *exchange.Exchange {
	began := time.Now()
	var x *exchange.Exchange
	for wait := recoverFirstWait; p.Keys().FetchesSince(mark) == 0; wait = min(2*wait, recoverMaxWait) {
		x = attempt(p, label)
		left := min(p.Options().WarmUp, limit) - time.Since(began)
		if !starting(x.Answer) || left <= 0 || p.Context().Err() != nil {
			break
		}
		if p.Keys().FetchesSince(mark) == 0 {
			p.Pause(min(wait, left))
		}
	}
	return x
}

// AwaitReady sends e without a signature to a target that was restarted, until the
// target answers something other than 5xx: until then it may still be starting, or
// a proxy may answer for it. An unsigned delivery is no reason to ask for the key.
// Make e before the restart, since genuine deliveries may come before it.
func AwaitReady(p *conformance.Probe, e rtk.Event) {
	began := time.Now()
	unsigned := conformance.Forgery{Label: "an unsigned delivery to a target that is starting", Event: e}
	unsigned.Mutations = append(unsigned.Mutations, p.Mutation("signature/missing"))
	for wait := recoverFirstWait; ; wait *= 2 {
		x := Forge(p, unsigned)
		if !starting(x.Answer) || time.Since(began)+wait > readyLimit || p.Context().Err() != nil {
			return
		}
		p.Pause(wait)
	}
}

// AsksForKey reports whether the target has asked for its key since mark. A target
// that has answered x 2xx may ask later: it is given time, unless it never asks.
func AsksForKey(p *conformance.Probe, mark wellknown.Mark, x *exchange.Exchange) bool {
	if p.Keys().FetchesSince(mark) > 0 {
		return true
	}
	if !x.Accepted() || p.Keys().Fetches() == 0 {
		return false
	}
	began := time.Now()
	defer func() { p.Waited(time.Since(began)) }()
	ctx, cancel := context.WithTimeout(p.Context(), p.Options().Quiet)
	defer cancel()
	return p.Keys().WaitFetch(ctx, mark) == nil
}

// cooldown is how long ago the end of the last fetch has to be when another one is wanted:
// receivers let some time pass between two fetches, so that a flood of forgeries is
// no flood of fetches.
const cooldown = 250 * time.Millisecond

// AwaitCooldown waits until the target is ready to fetch its key again.
func AwaitCooldown(p *conformance.Probe) { awaitCooldown(p, cooldown) }

func awaitCooldown(p *conformance.Probe, d time.Duration) {
	if log := p.Keys().Log(); len(log) > 0 {
		last := log[len(log)-1]
		ended := last.At.Add(last.Took) // from when on many count
		if last.Pending {
			ended = time.Now()
		}
		p.Pause(d - time.Since(ended))
	}
}

// Forge makes a single attempt of a forgery while the key endpoint is disturbed,
// and judges nothing. Its answer is not held against the target elsewhere.
func Forge(p *conformance.Probe, f conformance.Forgery) *exchange.Exchange {
	return p.Send().Once(exchange.Unverifiable, f.Label, f.Delivery(f.Event))
}

// How long a concurrent cold start waits for the first fetch, and for another one.
const (
	firstFetchWait = time.Second
	nextFetchWait  = 250 * time.Millisecond
)

// ConcurrentColdStart sends deliveries at once, a single attempt each, while the
// key endpoint hangs, and ends that when no more fetches come. It returns how many
// there were since mark.
func ConcurrentColdStart(p *conformance.Probe, mark wellknown.Mark, label string, deliveries []mocksender.Delivery) (fetches int, xs []*exchange.Exchange) {
	for _, d := range deliveries {
		p.Send().Sign(d.Event) // otherwise they would go out one by one, as they are signed
	}
	p.Keys().SetFault(wellknown.Hang)
	defer p.Keys().SetFault(wellknown.None)
	var wait []func() *exchange.Exchange
	for _, d := range deliveries {
		wait = append(wait, p.Send().Start(exchange.Nonstandard, label, d).Wait)
	}
	began := time.Now()
	awaitFetches(p, mark, len(deliveries))
	fetches = p.Keys().FetchesSince(mark)
	p.Waited(time.Since(began))
	p.Keys().SetFault(wellknown.None)
	for _, end := range wait {
		xs = append(xs, end())
	}
	return fetches, xs
}

// awaitFetches waits until no more fetches come, or as many as most.
func awaitFetches(p *conformance.Probe, mark wellknown.Mark, most int) {
	began, latest := time.Now(), mark
	end := began.Add(2 * firstFetchWait) // a target that fetches now and then never stops
	for limit := firstFetchWait; ; {
		ctx, cancel := context.WithTimeout(p.Context(), min(limit, time.Until(end)))
		err := p.Keys().WaitFetch(ctx, latest)
		cancel()
		if latest == mark {
			// If the first took long, the others may take as long.
			limit = max(nextFetchWait, min(2*time.Since(began), firstFetchWait))
		}
		if p.Keys().FetchesSince(mark) > 1 {
			// They do not share one, and on a busy machine the others may come much later.
			limit, end = firstFetchWait, began.Add(5*firstFetchWait)
		}
		if latest = p.Keys().Mark(); err != nil || p.Keys().FetchesSince(mark) >= most {
			return
		}
	}
}
