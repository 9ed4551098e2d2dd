package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
)

// droppedNamed is how many deliveries are named of which nothing came.
const droppedNamed = 4

// notDropped judges, when the effects have been read, accepted deliveries of
// which nothing came, though something did of others like them. "Return a 2xx
// response only after your application has accepted the event." A target may
// have its reasons to leave an event alone, so that this is a warning at most.
func notDropped(p *conformance.Probe, status conformance.Status, sents ...*conformance.Exchange) {
	p.CompareEffects(sents...)
	judgeDropped(p, status, sents, func(*conformance.Exchange) bool { return false })
}

// notDroppedFor is notDropped for deliveries that have something in particular:
// that is not blamed for those whose like is dropped in the usual course as well,
// which evt/lifecycle tells of.
func notDroppedFor(p *conformance.Probe, sents ...*conformance.Exchange) {
	p.CompareEffects(sents...)
	judgeDropped(p, conformance.Warn, sents, p.DroppedAtBaseline)
}

// notDroppedForName is notDropped for events that are out of the ordinary by a
// name, which is not blamed where nothing comes of one with a plain name either.
func notDroppedForName(p *conformance.Probe, status conformance.Status, sents ...*conformance.Exchange) {
	if !p.CountsEffects() {
		return
	}
	plain := p.FreshAny()
	plain.Body = named(plain.Body, `"Ada Lovelace"`)
	other := p.AcceptQuietly(plain)
	p.CompareEffects(append(sents, other)...)
	judgeDropped(p, status, sents, func(*conformance.Exchange) bool { return p.HadNoEffect(other) })
}

func judgeDropped(p *conformance.Probe, status conformance.Status, sents []*conformance.Exchange, anyway func(*conformance.Exchange) bool) {
	p.Later(func() {
		var dropped []*conformance.Exchange
		for _, s := range sents {
			if p.Dropped(s) && !anyway(s) {
				dropped = append(dropped, s)
			}
		}
		if len(dropped) == 0 {
			return
		}
		p.AddFinding(status, dropped, "accepted, and nothing came of it, though something did of others like it: %s; right only if it is left alone on purpose", labels(dropped))
	})
}

// labels names deliveries, each name once, up to a bound.
func labels(sents []*conformance.Exchange) string {
	var names []string
	for _, s := range sents {
		if !slices.Contains(names, s.Label) {
			names = append(names, s.Label)
		}
	}
	if more := len(names) - droppedNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:droppedNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// noteLeftAlone notes, when the effects have been read, the values of a reason or
// status of which nothing ever came, though something did of others.
func noteLeftAlone(p *conformance.Probe, sents []*conformance.Exchange) {
	p.Later(func() {
		var alone []*conformance.Exchange
		for _, s := range sents {
			if p.Ignored(s) && !slices.ContainsFunc(alone, func(o *conformance.Exchange) bool { return o.Label == s.Label }) {
				alone = append(alone, s)
			}
		}
		if len(alone) > 0 {
			p.AddFinding(conformance.Note, alone, "accepted, and nothing ever came of it, though something did of other values: %s; right only if these mean nothing to the target", labels(alone))
		}
	})
}

// likewise goes on where droppedAnyway holds.
const likewise = "neither had another like it to which nothing was done, so something else drops it"

// siblings delivers an event of the kind that a check is about to blame something
// for: plain, and under a uuid of its own. Where nothing comes of that either, it
// was not what the check has done.
func siblings(p *conformance.Probe) []*conformance.Exchange {
	s := p.AcceptQuietly(p.FreshAny())
	if s.Answer != conformance.Accepted {
		return nil
	}
	p.AwaitEffect(s)
	return []*conformance.Exchange{s}
}

// droppedAnyway reports, when the effects have been read, whether nothing came of
// one of others, which are like s, nor of its like in the usual course.
func droppedAnyway(p *conformance.Probe, s *conformance.Exchange, others []*conformance.Exchange) bool {
	return p.DroppedAtBaseline(s) || slices.ContainsFunc(others, p.HadNoEffect)
}
