package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Probe is what a check works with: it makes events, sends them, and takes
// down what was found. A probe belongs to one goroutine.
type Probe struct {
	run   *run
	check *Check
	ctx   context.Context
	group string // set for AfterGroup checks: the group that has just ended

	findings []finding
	remarks  []string
	evidence []mocksender.Receipt
	later    []func()
	took     time.Duration

	inapplicable bool
}

type finding struct {
	status Status
	reason string
}

// evidenceLimit bounds the receipts kept for one verdict.
const evidenceLimit = 8

// Context ends when the run is interrupted.
func (p *Probe) Context() context.Context { return p.ctx }

// Group is the group that has just ended, for AfterGroup checks.
func (p *Probe) Group() string { return p.group }

// Endpoints is the harness's own face.
func (p *Probe) Endpoints() *Endpoints { return p.run.endpoints }

// Subscribed reports whether the target is subscribed to t.
func (p *Probe) Subscribed(t rtk.EventType) bool { return p.run.subscribed(t) }

// LatencyBudget is the time in which an answer is expected.
func (p *Probe) LatencyBudget() time.Duration { return p.run.o.LatencyBudget }

// AddFinding takes a result down. Evidence is what it rests on.
func (p *Probe) AddFinding(status Status, evidence []*Exchange, format string, args ...any) {
	p.findings = append(p.findings, finding{status, fmt.Sprintf(format, args...)})
	p.Evidence(evidence...)
}

// Violation takes down that the check's demand does not hold: a failure, a
// warning or a note by the check's level.
func (p *Probe) Violation(evidence []*Exchange, format string, args ...any) {
	p.AddFinding(p.check.Level.violation(), evidence, format, args...)
}

// Skip takes down that nothing could be judged, and what would change that.
func (p *Probe) Skip(format string, args ...any) { p.AddFinding(Skip, nil, format, args...) }

// Comment adds to the reason whatever the status. It is said once.
func (p *Probe) Comment(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.remarks, text) {
		p.remarks = append(p.remarks, text)
	}
}

// Evidence keeps receipts as evidence, up to a bound.
func (p *Probe) Evidence(sents ...*Exchange) {
	for _, s := range sents {
		if s != nil && len(p.evidence) < evidenceLimit {
			p.evidence = append(p.evidence, s.Receipt)
		}
	}
}

// Later has f called when the effects of the run have been read.
func (p *Probe) Later(f func()) { p.later = append(p.later, f) }

// verdict sums the findings up: the worst status, with the reasons for it.
func (p *Probe) verdict() Verdict {
	v := Verdict{Check: p.check, Status: Pass, Evidence: p.evidence, Took: p.took}
	var reasons []string
	for _, f := range p.findings {
		switch {
		case f.status.severity() > v.Status.severity():
			v.Status, reasons = f.status, []string{f.reason}
		case f.status == v.Status && f.reason != "":
			reasons = append(reasons, f.reason)
		}
	}
	v.Reason = strings.Join(append(reasons, p.remarks...), "; ")
	v.NotApplicable = p.inapplicable && v.Status == Skip
	return v
}

// harness takes down a failure of the harness itself.
func (p *Probe) harness(err error) { p.AddFinding(Error, nil, "%v", err) }

// send delivers and never returns nil: a failure of the harness is taken down
// and answered by an empty result.
func (p *Probe) send(label string, k kind, d mocksender.Delivery) *Exchange {
	d, err := p.selfCheck(d)
	if err != nil {
		p.failed(label, err)
		return &Exchange{Label: label}
	}
	s, err := p.run.send(p.ctx, label, k, d)
	if errors.Is(err, mutation.ErrNotApplicable) {
		p.Comment("%s could not be made of this delivery", label)
		return &Exchange{Label: label}
	}
	if err != nil {
		p.failed(label, err)
		return &Exchange{Label: label}
	}
	// Where nothing genuine is sent, silence is all that tells of a target that
	// is gone: it may fail at a forgery, and refuse the next.
	if k == genuine || p.run.o.Production && (s.Answer == Silent || s.Answer == Refused) {
		p.run.breaker.observe(p.check.ID, s)
	}
	return s
}

// Deliver sends a genuine delivery with its retries and judges nothing.
func (p *Probe) Deliver(label string, e rtk.Event) *Exchange {
	return p.send(label, genuine, mocksender.Delivery{Event: e})
}

// Try sends what the real sender would never send, and judges nothing. It is
// no part of the ledger. What is signed genuinely is no forgery all the same:
// its effects are not held against the target.
func (p *Probe) Try(label string, d mocksender.Delivery) *Exchange {
	return p.send(label, nonstandard, d)
}

// Accept sends a genuine delivery and takes a shortfall down unless it is
// accepted. Silence, rate limits, and a target that refuses its control as
// well make the verdict inconclusive instead.
func (p *Probe) Accept(label string, e rtk.Event) *Exchange {
	return p.AcceptDelivery(label, mocksender.Delivery{Event: e})
}

// AcceptDelivery is Accept for a delivery with a uuid, a header or a framing of
// its own.
func (p *Probe) AcceptDelivery(label string, d mocksender.Delivery) *Exchange {
	s := p.Offer(label, d)
	p.JudgeAccepted(s)
	return s
}

// Offer sends a delivery as AcceptDelivery does and judges nothing. One that
// ends in a 5xx or a cut connection is sent anew: a target that fails now and
// then is met by chance alone. A uuid that is given is kept throughout.
func (p *Probe) Offer(label string, d mocksender.Delivery) *Exchange {
	k := genuine
	if !d.Genuine() {
		k = nonstandard
	}
	s := p.send(label, k, d)
	if s.Answer == Refused && p.run.endpoints.leadsHere(d.Event.Body) {
		s = p.withPublicLinks(label, k, d, s)
	}
	if s.Answer == Failing || s.Answer == Cut {
		if again := p.send(label, k, d); again.Answer == Accepted {
			p.Comment("%s: %s, but accepted when sent anew", label, s.Answered())
			return again
		}
	}
	return s
}

// AcceptQuietly delivers e as Accept does, without judging.
func (p *Probe) AcceptQuietly(e rtk.Event) *Exchange {
	s := p.Deliver(string(e.Type), e)
	if s.Answer == Refused && p.run.endpoints.leadsHere(e.Body) {
		s = p.withPublicLinks(string(e.Type), genuine, mocksender.Delivery{Event: e}, s)
	}
	return s
}

// JudgeAccepted takes a shortfall down for a genuine delivery that was not
// accepted, as Accept does.
func (p *Probe) JudgeAccepted(s *Exchange) {
	switch s.Answer {
	case Accepted:
		if s.Late() {
			p.Comment("%s: accepted late, on attempt %d", s.Label, len(s.Attempts))
		}
	case Unanswered:
		p.AddFinding(Skip, nil, "not finished: the run ended first")
	case Faulted:
		p.AddFinding(Inconclusive, []*Exchange{s}, "%s: kept from the target by a fault that was asked for (%s)", s.Label, s.Last().Fault)
	case Limited:
		p.AddFinding(Inconclusive, []*Exchange{s}, "%s: %s: the target limits its rate; try --rate", s.Label, s.Answered())
	case Silent:
		p.AddFinding(Inconclusive, []*Exchange{s}, "%s: %s; if the target is only slow, raise --timeout", s.Label, s.Answered())
	default:
		if control := p.Control(); control.Answer != Accepted {
			p.AddFinding(Inconclusive, []*Exchange{s, control}, "%s: %s; but the control is not accepted by now either: %s", s.Label, s.Answered(), control.Answered())
			return
		}
		p.Violation([]*Exchange{s}, "%s: %s", s.Label, s.Answered())
	}
}

// withPublicLinks sends d again with download links on a public https host. A
// target that takes those guards itself against links into its own network;
// that is no fault, and canaries are not for it.
func (p *Probe) withPublicLinks(label string, k kind, d mocksender.Delivery, refused *Exchange) *Exchange {
	d.Event.Body = p.run.endpoints.publicLinks(d.Event.Body)
	again := p.send(label, k, d)
	if again.Answer != Accepted {
		return refused
	}
	p.run.guarded(refused)
	p.Comment("%s is taken only with public https links, which is no fault", label)
	return again
}

// Control sends a fresh genuine event of a kind that was accepted before. It
// judges nothing.
func (p *Probe) Control() *Exchange {
	e, err := p.run.events.fresh(p, p.run.controlType())
	if err != nil {
		p.harness(err)
		return &Exchange{Label: "the control"}
	}
	return p.Deliver("the control ("+string(e.Type)+")", e)
}

// Fresh makes a new event of type t, in a session of its own where the live
// one cannot have another. Subscribed events that have to come before it are
// delivered first.
func (p *Probe) Fresh(t rtk.EventType) rtk.Event {
	e, err := p.run.events.fresh(p, t)
	if err != nil {
		p.harness(err)
	}
	return e
}

// FreshAny makes a new event of the type that controls have.
func (p *Probe) FreshAny() rtk.Event { return p.Fresh(p.run.controlType()) }

// FreshLinked makes a new event with download links, if the target takes one;
// otherwise one as FreshAny does.
func (p *Probe) FreshLinked() rtk.Event { return p.Fresh(p.run.linkedType()) }
