package conformance

import (
	"fmt"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/delivery"
	"github.com/rtkmock/rtkmock/mocksender"
)

// slowerTries is how often a delivery is sent again that came too fast.
const slowerTries = 3

// paced sends a delivery with the retries of its kind. If it comes too fast for the
// target, it is sent again at a slower pace: what a limit keeps out says nothing of the
// receiver behind it. Nor does it if nothing genuine gets in at the same time, unless it
// is the delivery that brings this about.
func (p *Probe) paced(kind exchange.Kind, label string, d mocksender.Delivery) *exchange.Exchange {
	outages := 0
	for try := 1; ; try++ {
		x := p.send.Send(kind, label, d)
		pace := p.findPace(x)
		if pace == delivery.PaceOutage {
			outages++
		}
		switch {
		case pace == delivery.PaceUnknown && kind == exchange.Forgery:
			x.Answer = exchange.Limited
			return x
		case pace == delivery.PaceUnknown, pace == delivery.PaceFine, x.Accepted(), outages > 1, try > slowerTries:
			return x
		}
		x.Answer = exchange.Limited
	}
}

// TooFast reports whether the answer to x, a 5xx, was for how fast deliveries come rather
// than for x. The run is slower then, and x counts as limited.
func (p *Probe) TooFast(x *exchange.Exchange) bool { return p.findPace(x) == delivery.PaceSlower }

func (p *Probe) findPace(x *exchange.Exchange) delivery.Pace {
	if p.run.o.Production || p.ctx.Err() != nil || p.run.fails() || !unready(x) {
		return delivery.PaceFine
	}
	before := p.run.delivery.Found()
	pace := p.send.FindPace(p.genuine)
	if found := p.run.delivery.Found(); before == 0 && found > 0 {
		p.Progress("the target limits its rate without saying so; going on with %.2g requests a second", found)
	}
	switch {
	case pace == delivery.PaceFine && x.Answer == exchange.Limited:
		x.Answer = exchange.Failing // the limit lets others pass
	case pace == delivery.PaceSlower && !x.Accepted():
		x.Answer = exchange.Limited
	}
	return pace
}

// unready reports whether x was answered as by what gets too much, and does not say so:
// by a 5xx, at first or at last.
func unready(x *exchange.Exchange) bool {
	switch x.Answer {
	case exchange.Failing:
		return true
	case exchange.Limited:
		return x.Last().Outcome.Status >= 500 && !exchange.RateLimited(x.Last().Outcome)
	case exchange.Accepted:
		return x.FirstStatus() >= 500 && !exchange.RateLimited(x.Attempts[0].Outcome)
	}
	return false
}

// genuine makes a genuine delivery of the type that controls have.
func (p *Probe) genuine() mocksender.Delivery {
	_, e, err := p.run.events.Next(p.ControlType())
	if err != nil {
		p.HarnessError(err)
	}
	return mocksender.Delivery{Event: e}
}

// Rate is how many requests a second the run may send: as the user wants it, or as it was
// found that the target takes them. 0: as many as it likes.
func (p *Probe) Rate() float64 {
	found := p.run.delivery.Found()
	if wanted := p.run.o.Rate; found == 0 || wanted > 0 && wanted < found {
		return wanted
	}
	return found
}

// rateAdvice says which rate to try.
func (p *Probe) rateAdvice() string {
	if n := p.run.delivery.Advice(); n > 0 {
		return fmt.Sprintf("try --rate %g", n)
	}
	return "try --rate"
}
