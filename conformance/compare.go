package conformance

import (
	"context"
	"fmt"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Variant names what e is like: its type, with its reason or status if it has one.
// Of two events with the same name a target can be expected to make the same.
func Variant(e rtk.Event) string {
	for _, path := range []string{"reason", "recording.status", "status"} {
		if v, err := payload.Get(e.Body, path); err == nil {
			return fmt.Sprintf("%s with %s", e.Type, v)
		}
	}
	return string(e.Type)
}

// CompareEffects has the effects of accepted deliveries read, each beside an earlier
// one that is like it. They are given time to show only where something came of
// others like them, so that a target which leaves such events alone costs none.
func (p *Probe) CompareEffects(sents ...*Exchange) {
	r := p.run
	if r.o.Target.Effects == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range sents {
		s.watch, r.restless = max(s.watch, compared), true
		if other := r.earlierLike(s); other != nil {
			other.watch = max(other.watch, watched)
		}
	}
}

// Baseline is Compare for deliveries that take the usual course: what is dropped of
// them is not dropped for what others have in particular.
func (p *Probe) Baseline(sents ...*Exchange) {
	p.CompareEffects(sents...)
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	for _, s := range sents {
		s.baseline = true
	}
}

// earlierLike returns the first genuine delivery that was accepted and is like
// s; mu is held.
func (r *run) earlierLike(s *Exchange) *Exchange {
	for _, other := range r.genuineSent {
		if other != s && other.Answer == Accepted && other.Delivery.Event.Type == s.Delivery.Event.Type && other.variant() == s.variant() {
			return other
		}
	}
	return nil
}

// variant is Like of the delivery's event, read once; the run's mu is held.
func (s *Exchange) variant() string {
	if s.variantName == "" {
		s.variantName = Variant(s.Delivery.Event)
	}
	return s.variantName
}

// compare notes of what kinds of events something came, and gives those
// compared deliveries their time of which nothing has come so far, but should.
func (r *run) compare(ctx context.Context) error {
	r.seen.likes = map[string]bool{}
	all := r.sentOut()
	for _, s := range all {
		if s.watch != unwatched && r.alone(s) && r.seen.counts[r.o.Target.Effects.Key(s.query)] > 0 {
			r.seen.likes[r.likeOf(s)] = true
		}
	}
	for _, s := range all {
		if s.watch < compared || !r.dropped(s) {
			continue
		}
		n, err := r.awaitEffect(ctx, s)
		if err != nil {
			return err
		}
		r.seen.counts[r.o.Target.Effects.Key(s.query)] += n
	}
	r.seen.usually = map[string]bool{}
	for _, s := range all {
		if s.baseline && r.dropped(s) {
			r.seen.usually[r.likeOf(s)] = true
		}
	}
	return ctx.Err()
}

func (r *run) likeOf(s *Exchange) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return s.variant()
}

// alone reports whether s shares its key with no other genuine delivery.
func (r *run) alone(s *Exchange) bool { return r.seen.ours[r.o.Target.Effects.Key(s.query)] <= 1 }

func (r *run) dropped(s *Exchange) bool {
	return s.Answer == Accepted && r.effectless(s) && r.alone(s) && r.seen.likes[r.likeOf(s)]
}

// Dropped reports, once the effects have been read, that nothing came of a
// compared delivery, though something did of another that is like it.
func (p *Probe) Dropped(s *Exchange) bool { return p.run.dropped(s) }

// DroppedAtBaseline reports, once the effects have been read, that nothing came of a
// delivery that is like s and took the usual course, though something can.
func (p *Probe) DroppedAtBaseline(s *Exchange) bool { return p.run.seen.usually[p.run.likeOf(s)] }

// Ignored reports, once the effects have been read, that nothing came of a
// compared delivery, nor of any like it, though something did of others of its
// type.
func (p *Probe) Ignored(s *Exchange) bool {
	r := p.run
	return s.Answer == Accepted && r.effectless(s) && r.alone(s) && r.seen.types[s.Delivery.Event.Type] && !r.seen.likes[r.likeOf(s)]
}

// CountsEffects reports whether the target was said to count its effects.
// Whether it does shows in the end only.
func (p *Probe) CountsEffects() bool { return p.run.o.Target.Effects != nil }

// WhyUnseen says, once the effects have been read, why those of s are not known.
func (p *Probe) WhyUnseen(s *Exchange) string {
	const unseen = "whether it took effect could not be seen"
	r, t := p.run, s.Delivery.Event.Type
	switch {
	case r.o.Target.Effects == nil:
		return unseen + "; count effects with --effects-url"
	case !r.seen.effects:
		return unseen + ": the count of effects is " + r.seen.effectsDetail
	case r.alone(s) && !r.seen.types[t]:
		return fmt.Sprintf("%s: nothing of the type %s took effect in this run, so it may mean nothing to the target", unseen, t)
	default:
		return unseen + ": effects are not counted by rtk-uuid, and it shares its count with others"
	}
}
