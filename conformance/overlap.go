package conformance

import (
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Together delivers all at one instant, at most width at a time (0: all), and
// returns the results in order. A 5xx is retried; rate limits are not backed
// off from.
func (p *Probe) Together(width int, label string, deliveries []mocksender.Delivery) []*Exchange {
	if width <= 0 {
		width = len(deliveries)
	}
	out := make([]*Exchange, len(deliveries))
	errs := make([]error, len(deliveries))
	slots := make(chan struct{}, width)
	start := make(chan struct{})
	var wg, signed sync.WaitGroup
	for i, d := range deliveries {
		if d, errs[i] = p.selfCheck(d); errs[i] != nil {
			continue
		}
		signed.Add(1)
		wg.Go(func() {
			p.run.plain.Presign(d.Event.Body) // or they would come one by one, as they are signed
			signed.Done()
			<-start
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i], errs[i] = p.run.sendBy(p.ctx, p.run.plain, label, genuine, d)
		})
	}
	signed.Wait()
	close(start)
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			p.failed(label, err)
			out[i] = &Exchange{Label: label}
		}
	}
	return out
}

// DeliverOnce makes a single attempt of a delivery and judges nothing. It is no
// part of the ledger: the rest of its attempts is up to the check.
func (p *Probe) DeliverOnce(label string, d mocksender.Delivery) *Exchange {
	release, err := p.run.pace.acquire(p.ctx)
	if err != nil {
		return &Exchange{Label: label}
	}
	defer release()
	s := p.land(p.launch(label, d))
	p.run.pace.heed(s)
	return s
}

// flight is a single attempt under way.
type flight struct {
	over chan struct{} // closed when the rest is there
	sent *Exchange
	err  error
}

// launch starts a single attempt at once, whatever the rate.
func (p *Probe) launch(label string, d mocksender.Delivery) *flight {
	return p.launchAs(label, nonstandard, d)
}

func (p *Probe) launchAs(label string, k kind, d mocksender.Delivery) *flight {
	f := &flight{over: make(chan struct{}), sent: &Exchange{Label: label}}
	if d, f.err = p.selfCheck(d); f.err != nil {
		close(f.over)
		return f
	}
	go func() {
		defer close(f.over)
		if s, err := p.run.sendBy(p.ctx, p.run.single, label, k, d); err != nil {
			f.err = err
		} else {
			f.sent = s
		}
	}()
	return f
}

// land waits for the end of a flight.
func (p *Probe) land(f *flight) *Exchange {
	<-f.over
	if f.err != nil {
		p.failed(f.sent.Label, f.err)
	}
	return f.sent
}

// Overlapping delivers d once, and after gap the same again while the first is
// under way. When both have been out for gap, release is called; held reports
// that the first was under way until then. If the first is answered before the
// second is sent, the second is nil.
func (p *Probe) Overlapping(gap time.Duration, label, duplicate string, d mocksender.Delivery, release func()) (first, second *Exchange, held bool) {
	one := p.launch(label, d)
	timer := time.NewTimer(gap)
	defer timer.Stop()
	select {
	case <-one.over:
		release()
		return p.land(one), nil, false
	case <-timer.C:
	}
	two := p.launch(duplicate, d)
	select {
	case <-one.over:
	case <-p.ctx.Done():
	case <-time.After(gap):
		held = true
	}
	release()
	return p.land(one), p.land(two), held
}

// The steps in which Recover asks whether the target works again.
const (
	recoverFirst = 10 * time.Millisecond
	recoverMost  = time.Second
)

// Recover sends genuine deliveries, one attempt each, until one is accepted or
// the time that Options.Recovery gives is over. It returns the last one. None
// is part of the ledger: what hinders them is the harness's doing.
func (p *Probe) Recover(label string) *Exchange { return p.RecoverWithin(label, p.run.o.Recovery) }

// RecoverWithin is Recover with a time of its own.
func (p *Probe) RecoverWithin(label string, limit time.Duration) *Exchange {
	return p.recover(label, limit, nil)
}

// recover gives up on a refusal where given, if it is not nil, had reported
// before the delivery that nothing hinders the target any more.
func (p *Probe) recover(label string, limit time.Duration, given func() bool) *Exchange {
	began := time.Now()
	defer func() { p.run.waited(time.Since(began)) }()
	for wait := recoverFirst; ; wait = min(2*wait, recoverMost) {
		final := given != nil && given()
		s := p.once(label)
		left := limit - time.Since(began)
		if s.Answer == Accepted || p.ctx.Err() != nil || left <= 0 || final && s.Answer == Refused || p.run.exited() != "" {
			return s
		}
		pause(p.ctx, min(wait, left))
	}
}

// once makes a single attempt of a new genuine event.
func (p *Probe) once(label string) *Exchange {
	before, e, err := p.run.events.next(p.run.controlType())
	if err != nil {
		p.harness(err)
		return &Exchange{Label: label}
	}
	for _, b := range before {
		if p.Subscribed(b.Type) {
			p.DeliverOnce(string(b.Type)+", which comes before", mocksender.Delivery{Event: b})
		}
	}
	s := p.DeliverOnce(label, mocksender.Delivery{Event: e})
	if s.Answer == Refused {
		// A target that has forgotten the session, or never heard of its
		// beginning, is told of a new one.
		p.run.events.leave()
	}
	return s
}

// SetKeyFault switches a fault of the key endpoint on, or off with
// wellknown.None. Only exclusive checks may.
func (p *Probe) SetKeyFault(f wellknown.Fault) {
	if err := p.run.endpoints.KeyServer.SetFault(f); err != nil {
		p.harness(err)
	}
}

// NewUUID returns a uuid that no other delivery of the run has.
func (p *Probe) NewUUID() string { return p.run.uuids.Next() }
