package selftest

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/internal/loopback"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// endpointsURL is the base URL of the endpoints in all runs. With one URL, one
// key and meetings that start at the same minute, most runs send the same bytes,
// and what one run has signed is signed for the others. Signing would otherwise
// be nearly all of their cost.
const endpointsURL = "http://endpoints.test"

// Harness judges receivers, each in a run of its own. It is safe for concurrent
// use.
type Harness struct {
	keys, attacker *rtk.Keyring
	next           *rtk.Keyring // the key that each run changes to
	signatures     *mocksender.Signatures
	start          time.Time // of the generated meetings
}

// NewHarness returns a harness with keys of its own.
func NewHarness() *Harness {
	return &Harness{
		keys:       rtk.GenerateKeyring(),
		attacker:   rtk.GenerateKeyring(),
		next:       rtk.GenerateKeyring(),
		signatures: mocksender.NewSignatures(),
		start:      time.Now().Add(-2 * time.Minute).Truncate(time.Minute),
	}
}

// Trial is how one run is done.
type Trial struct {
	Checks   []*conformance.Check // required
	Seed     uint64
	Parallel int // checks at a time; 0: 1, so that runs are most alike
}

// Judge runs the checks of t against the receiver of s and compares the verdicts
// with what s lists. The error is about the harness, for example that there is
// no free port.
func (h *Harness) Judge(ctx context.Context, s receivers.Spec, t Trial) (*Result, error) {
	key, err := h.keys.Key()
	if err != nil {
		return nil, err
	}
	// A run changes the key, so the keyring is its own.
	endpoints := conformance.NewEndpointsWithAttacker(h.attacker, rtk.NewKeyring(key), endpointsURL)
	endpoints.Next, endpoints.OtherBase = h.next, "http://elsewhere.test"
	addr, stop, err := loopback.Serve(ctx, endpoints.Handler())
	if err != nil {
		return nil, err
	}
	defer stop()
	// What the receivers wait for is short.
	config := receivers.Config{
		KeyURL:      endpoints.KeyURL(),
		Client:      clientOf(addr),
		PublicKey:   &key.PublicKey,
		Slow:        30 * time.Millisecond,
		Pause:       5 * time.Millisecond,
		WakeAfter:   200 * time.Millisecond,
		Rarely:      rarely,
		FetchTime:   500 * time.Millisecond,
		EffectDelay: 150 * time.Millisecond,
		Work:        30 * time.Millisecond,
		MaxAge:      11 * time.Hour, // meetings start when the harness was made, and a check sends what is a day old
	}
	defer config.Client.CloseIdleConnections()
	ln, err := loopback.Listen(ctx)
	if err != nil {
		return nil, err
	}
	process := receivers.Serve(ln, s.New(config))
	defer process.Close()

	o := h.options(s)
	if s.Setup.Production {
		t.Checks = slices.DeleteFunc(slices.Clone(t.Checks), func(c *conformance.Check) bool { return !c.Production })
	}
	o.Endpoints, o.Checks, o.Seed = endpoints, t.Checks, t.Seed
	o.Parallel = max(o.Parallel, t.Parallel)
	o.Target.URL = "http://" + ln.Addr().String() + s.Setup.Path
	o.Target.Restart, o.Target.Embedded = process, true
	if !s.Setup.Unseen {
		o.Target.Effects = effects.CounterFunc(func(uuid string) int { return process.Receiver().Count(uuid) })
	}
	report, err := conformance.Run(ctx, o)
	if err != nil {
		return nil, err
	}
	return newResult(s, report), nil
}

// clientOf returns an HTTP client that takes every host for the one at addr.
func clientOf(addr string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
		MaxIdleConnsPerHost: 4,
	}}
}

// rarely is how long receivers wait that do something seldom.
const rarely = 1200 * time.Millisecond

// options are those of a run in which nothing waits for long. What decides a
// verdict still gets enough time, since a busy machine makes good receivers
// slow.
func (h *Harness) options(s receivers.Spec) conformance.Options {
	o := conformance.Options{
		Target:         conformance.Target{Events: s.Setup.Events},
		Start:          h.start,
		MeetingID:      s.Setup.MeetingID,
		WebhookID:      s.Setup.WebhookID,
		Header:         s.Setup.Header,
		Timeout:        2 * time.Second,
		WarmUp:         5 * time.Second,
		RetryWaits:     []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond},
		EffectsTimeout: 500 * time.Millisecond,
		Quiet:          60 * time.Millisecond,
		Recovery:       10 * time.Second,
		RecoveryEnd:    20 * time.Second,
		Production:     s.Setup.Production,
	}
	if s.Setup.RotationGrace {
		o.RotationGrace = 20 * time.Second
	}
	o.Sender.HeaderNames = s.Setup.HeaderNames
	o.Sender.Signatures = h.signatures
	switch {
	case s.Kind == receivers.KindReference, s.Kind == receivers.KindTwin:
		o.Timeout = 10 * time.Second
	case s.Kind == receivers.KindDegenerate:
		o.Timeout, o.WarmUp = time.Second, time.Second // more time changes nothing
	case s.Expects("key/recovers"):
		o.Recovery, o.RecoveryEnd = rarely/2, 2*rarely
	case s.Expects("rsp/latency"):
		o.LatencyBudget = 20 * time.Millisecond
		o.Parallel = 32 // it waits a lot, and computes little
	}
	return o
}
