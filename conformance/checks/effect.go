package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// once judges, when the effects have been read, that deliveries that came more than
// once have had exactly one effect each, and reports the first that has not. If the
// user says that the target is idempotent, more than one is a failure.
func once(p *conformance.Probe, xs ...*exchange.Exchange) {
	p.Effects().Await(xs...)
	p.Later(func() {
		for _, x := range xs {
			if !hadOneEffect(p, x, 0) {
				return
			}
		}
	})
}

// hadOneEffect judges x, which was sent more often than its exchanges show by hungUp.
func hadOneEffect(p *conformance.Probe, x *exchange.Exchange, hungUp int) bool {
	on := p.On(x)
	switch n, known := p.Effects().Count(x); {
	case !known:
		p.Skip("the statuses are right; %s", p.Effects().WhyUnknown(x))
		return true
	case n == 0 && p.Effects().DroppedAtBaseline(x):
		skipDropped(p, x)
	case n == 0:
		on.Violation("%s: accepted, but it %s", x.Label, p.Effects().NoneInTime())
	case n > 1:
		tooMany(p, x.Label, x, n, hungUp)
	default:
		return true
	}
	return false
}

// tooMany records that a delivery took effect more than once.
func tooMany(p *conformance.Probe, label string, x *exchange.Exchange, n, hungUp int) {
	text := fmt.Sprintf("%s: took effect %d times; it was sent %s", label, n, counted(p.Effects().Sends(x)+hungUp, "time", "times"))
	if p.Options().Idempotent {
		p.On(x).About(x).AddFinding(conformance.Fail, "%s", text)
		return
	}
	p.On(x).About(x).Violation("%s", text)
}

// skipDropped records that x had no effect for another reason than the one that a
// check looks for.
func skipDropped(p *conformance.Probe, x *exchange.Exchange) {
	p.Skip("%s: accepted, but it had no effect; a similar delivery to which nothing was done had none either, so something else drops it", x.Label)
}

// notDropped judges, when the effects have been read, accepted deliveries that had
// no effect, though similar ones had. "Return a 2xx response only after your
// application has accepted the event." A target may have reasons to ignore an event,
// so this is a warning at most.
func notDropped(p *conformance.Probe, xs ...*exchange.Exchange) {
	p.Effects().Compare(xs...)
	judgeDropped(p, conformance.Warn, xs, func(*exchange.Exchange) bool { return false })
}

// notDroppedForThis is notDropped for deliveries that are special in some way. That
// is not blamed if similar deliveries are dropped in the usual course as well, which
// evt/lifecycle reports.
func notDroppedForThis(p *conformance.Probe, xs ...*exchange.Exchange) {
	p.Effects().Compare(xs...)
	judgeDropped(p, conformance.Warn, xs, p.Effects().DroppedAtBaseline)
}

// notDroppedForName is notDropped for events with an unusual name. The name is not
// blamed if an event with a plain name has no effect either.
func notDroppedForName(p *conformance.Probe, status conformance.Status, xs ...*exchange.Exchange) {
	if !p.Effects().Counted() {
		return
	}
	plain := p.FreshAny()
	plain.Body = named(plain.Body, `"Ada Lovelace"`)
	other := p.AcceptQuietly(plain)
	p.Effects().Compare(append(xs, other)...)
	judgeDropped(p, status, xs, func(*exchange.Exchange) bool { return p.Effects().None(other) })
}

func judgeDropped(p *conformance.Probe, status conformance.Status, xs []*exchange.Exchange, anyway func(*exchange.Exchange) bool) {
	p.Later(func() {
		var dropped []*exchange.Exchange
		for _, x := range xs {
			if p.Effects().Dropped(x) && !anyway(x) {
				dropped = append(dropped, x)
			}
		}
		if len(dropped) > 0 {
			p.On(dropped...).AddFinding(status, "accepted, but without an effect, though similar events had one: %s; right only if they are ignored on purpose", labels(dropped))
		}
	})
}

// noteIgnored notes, when the effects have been read, the values of a reason or
// status that never had an effect, though other values had.
func noteIgnored(p *conformance.Probe, xs []*exchange.Exchange) {
	p.Later(func() {
		var ignored []*exchange.Exchange
		for _, x := range xs {
			if p.Effects().Ignored(x) && !slices.ContainsFunc(ignored, func(o *exchange.Exchange) bool { return o.Label == x.Label }) {
				ignored = append(ignored, x)
			}
		}
		if len(ignored) > 0 {
			p.On(ignored...).AddFinding(conformance.Note, "accepted, but never with an effect, though other values had one: %s; right only if these mean nothing to the target", labels(ignored))
		}
	})
}

// labelLimit is how many deliveries are named.
const labelLimit = 4

// labels names deliveries, each name once, up to a bound.
func labels(xs []*exchange.Exchange) string {
	var names []string
	for _, x := range xs {
		if !slices.Contains(names, x.Label) {
			names = append(names, x.Label)
		}
	}
	if more := len(names) - labelLimit; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:labelLimit], ", "), more)
	}
	return strings.Join(names, ", ")
}

// plainTwin delivers an event of the kind that a check may blame something for, but plain,
// and under a uuid of its own. If that has no effect either, what the check has done is not
// the reason. It is nil if it is not accepted.
func plainTwin(p *conformance.Probe) *exchange.Exchange {
	x := p.AcceptQuietly(p.FreshAny())
	if !x.Accepted() {
		return nil
	}
	p.Effects().Await(x)
	return x
}

// mustHaveEffect judges, when the effects have been read, that an accepted delivery had an
// effect: lost reports that it had none, though its plain twins had, and unknown that it is
// not known.
func mustHaveEffect(p *conformance.Probe, x *exchange.Exchange, twins []*exchange.Exchange, lost func(), unknown func(why string)) {
	p.Effects().Await(x)
	p.Later(func() {
		switch n, known := p.Effects().Count(x); {
		case !known:
			unknown(p.Effects().WhyUnknown(x))
		case n > 0:
		case p.Effects().DroppedAtBaseline(x), slices.ContainsFunc(twins, func(twin *exchange.Exchange) bool { return twin != nil && p.Effects().None(twin) }):
			skipDropped(p, x)
		default:
			lost()
		}
	})
}
