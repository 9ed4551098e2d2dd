package selftest

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
)

// rarely is how much time receivers let pass that do something seldom.
const rarely = 1200 * time.Millisecond

// options are those of a run in which nothing waits for long. What decides a
// verdict is given time all the same: a busy machine makes good receivers slow.
func (l *Harness) options(s Subject) conformance.Options {
	o := conformance.Options{
		Target:         conformance.Target{Events: s.Setup.Events},
		Start:          l.start,
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
	o.Sender.Signatures = l.signatures
	switch {
	case s.Kind == Reference, s.Kind == Twin:
		o.Timeout = 10 * time.Second
	case s.Kind == Degenerate:
		o.Timeout, o.WarmUp = time.Second, time.Second // nothing is going to come of it
	case slices.Contains(s.CaughtBy, "key/recovers"):
		o.Recovery, o.RecoveryEnd = rarely/2, 2*rarely
	case slices.Contains(s.CaughtBy, "rsp/latency"):
		o.LatencyBudget = 20 * time.Millisecond
		o.Parallel = 32 // it waits a lot, and computes little
	}
	return o
}
