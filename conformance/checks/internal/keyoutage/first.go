package keyoutage

import (
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// AtFirstContact makes the first contact with the target an outage of the key
// endpoint, if there are checks that look at one, and nothing else can show how the
// target takes one without a key.
func AtFirstContact(p *conformance.Probe) {
	if !wantsFirst(p) || p.Process().AwaitListening() != nil {
		return
	}
	genuine := mocksender.Delivery{Event: p.Events().Opening()}
	forged := mocksender.Delivery{Event: p.Events().Opening(), Mutations: otherKey(p)}
	p.Progress(0, "an outage of the key endpoint (%s) at the first contact", wellknown.Status500)
	mark := p.Keys().Mark()
	p.Keys().SetFault(wellknown.Status500)
	defer p.Keys().SetFault(wellknown.None)
	o := &Outage{Fault: wellknown.Status500, First: true}
	o.observe(p, mark, genuine, forged)
	p.Keys().SetFault(wellknown.None)
	o.Cold = o.Fetches > 0 && o.Blocked() && HeldFromEarlier(p, genuine.Event) == nil
	switch {
	case o.Cold:
		of(p).first = o
		ended := time.Now()
		o.awaitRecovery(p, func() bool { return fetchedSince(p, ended) })
	case o.AcceptedForgery() || o.KeyHeld():
		// The target has its key from elsewhere, or verifies nothing, or does not
		// get as far as that. What it lets in says more.
		of(p).first = o
	}
}

// JudgeDespite lets the checks on outages judge the one at the first contact,
// although no control was accepted after it.
func JudgeDespite(p *conformance.Probe) {
	if First(p) != nil {
		of(p).warmDone = true // no other outage can be had
		p.AlsoJudge(func(c *conformance.Check) bool { return c.Cold })
	}
}

func wantsFirst(p *conformance.Probe) bool {
	cold := func(c *conformance.Check) bool { return c.Cold }
	return p.Options().Target.Restart == nil && p.Keys().Fetches() == 0 && slices.ContainsFunc(p.Options().Checks, cold)
}

// fetchedSince reports whether the genuine key document was fetched after t.
func fetchedSince(p *conformance.Probe, t time.Time) bool {
	return slices.ContainsFunc(p.Keys().Log(), func(f wellknown.Fetch) bool {
		return f.At.After(t) && f.Fault == wellknown.None && f.Status == http.StatusOK && !f.Pending
	})
}
