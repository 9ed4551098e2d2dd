package keyoutage

import (
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
)

// The waits between two deliveries to a target that has to recover.
const (
	recoverFirstWait = 10 * time.Millisecond
	recoverMaxWait   = time.Second
)

// Recover sends genuine deliveries, one attempt each, until one is accepted or the
// time of Options.Recovery is over. It returns the last one. None is part of the
// ledger: it is the harness that keeps the target from accepting them.
//
// A target that can be restarted, and has not recovered before, is not waited for
// again.
func Recover(p *conformance.Probe, label string) *exchange.Exchange {
	all, limit := of(p), p.Options().Recovery
	if (all.stuck || all.stuckServed) && p.Process().CanRestart() {
		limit = 0
	}
	x := recoverWithin(p, label, limit, nil)
	all.stuckServed = all.stuckServed || !x.Accepted()
	return x
}

// recoverWithin is Recover with a time of its own. A refusal ends it if hasKey, if
// that is not nil, had reported before that the target could have its key: then it
// refuses for another reason.
func recoverWithin(p *conformance.Probe, label string, limit time.Duration, hasKey func() bool) *exchange.Exchange {
	began := time.Now()
	defer func() { p.Waited(time.Since(began)) }()
	for wait := recoverFirstWait; ; wait = min(2*wait, recoverMaxWait) {
		final := hasKey != nil && hasKey()
		x := attempt(p, label)
		left := limit - time.Since(began)
		if x.Accepted() || p.Context().Err() != nil || left <= 0 || final && x.Answer == exchange.Refused || p.Process().Exited() {
			return x
		}
		pause.For(p.Context(), min(wait, left))
	}
}

// attempt makes a single attempt of a new genuine event.
func attempt(p *conformance.Probe, label string) *exchange.Exchange {
	before, e := p.Events().Next()
	for _, b := range before {
		if p.Subscribed(b.Type) {
			p.Send().Once(exchange.Nonstandard, string(b.Type)+", which comes before", mocksender.Delivery{Event: b})
		}
	}
	x := p.Send().Once(exchange.Nonstandard, label, mocksender.Delivery{Event: e})
	if x.Answer == exchange.Refused {
		// The target may have forgotten the session, or missed its beginning.
		p.Events().EndSession()
	}
	return x
}

// awaitRecovery waits after an outage until a genuine delivery is accepted: for
// Options.Recovery, and if that is not enough, until Options.RecoveryEnd. It does
// so once in a run. A target that remembers a failure remembers what it was served
// as well, so that only one that recovers from failures is waited for twice.
//
// One that keeps what it was served gets the same verdict however long it does, so
// that it is started again after Options.Recovery where it can be.
func (o *Outage) awaitRecovery(p *conformance.Probe, hasKey func() bool) {
	all := of(p)
	if all.stuck || all.stuckServed && o.ServedNoKey() {
		return
	}
	const label = "a genuine delivery after the outage"
	began := time.Now()
	over := p.Waiting(p.Options().Recovery, "until deliveries are accepted again")
	o.After = recoverWithin(p, label, p.Options().Recovery, hasKey)
	over()
	if !o.Recovered() && p.Context().Err() == nil && !(hasKey != nil && hasKey()) {
		rest := p.Options().RecoveryEnd - time.Since(began)
		if o.ServedNoKey() {
			all.stuckServed = true
			if p.Process().CanRestart() {
				rest = 0
			}
		} else {
			all.stuck = true
		}
		if rest > 0 {
			p.Progress(rest, "%s after an outage of the key endpoint genuine deliveries are still not accepted; waiting %s more (--recovery-end)",
				time.Since(began).Round(time.Second/10), rest.Round(time.Second/10))
			o.After = recoverWithin(p, label, rest, hasKey)
		}
	}
	o.Recovery = time.Since(began)
	if o.Recovered() && o.AcceptedForgery() {
		o.awaitEffect(p, began)
	}
}
