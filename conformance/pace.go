package conformance

import (
	"context"
	"fmt"
	"time"

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
	pace := p.send.FindPace(x, p.genuine)
	if found := p.run.delivery.Found(); before == 0 && found > 0 {
		p.Progress(0, "the target limits its rate without saying so; going on with %.2g requests a second", found)
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

// enoughRests is after how many rests that helped a run goes on no more: no retry ever
// comes as late as that.
const enoughRests = 3

// aRest is how long nothing is sent to a target that has begun to answer 5xx to whatever
// comes: it may be gone, or limit its rate to less than a run slows down to.
const aRest = 5 * time.Second

// CameTooFast reports whether a genuine delivery that was answered 5xx, with all of its
// retries, is accepted after a rest: the target may limit its rate. It is recorded then.
func (p *Probe) CameTooFast(label string, x *exchange.Exchange) bool {
	rest := p.run.delivery.Rest()
	if rest == 0 && p.check.Phase == AfterGroup {
		rest = aRest
	}
	if x.Answer != exchange.Failing || rest == 0 || !p.run.worksAfter(p.ctx, rest) {
		return false
	}
	p.On(x).Inconclusive("%s: %s, but a genuine delivery is accepted after %.2g s in which nothing was sent; if the target limits its rate, %s",
		label, x.Answered(), rest.Seconds(), p.run.rateAdvice())
	return true
}

// worksAfter sends nothing for a while, and reports whether the target accepts a genuine
// delivery then. Once it did not, that is not tried again.
func (r *run) worksAfter(ctx context.Context, rest time.Duration) bool {
	if r.restless.Load() || r.o.Production || r.fails() || r.exited() != "" {
		return false
	}
	r.newProbe(ctx, &Check{}, "").Pause(rest)
	if !r.attempt(ctx).Accepted() {
		r.restless.Store(true)
		return false
	}
	r.rests.Add(1)
	return true
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
func (r *run) rateAdvice() string {
	n := r.delivery.Advice()
	if n == 0 && r.rests.Load() > 0 {
		n = 1 / aRest.Seconds()
	}
	if n > 0 {
		return fmt.Sprintf("try --rate %g", n)
	}
	return "try --rate"
}
