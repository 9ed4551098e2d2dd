package conformance

import (
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// firstOutage has the first that the target hears of the run be an outage of the
// key endpoint, if there are checks that want it, and nothing else shows how the
// target takes one without a key.
func (p *Probe) firstOutage() {
	if !p.run.wantsFirstOutage() || p.run.awaitListening(p.ctx) != nil {
		return
	}
	e, err := p.run.events.opening()
	other, err2 := p.run.events.opening()
	if err != nil || err2 != nil {
		return // the first contact says so
	}
	p.run.say("an outage of the key endpoint (%s) at the first contact", wellknown.Status500)
	mark := p.run.endpoints.KeyServer.Mark()
	p.SetKeyFault(wellknown.Status500)
	defer p.SetKeyFault(wellknown.None)
	o := &Outage{Fault: wellknown.Status500, First: true}
	p.observe(o, mark, mocksender.Delivery{Event: e},
		mocksender.Delivery{Event: other, Mutations: []mutation.Mutation{p.Mutation("signature/other-key")}})
	if o.Fetches == 0 || !o.Blocked() {
		// It has its key from elsewhere, verifies nothing, or does not get as
		// far as that. Only what it lets in can tell more.
		if o.Forged.Answer == Accepted || o.KeyHeld() {
			p.run.outages.first = o
		}
		return
	}
	o.Cold = true
	p.run.outages.first = o
	ended := time.Now()
	p.awaitRecovery(o, func() bool { return p.run.fetchedSince(ended) })
}

func (r *run) wantsFirstOutage() bool {
	if r.o.Target.Restart != nil || r.endpoints.KeyServer.Fetches() > 0 {
		return false
	}
	for _, c := range r.o.Checks {
		if c.Cold {
			return true
		}
	}
	return false
}

// fetchedSince reports whether the genuine key document was fetched after t.
func (r *run) fetchedSince(t time.Time) bool {
	for _, f := range r.endpoints.KeyServer.Log() {
		if f.At.After(t) && f.Fault == wellknown.None && f.Status == http.StatusOK && !f.Pending {
			return true
		}
	}
	return false
}

// FirstOutage is the outage of the first contact, or nil.
func (p *Probe) FirstOutage() *Outage { return p.run.outages.first }

// watched has the effects of sents read.
func (p *Probe) watched(sents ...*Exchange) {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	for _, s := range sents {
		s.watch, p.run.restless = max(s.watch, watched), true
	}
}

// Pause waits for d or until the run is interrupted, and accounts for it as time
// spent waiting.
func (p *Probe) Pause(d time.Duration) {
	began := time.Now()
	pause(p.ctx, d)
	p.AddWaited(time.Since(began))
}

// AddWaited takes d down as time spent waiting.
func (p *Probe) AddWaited(d time.Duration) { p.run.waited(d) }
