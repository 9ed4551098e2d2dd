package conformance

import (
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Together delivers all at one instant, at most width at a time (0: all), and
// returns the results in order. A 5xx is retried; rate limits are not backed
// off from.
func (p *Probe) Together(width int, label string, deliveries []mocksender.Delivery) []*Sent {
	if width <= 0 {
		width = len(deliveries)
	}
	out := make([]*Sent, len(deliveries))
	errs := make([]error, len(deliveries))
	slots := make(chan struct{}, width)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, d := range deliveries {
		d.Event.Body = p.run.o.dress(d.Event.Body)
		wg.Go(func() {
			<-start
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i], errs[i] = p.run.sendBy(p.ctx, p.run.plain, label, genuine, d)
		})
	}
	close(start)
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			p.harness(err)
			out[i] = &Sent{Label: label}
		}
	}
	return out
}

// DeliverOnce makes a single attempt of a genuine delivery and judges nothing.
// It is no part of the ledger: the rest of its attempts is up to the check.
func (p *Probe) DeliverOnce(label string, d mocksender.Delivery) *Sent {
	d.Event.Body = p.run.o.dress(d.Event.Body)
	s, err := p.run.sendBy(p.ctx, p.run.single, label, oddity, d)
	if err != nil {
		p.harness(err)
		return &Sent{Label: label}
	}
	return s
}

// Overlapping delivers d once, and the same again while the first is under way.
// Once both are out, release is called.
func (p *Probe) Overlapping(gap time.Duration, label, duplicate string, d mocksender.Delivery, release func()) (first, second *Sent) {
	var wg sync.WaitGroup
	wg.Go(func() { first = p.DeliverOnce(label, d) })
	pause(p.ctx, gap)
	wg.Go(func() { second = p.DeliverOnce(duplicate, d) })
	pause(p.ctx, gap)
	release()
	wg.Wait()
	return first, second
}

// SetKeyFault switches a fault of the key endpoint on, or off with
// wellknown.None. Only exclusive checks may.
func (p *Probe) SetKeyFault(f wellknown.Fault) {
	if err := p.run.station.KeyServer.SetFault(f); err != nil {
		p.harness(err)
	}
}

// NewUUID returns a uuid that no other delivery of the run has.
func (p *Probe) NewUUID() string { return p.run.uuids.Next() }

// FreshQuietly makes a new event as FreshAny does, but sends nothing before it:
// not while the target is kept from working.
func (p *Probe) FreshQuietly() rtk.Event {
	_, e, err := p.run.stage.next(p.run.controlType())
	if err != nil {
		p.harness(err)
	}
	return e
}
