package observe

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/pause"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// pollEvery is how often a count is read that has yet to change.
const pollEvery = 10 * time.Millisecond

// Collector reads effects and visits for a run.
type Collector struct {
	Effects

	backlog   backlog
	guarded   *exchange.Exchange // refused for its links into the target's own network
	collected bool
	at        time.Time // when Collect was called
}

// New returns a Collector for one run.
func New(o Options) *Collector {
	return &Collector{
		Effects: Effects{
			o: o, requests: map[*exchange.Exchange]*request{},
			processes: processEffects{counts: map[string]int{}, past: map[string]int{}},
			found: findings{
				types:  map[rtk.EventType]bool{},
				detail: "not counted (--effects-url, --effects-cmd or --effects-file), so what a delivery brings about cannot be seen",
			},
		},
		backlog: backlog{shows: map[string]bool{}, without: map[string]int{}},
	}
}

// Collected reports whether Collect was called.
func (c *Collector) Collected() bool { return c.collected }

// Collect waits until the effects of the run must have shown, and reads them.
// sentinel delivers a last genuine event: its effect shows how late effects come,
// and all others come within twice that time. It returns nil if the event was not
// accepted. again sends a forgery once more under another uuid.
func (c *Collector) Collect(ctx context.Context, sentinel func() *exchange.Exchange, again func(*exchange.Exchange) *exchange.Exchange) {
	began := time.Now()
	defer func() { c.o.Waited(time.Since(began)) }()
	c.collected, c.at = true, began
	quiet := c.o.Quiet
	if c.Counted() {
		c.watchRetried()
		c.settle(ctx)
		c.checkKept(ctx)
		if lag := c.awaitSentinel(ctx, sentinel()); c.found.on {
			quiet = max(quiet, 2*lag)
			c.checkDistinct(ctx)
		}
	}
	quiet = max(quiet, 2*c.canaryLag(), 2*c.callLag())
	if c.forgeriesHaveLinks() || c.found.on || c.found.calls.on {
		pause.For(ctx, quiet)
	}
	if c.found.on {
		c.readEffects(ctx)
	}
	if c.found.on {
		c.findMixup(ctx, quiet/2, again)
	}
	c.readCanaries()
	c.readCalls()
}

// awaitSentinel waits for the effect of the last delivery and returns how late it
// came. If no genuine delivery has an effect, effects are off.
func (c *Collector) awaitSentinel(ctx context.Context, last *exchange.Exchange) time.Duration {
	began := time.Now()
	for {
		shown, err := c.firstEffects(ctx, last)
		if shown {
			return time.Since(last.Ended)
		}
		waited := time.Since(began)
		// Effects of other types say nothing about the sentinel, if its type has
		// none at all.
		pointless := last == nil || !c.found.types[last.Delivery.Event.Type] && waited > c.o.Quiet
		if ctx.Err() != nil || waited > c.o.Timeout || last == nil && c.o.Exited() || c.found.on && pointless {
			switch {
			case c.found.on:
			case err != nil:
				c.off(err)
			default:
				c.found.detail = fmt.Sprintf("off: no genuine delivery had an effect within %s; is it counted in the right place, and by the delivery's own id? With the --seed of an earlier run, a receiver that remembers ids does nothing for them", c.o.Timeout)
				if d, ok := c.o.Counter.(effects.Doubter); ok && d.Doubt() != "" {
					c.found.detail = fmt.Sprintf("off: no genuine delivery had an effect within %s: %s", c.o.Timeout, d.Doubt())
				}
			}
			return 0
		}
		pause.For(ctx, pollEvery)
	}
}

// off switches effects off, since reading them failed.
func (c *Collector) off(err error) {
	c.found.on = false
	c.found.detail = "off: " + strings.TrimPrefix(err.Error(), "conformance: ")
}

// firstEffects reads the effects of the sentinel and of some deliveries before
// it, and notes the event types that have any. It reports whether the sentinel
// has one.
func (c *Collector) firstEffects(ctx context.Context, sentinel *exchange.Exchange) (shown bool, err error) {
	for _, x := range c.samples(sentinel) {
		n, err := c.o.Counter.Count(ctx, c.requested(x).query)
		if err != nil {
			return false, err
		}
		if n+c.processes.before(c.key(x)) == 0 {
			continue
		}
		c.found.on, c.found.detail = true, "the target's own count is read"
		c.found.types[x.Delivery.Event.Type] = true
		if x == sentinel {
			return true, nil
		}
	}
	return false, nil
}

// samples are the genuine deliveries whose effect shows that effects are counted:
// the sentinel, and the first accepted delivery of each event type, since not
// every type may mean something to the target.
func (c *Collector) samples(sentinel *exchange.Exchange) []*exchange.Exchange {
	var out []*exchange.Exchange
	if sentinel != nil {
		out = append(out, sentinel)
	}
	had := map[rtk.EventType]bool{}
	for _, x := range c.o.Sent(exchange.Genuine) {
		if t := x.Delivery.Event.Type; x.Accepted() && !had[t] {
			had[t] = true
			out = append(out, x)
		}
	}
	return out
}

// checkDistinct reads the effects of a delivery that was never sent. A counter
// that counts any for it says nothing about the others.
func (c *Collector) checkDistinct(ctx context.Context) {
	ids := rtk.NewIDs(c.o.Seed, "never sent")
	never := effects.Query{UUID: ids.Next(), Event: c.o.Control(), MeetingID: ids.Next(), SessionID: ids.Next()}
	for _, x := range c.samples(nil) {
		if c.key(x) == c.o.Counter.Key(never) {
			return // it counts by event alone
		}
	}
	if n, err := c.o.Counter.Count(ctx, never); err == nil && n > 0 {
		c.found.on = false
		c.found.detail = fmt.Sprintf("off: it counts %d for a delivery that was never sent; it has to count by the delivery's own id", n)
	}
}

// readEffects reads the counts of all deliveries that must not have an effect,
// and of the genuine ones that are watched, once a key.
func (c *Collector) readEffects(ctx context.Context) {
	c.found.counts, c.found.genuine, c.found.unsure = map[string]int{}, map[string]int{}, map[string]bool{}
	for _, x := range c.observed() {
		key := c.key(x)
		if _, ok := c.found.counts[key]; ok {
			continue
		}
		n, err := c.awaitEffect(ctx, x)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			c.off(err)
			return
		}
		n += c.processes.before(key)
		c.found.counts[key] = n
		if n > 0 && c.requested(x).watch != unwatched {
			c.found.types[x.Delivery.Event.Type] = true
		}
	}
	c.tally()
	if err := c.compare(ctx); err != nil {
		c.off(err)
	}
}

// observed returns every delivery whose effect may be read. Those that are given
// time come first: deliveries may share a key, and a key is read once.
func (c *Collector) observed() []*exchange.Exchange {
	out := c.o.Sent(exchange.Forgery, exchange.Unverifiable, exchange.Nonstandard)
	for _, x := range c.o.Sent(exchange.Genuine) {
		if c.requested(x).watch != unwatched {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b *exchange.Exchange) int {
		return cmp.Compare(c.requested(b).watch, c.requested(a).watch)
	})
	return out
}

// awaitEffect counts the effects of x. If it is awaited and has none yet, it is
// read again until Timeout after its delivery, unless controls of its type have
// none either.
func (c *Collector) awaitEffect(ctx context.Context, x *exchange.Exchange) (int, error) {
	t, r := x.Delivery.Event.Type, c.requested(x)
	idle := t == c.o.Control() && !c.found.types[t]
	waits := r.watch == awaited || r.watch == compared && c.found.variants[c.variant(x)]
	for {
		n, err := c.o.Counter.Count(ctx, r.query)
		if err != nil || n > 0 || idle || !waits || !x.Accepted() || c.processes.gone(x) ||
			ctx.Err() != nil || time.Since(x.Ended) > c.o.Timeout {
			return n, err
		}
		pause.For(ctx, pollEvery)
	}
}

// tally counts the genuine deliveries of each key.
func (c *Collector) tally() {
	counted := map[string]bool{}
	for _, x := range c.o.Sent(exchange.Genuine) {
		switch key := c.key(x); {
		case !x.Accepted():
			c.found.unsure[key] = true
		case !counted[x.Delivery.UUID]:
			counted[x.Delivery.UUID] = true
			c.found.genuine[key]++
		}
	}
	for _, x := range c.o.Sent(exchange.Nonstandard) {
		c.found.unsure[c.key(x)] = true
	}
}

// queryOf reads from a delivery what an effect may be counted by.
func queryOf(d mocksender.Delivery) effects.Query {
	return effects.Query{
		UUID:      d.UUID,
		Event:     d.Event.Type,
		MeetingID: firstString(d.Event.Body, "meeting.id", "meetingId"),
		SessionID: firstString(d.Event.Body, "meeting.sessionId", "sessionId", "recording.roomUUID"),
	}
}

// firstString returns the first string that body has at one of paths.
func firstString(body []byte, paths ...string) string {
	for _, path := range paths {
		value, err := payload.Get(body, path)
		var s string
		if err == nil && json.Unmarshal(value, &s) == nil && s != "" {
			return s
		}
	}
	return ""
}
