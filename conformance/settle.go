package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// observations is what the instruments have shown by the end of a run. It is
// written by settle and read afterwards.
type observations struct {
	settled  bool
	effects  bool           // E is on
	canaries bool           // C is on
	counts   map[string]int // by key of the effects instrument
	// ours is how many accepted genuine deliveries share a key, and unsure
	// marks keys whose genuine deliveries were not all accepted.
	ours   map[string]int
	unsure map[string]bool
	// types are the event types of which a delivery had an effect.
	types map[rtk.EventType]bool
	// likes are the kinds of events (see Like) of which one had an effect that
	// is surely its own. It is written when all have been read once.
	likes map[string]bool
	// usually are those of which a delivery had none that took the usual course.
	usually map[string]bool

	effectsDetail, canariesDetail string
}

// pollEvery is how often an effect that has yet to show is asked for.
const pollEvery = 10 * time.Millisecond

// collectEffects waits until the effects of the run must have shown, and reads them.
// A last genuine delivery is the mark: its effect shows how late effects come,
// and whatever else is to come comes within twice that time.
func (r *run) collectEffects(ctx context.Context) {
	began := time.Now()
	defer func() { r.waited(time.Since(began)) }()
	r.seen.settled = true
	r.seen.types = map[rtk.EventType]bool{}
	r.seen.effectsDetail = "not counted (--effects-url, --effects-cmd or --effects-file), so what a delivery brings about cannot be seen"
	quiet := r.o.Quiet
	if r.o.Target.Effects != nil {
		r.say("waiting for effects")
		r.checkKept(ctx)
		if lag := r.sentinel(ctx); r.seen.effects {
			quiet = max(quiet, 2*lag)
			r.tellsApart(ctx)
		}
	}
	quiet = max(quiet, 2*r.canaryLag())
	if r.anyLinks() || r.seen.effects {
		pause(ctx, quiet)
	}
	if r.seen.effects {
		r.readEffects(ctx)
	}
	r.readCanaries()
}

// sentinel delivers a last genuine event, waits for its effect and returns how
// late that came. Without any effect of a genuine delivery E is switched off.
func (r *run) sentinel(ctx context.Context) time.Duration {
	p := &Probe{run: r, check: &Check{}, ctx: ctx}
	last := p.Control()
	if last.Answer != Accepted {
		last = nil
	}
	began := time.Now()
	for {
		shown, err := r.firstEffects(ctx, last)
		if shown {
			return time.Since(last.ended)
		}
		waited := time.Since(began)
		// Effects that others had say nothing of the mark's, if its type has
		// none at all.
		pointless := last == nil || !r.seen.types[last.Delivery.Event.Type] && waited > r.o.Quiet
		if ctx.Err() != nil || waited > r.o.EffectsTimeout || last == nil && r.exited() != "" || r.seen.effects && pointless {
			if !r.seen.effects {
				r.seen.effectsDetail = fmt.Sprintf("off: no genuine delivery had an effect within %s; is it counted in the right place, and by the delivery's own id?", r.o.EffectsTimeout)
				if err != nil {
					r.seen.effectsDetail = "off: " + strings.TrimPrefix(err.Error(), "conformance: ")
				}
			}
			return 0
		}
		pause(ctx, pollEvery)
	}
}

// tellsApart asks for the effects of a delivery that was never sent. A count that
// has any tells nothing.
func (r *run) tellsApart(ctx context.Context) {
	ids := rtk.NewIDs(r.o.Seed, "never sent")
	never := effects.Query{UUID: ids.Next(), Event: r.controlType(), MeetingID: ids.Next(), SessionID: ids.Next()}
	for _, s := range r.candidates(nil) {
		if r.o.Target.Effects.Key(s.query) == r.o.Target.Effects.Key(never) {
			return // it is by event alone
		}
	}
	if n, err := r.o.Target.Effects.Count(ctx, never); err == nil && n > 0 {
		r.seen.effects = false
		r.seen.effectsDetail = fmt.Sprintf("off: it counts %d for a delivery that was never sent; it has to count by the delivery's own id", n)
	}
}

// firstEffects asks for the effects of the mark and of some deliveries before it, and
// notes the event types that have any. It reports whether the mark has one.
func (r *run) firstEffects(ctx context.Context, mark *Exchange) (shown bool, err error) {
	for _, s := range r.candidates(mark) {
		n, err := r.o.Target.Effects.Count(ctx, s.query)
		if err != nil {
			return false, err
		}
		if n+r.processes.before(r.o.Target.Effects.Key(s.query)) == 0 {
			continue
		}
		r.seen.effects = true
		r.seen.effectsDetail = "the target's own count is read"
		r.seen.types[s.Delivery.Event.Type] = true
		if s == mark {
			return true, nil
		}
	}
	return false, nil
}

// candidates are the genuine deliveries whose effect shows that E works: the
// mark, and the first accepted one of each event type, for a target to which
// not every type means something.
func (r *run) candidates(mark *Exchange) []*Exchange {
	var out []*Exchange
	if mark != nil {
		out = append(out, mark)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	had := map[string]bool{}
	for _, s := range r.genuineSent {
		if t := string(s.Delivery.Event.Type); s.Answer == Accepted && !had[t] {
			had[t] = true
			out = append(out, s)
		}
	}
	return out
}

// readEffects reads the counts of all that must not have an effect, and of the
// genuine deliveries that are watched, once a key. What is awaited and has not
// shown yet is given its time.
func (r *run) readEffects(ctx context.Context) {
	r.seen.counts, r.seen.ours, r.seen.unsure = map[string]int{}, map[string]int{}, map[string]bool{}
	for _, s := range r.sentOut() {
		key := r.o.Target.Effects.Key(s.query)
		if _, ok := r.seen.counts[key]; ok {
			continue
		}
		n, err := r.awaitEffect(ctx, s)
		if err != nil || ctx.Err() != nil {
			r.unread(cmp.Or(err, ctx.Err()))
			return
		}
		n += r.processes.before(key)
		r.seen.counts[key] = n
		if n > 0 && s.watch != unwatched {
			r.seen.types[s.Delivery.Event.Type] = true
		}
	}
	r.tally()
	if err := r.compare(ctx); err != nil {
		r.unread(err)
	}
}

// unread switches E off: it has failed.
func (r *run) unread(err error) {
	r.seen.effects = false
	r.seen.effectsDetail = "off: " + strings.TrimPrefix(err.Error(), "conformance: ")
}

// tally counts the genuine deliveries of each key.
func (r *run) tally() {
	r.mu.Lock()
	defer r.mu.Unlock()
	counted := map[string]bool{}
	for _, s := range r.genuineSent {
		key := r.o.Target.Effects.Key(s.query)
		switch {
		case s.Answer != Accepted:
			r.seen.unsure[key] = true
		case !counted[s.Delivery.UUID]:
			counted[s.Delivery.UUID] = true
			r.seen.ours[key]++
		}
	}
	for _, s := range r.nonstandards {
		r.seen.unsure[r.o.Target.Effects.Key(s.query)] = true
	}
}

// awaitEffect counts the effects of s. One that is awaited and has none yet is
// asked for again until EffectsTimeout after its delivery, unless controls of
// its type have none either.
func (r *run) awaitEffect(ctx context.Context, s *Exchange) (int, error) {
	t := s.Delivery.Event.Type
	idle := t == r.controlType() && !r.seen.types[t]
	patient := s.watch == awaited || s.watch == compared && r.seen.likes[r.likeOf(s)]
	for {
		n, err := r.o.Target.Effects.Count(ctx, s.query)
		if err != nil || n > 0 || idle || !patient || s.Answer != Accepted || r.processes.gone(s) ||
			ctx.Err() != nil || time.Since(s.ended) > r.o.EffectsTimeout {
			return n, err
		}
		pause(ctx, pollEvery)
	}
}

// sentOut returns every delivery whose effect may be asked for, those first
// that are given time: deliveries may share a key, which is read once.
func (r *run) sentOut() []*Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Concat(r.forgeries, r.unverifiable, r.nonstandards)
	for _, s := range r.genuineSent {
		if s.watch != unwatched {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *Exchange) int { return cmp.Compare(b.watch, a.watch) })
	return out
}

// canaryLag is the longest time from a genuine delivery to the first visit of
// one of its links so far.
func (r *run) canaryLag() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lag time.Duration
	for _, s := range r.genuineSent {
		for _, token := range s.links {
			if at, ok := r.endpoints.Artifacts.FirstVisit(token); ok {
				lag = max(lag, at.Sub(s.ended))
			}
		}
	}
	return min(lag, r.o.EffectsTimeout)
}

func (r *run) anyLinks() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.forgeries {
		if len(s.links) > 0 {
			return true
		}
	}
	return false
}

func (r *run) readCanaries() {
	r.mu.Lock()
	defer r.mu.Unlock()
	linked := 0
	for _, s := range r.genuineSent {
		linked += len(s.links)
		for _, token := range s.links {
			r.seen.canaries = r.seen.canaries || r.endpoints.Artifacts.Visits(token) > 0
		}
	}
	switch {
	case r.seen.canaries:
		r.seen.canariesDetail = "the target follows the download links, which lead back here"
	case r.guard != nil:
		r.seen.canariesDetail = fmt.Sprintf("off: the target refuses links into its own network (%s), and takes public https links", r.guard.Answered())
	case linked == 0:
		r.seen.canariesDetail = "off: no delivery with a download link was due"
	default:
		r.seen.canariesDetail = "off: the target follows no download link of a genuine delivery"
	}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
