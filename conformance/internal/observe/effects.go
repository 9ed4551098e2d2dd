// Package observe finds out what deliveries brought about: the effects that the
// target counts, and the visits to the download links. It reads, and judges
// nothing.
package observe

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// Options says what is observed, and how.
type Options struct {
	Counter   effects.Counter // nil: effects are not counted
	Artifacts *artifacts.Server
	LinksURLs []string // the base URLs that download links may have
	// LinksNote says what is to be known of where they lead; empty: nothing.
	LinksNote func() string
	Seed      uint64
	Calls     func() []rest.Visit // of the REST API; nil: they are not seen
	Timeout   time.Duration       // how long an effect may take
	Quiet     time.Duration       // how long to wait for effects that nothing announces

	// Sent returns the exchanges of some kinds so far.
	Sent func(...exchange.Kind) []*exchange.Exchange
	// Control returns the event type of controls.
	Control func() rtk.EventType
	// Exited reports whether the target's process has ended.
	Exited func() bool
	// Say tells people what is waited for, and how long at most.
	Say func(most time.Duration, format string, args ...any)
	// Waited is told how long was waited.
	Waited func(time.Duration)
}

// Effects answers checks about the effects of deliveries. While the run goes on,
// checks say whose effects are to be read. Once the effects have been read, which
// is when Probe.Later calls back, they ask what was seen.
type Effects struct {
	o Options

	mu        sync.Mutex
	requests  map[*exchange.Exchange]*request
	unsettled bool // effects are awaited that may not have shown yet

	found     findings
	processes processEffects
}

// request says whether the effect of an exchange is read, and what identifies it.
type request struct {
	watch    watch
	baseline bool // it takes the usual course

	query   effects.Query
	key     string   // what its effects are counted under
	links   []string // tokens of the download links that lead to the harness
	variant string   // empty: not read yet
}

// watch says whether the effect of a genuine delivery is read, and whether it is
// waited for. The effects of all other deliveries are always read.
type watch int

const (
	unwatched watch = iota
	watched         // read once, with the others
	compared        // given Timeout to show if others like it have had an effect
	awaited         // given Timeout to show
)

// findings are what was read. They are written by Collector.Collect, and read
// afterwards.
type findings struct {
	on, canaries   bool // effects are counted; download links are followed
	mixup          mixup
	unfinished     bool // the target was still at work when the run had no more time for it
	detail         string
	canariesDetail string
	calls          calls

	counts map[string]int // effects, by key of the counter
	// genuine is how many accepted genuine deliveries share a key. unsure marks
	// the keys for which not all genuine deliveries were accepted.
	genuine map[string]int
	unsure  map[string]bool
	types   map[rtk.EventType]bool // types of which a delivery had an effect
	// variants are those of which a delivery had an effect that is surely its
	// own, and dropped those of which one had none though it took the usual course.
	variants map[string]bool
	dropped  map[string]bool
}

// Watch has the effects of genuine deliveries read, once all must have shown.
func (e *Effects) Watch(xs ...*exchange.Exchange) { e.request(watched, xs) }

// Await is Watch, and gives each effect time to show.
func (e *Effects) Await(xs ...*exchange.Exchange) { e.request(awaited, xs) }

func (e *Effects) request(w watch, xs []*exchange.Exchange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range xs {
		r := e.of(x)
		r.watch, e.unsettled = max(r.watch, w), true
	}
}

// of returns what is asked about x; mu is held.
func (e *Effects) of(x *exchange.Exchange) *request {
	r := e.requests[x]
	if r == nil {
		r = &request{query: queryOf(x.Delivery), links: tokens(e.o.LinksURLs, x.Delivery.Event.Body)}
		if e.Counted() {
			r.key = e.o.Counter.Key(r.query)
		}
		e.requests[x] = r
	}
	return r
}

// requested returns what is asked about x so far.
func (e *Effects) requested(x *exchange.Exchange) request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return *e.of(x)
}

func (e *Effects) key(x *exchange.Exchange) string { return e.requested(x).key }

// Counted reports whether the target was said to count its effects. Whether it
// does shows at the end only.
func (e *Effects) Counted() bool { return e.o.Counter != nil }

// On reports whether effects are counted, and Detail how, or why not.
func (e *Effects) On() bool       { return e.found.on }
func (e *Effects) Detail() string { return e.found.detail }

// Count returns how many effects an awaited delivery has had. That is not known
// if effects are not counted, if several deliveries are counted under one key, or
// if no delivery of the same event type had an effect: then the event may mean
// nothing to the target.
func (e *Effects) Count(x *exchange.Exchange) (n int, known bool) {
	n, read := e.count(x)
	return n, read && e.alone(x) && (n > 0 || e.found.types[x.Delivery.Event.Type])
}

// Sends returns how often the delivery of x was sent in all, under its rtk-uuid.
func (e *Effects) Sends(x *exchange.Exchange) int {
	n := 0
	for _, other := range e.o.Sent(exchange.Genuine, exchange.Nonstandard) {
		if other.Delivery.UUID != x.Delivery.UUID {
			continue
		}
		for _, a := range other.Attempts {
			if a.Reached {
				n++
			}
		}
	}
	return n
}

func (e *Effects) count(x *exchange.Exchange) (n int, read bool) {
	if !e.found.on || e.mixedUp() {
		return 0, false
	}
	n, read = e.found.counts[e.key(x)]
	return n, read && (n > 0 || !e.found.unfinished)
}

// alone reports whether x shares its key with no other genuine delivery.
func (e *Effects) alone(x *exchange.Exchange) bool { return e.found.genuine[e.key(x)] <= 1 }

// Shown reports whether a genuine delivery was seen to take effect.
func (e *Effects) Shown(x *exchange.Exchange) bool {
	n, _ := e.count(x)
	return n > 0
}

// None reports whether a watched delivery was seen to have no effect.
func (e *Effects) None(x *exchange.Exchange) bool {
	n, read := e.count(x)
	return read && n == 0
}

// Stray reports whether a delivery that should have no effect had one, and
// whether that is known. If deliveries share a key, the effects that exceed the
// number of genuine ones are taken for those of the others.
func (e *Effects) Stray(x *exchange.Exchange) (effect, known bool) {
	n, read := e.count(x)
	if !read {
		return false, false
	}
	key := e.key(x)
	stray := n - e.found.genuine[key]
	if stray < 0 || e.found.genuine[key] > 0 && e.found.unsure[key] {
		return false, false
	}
	return stray > 0, stray > 0 || namesUUID(x)
}

// ActedOn reports whether a delivery that should have no effect had one, had a
// download link followed, or a call made for it that changes something.
func (e *Effects) ActedOn(x *exchange.Exchange) bool {
	effect, known := e.Stray(x)
	return known && effect || e.Followed(x) || e.Called(x)
}

// namesUUID reports whether a delivery told the target the uuid that its effect
// is counted by.
func namesUUID(x *exchange.Exchange) bool {
	return slices.ContainsFunc(rtk.HeadersBoth.Sets(), func(names rtk.HeaderSet) bool { return x.Last().Request.Field(names.UUID) != "" })
}

// Unfinished reports that the target was still at work when the run had no more time for
// it, so that nothing follows from an effect that is missing.
func (e *Effects) Unfinished() bool { return e.found.unfinished }

// LostOnRestart reports that the target counts its effects from zero in each
// process: what it did right before it was killed cannot be seen.
func (e *Effects) LostOnRestart() bool { return e.processes.lost }

// NoneInTime says of a delivery that it had no effect, and how long that was waited for.
func (e *Effects) NoneInTime() string {
	return fmt.Sprintf("had no effect within %s (--effects-timeout)", e.o.Timeout)
}

// Hint says why a verdict rests on the answer alone.
func (e *Effects) Hint() string {
	if !e.Counted() {
		return "if the target verifies later, --effects-url can prove that nothing came of it"
	}
	return "whether it took effect could not be seen"
}

// WhyUnknown says why the effects of x are not known.
func (e *Effects) WhyUnknown(x *exchange.Exchange) string {
	const unseen = "whether it took effect could not be seen"
	t := x.Delivery.Event.Type
	n, _ := e.count(x)
	switch {
	case !e.Counted():
		return unseen + "; count effects with --effects-file or --effects-url"
	case !e.found.on:
		return unseen + ": the count of effects is " + e.found.detail
	case e.mixedUp():
		return unseen + ": effects appeared under ids of other deliveries"
	case n == 0 && e.found.unfinished:
		return fmt.Sprintf("%s: the target was still at work on what it had accepted when the run had waited %s for that; give it more workers, or raise --effects-timeout",
			unseen, backlogTimes*e.o.Timeout)
	case e.alone(x) && !e.found.types[t]:
		return fmt.Sprintf("%s: nothing of the type %s took effect in this run, so it may mean nothing to the target", unseen, t)
	default:
		return unseen + ": effects are not counted by rtk-uuid, and it shares its count with others"
	}
}
