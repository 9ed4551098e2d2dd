// Package delivery sends the deliveries of a run: it signs, checks, paces and
// retries them, keeps their log, and notices when the target has stopped working.
// It judges nothing.
package delivery

import (
	"cmp"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Options says what deliveries have in common.
type Options struct {
	URL string // where they go
	// Sender is the base of all senders. Faults are for genuine deliveries alone,
	// and Inspect sees what has passed the self-check.
	Sender  mocksender.Options
	Timeout time.Duration // of one attempt
	WarmUp  time.Duration // how long the first contact may take
	// EndWarmUp reports that there is no sense in waiting for a target that goes on
	// answering 5xx. Nil: there always is.
	EndWarmUp func() bool
	Profile   mocksender.Profile // the retries of genuine deliveries, with the waits of the run
	Rate      float64            // requests a second; 0: no limit
	Serial    bool               // one check runs at a time
	Seed      uint64
	// Production says that nothing genuine is sent.
	Production bool

	// Exited says how the target's process has ended; "" while it runs.
	Exited func() string
	// Disturbed reports whether something that the target needs fails on purpose.
	Disturbed func() bool
	// Overrides are the user's changes to all bodies.
	Overrides payload.Overrides
	// Subscribed reports whether events of a type are sent.
	Subscribed func(rtk.EventType) bool
	// Sends is told of each event right before it is sent. Nil: nobody wants to know.
	Sends func(...rtk.Event)
}

// Client sends deliveries to one target. Its senders differ in what they do when
// a delivery fails.
type Client struct {
	Log     *Log
	Breaker *Breaker

	o         Options
	pace      *pacer
	presigner presigner
	failures  *failures
	uuids     *rtk.IDs // for deliveries whose uuid a check has to know

	genuine *mocksender.Sender // retries as the real sender, backs off from rate limits
	forgery *mocksender.Sender // for deliveries that should be rejected
	plain   *mocksender.Sender // retries, but a 429 is final
	single  *mocksender.Sender // one attempt
	warmUp  *mocksender.Sender // for the first contact, with a target that may still be starting

	turn sync.Mutex
	last *mocksender.Sender // guarded by turn

	mu      sync.Mutex
	invalid []rtk.EventType // sent all the same, since the user's changes make them so; guarded by mu
}

// bodyTime is how long the body of an answer is waited for. The status is known by
// then, and the body is only evidence.
const bodyTime = 250 * time.Millisecond

// New returns a Client. The error is about the options. Close it in the end.
func New(o Options) (*Client, error) {
	if o.Sends == nil {
		o.Sends = func(...rtk.Event) {}
	}
	c := &Client{Log: newLog(), Breaker: &Breaker{exited: o.Exited}, o: o, pace: newPacer(o.Rate), failures: newFailures(), uuids: rtk.NewIDs(o.Seed, "check")}
	base := o.Sender
	base.BodyTime = cmp.Or(base.BodyTime, bodyTime)
	base.SelfCheck, base.Faults = c.selfCheck, nil
	if base.Signatures == nil {
		base.Signatures = mocksender.NewSignatures() // a body that two of them send is signed once
	}
	genuine := base
	genuine.Faults = o.Sender.Faults
	var failed error
	sender := func(own mocksender.Options, timeout time.Duration, retry mocksender.RetryPolicy) *mocksender.Sender {
		own.Timeout, own.Retry = timeout, untilExit{retry, o.Exited}
		s, err := mocksender.New(own)
		if failed == nil {
			failed = err
		}
		return s
	}
	unit := backOffUnit
	if len(o.Profile.Waits) > 0 {
		unit = o.Profile.Waits[0]
	}
	c.genuine = sender(genuine, o.Timeout, pacedRetry{genuineRetry{o.Profile, unit, limitedGenuine, c.pace}, c.pace})
	forgery := forgeryRetry{genuineRetry: genuineRetry{mocksender.NoRetry{}, unit, limitedForged, c.pace}}
	if o.Production {
		forgery.pause = keyPause
	}
	c.forgery = sender(base, o.Timeout, pacedRetry{forgery, c.pace})
	c.plain = sender(base, o.Timeout, o.Profile)
	c.single = sender(base, o.Timeout, mocksender.NoRetry{})
	c.warmUp = sender(base, o.WarmUp, warmUpRetry{o.WarmUp, o.EndWarmUp})
	if failed != nil {
		return nil, failed
	}
	if o.Serial {
		c.presigner.begin(c.genuine.Presign)
	}
	return c, nil
}

// override makes the user's changes to a body, as far as it has their places.
func (c *Client) override(body []byte) []byte {
	body, _ = c.o.Overrides.Apply(body) // the others are made all the same
	return body
}

// Close closes all connections.
func (c *Client) Close() {
	c.presigner.end()
	for _, s := range c.senders() {
		s.Close()
	}
}

// CloseIdle closes idle connections, and leaves the Client usable.
func (c *Client) CloseIdle() {
	for _, s := range c.senders() {
		s.CloseIdle()
	}
}

func (c *Client) senders() []*mocksender.Sender {
	return []*mocksender.Sender{c.genuine, c.forgery, c.plain, c.single, c.warmUp}
}

// choose returns the sender for a kind of delivery.
func (c *Client) choose(k exchange.Kind, d mocksender.Delivery) *mocksender.Sender {
	switch {
	case !k.Forged() && c.failures.expected(d.Event.Type):
		return c.single
	case c.pace.alwaysLimited():
		return c.plain
	case k == exchange.Genuine:
		return c.genuine
	default:
		return c.forgery
	}
}

// take gives sender its turn. In a serial run it closes the connections of the
// sender before: a target that serves one connection at a time would wait for
// them, and look slow.
func (c *Client) take(sender *mocksender.Sender) {
	if !c.o.Serial {
		return
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	if c.last != nil && c.last != sender {
		c.last.CloseIdle()
	}
	c.last = sender
}
