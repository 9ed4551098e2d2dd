package conformance

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/events"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrOptions is wrapped by the errors of Run about its options.
var ErrOptions = errors.New("conformance: unusable options")

// Options says how a target is judged. The zero value of each field is its default.
type Options struct {
	Target    Target
	Endpoints *Endpoints // the harness's own servers; required
	Checks    []*Check   // what to judge, in order; required

	Seed  uint64    // of every generated id and name
	Start time.Time // of the generated meetings; zero: a minute before now

	MeetingID string // fixes meeting.id in every event
	WebhookID string // value of rtk-webhook-id; empty: one id made from the seed
	// Overrides are made to every event that has the place: not every event has a
	// meeting object, and what is no JSON object has no places at all.
	payload.Overrides

	// Sender is the base of the senders' options. The run fills in Keys, IDs,
	// WebhookID, Timeout and Retry. SelfCheck sees what has passed the run's own
	// self-check. Faults are for genuine deliveries alone.
	Sender mocksender.Options
	// Header is added to every request, forgeries included, for a gateway in
	// front of the target. Its values are secrets.
	Header http.Header

	Timeout time.Duration // one attempt; 0: DefaultTimeout
	WarmUp  time.Duration // how long the first control may take; 0: DefaultWarmUp
	// EndWarmUp is asked where the target has answered 5xx for a while, whether to wait for
	// it no longer. Nil: it is waited for as long as WarmUp has it.
	EndWarmUp      func() bool
	Profile        mocksender.Profile // which failures of a genuine delivery are retried; zero: that of the guide
	RetryWaits     []time.Duration    // between its attempts; nil: as often as the profile has it, in small steps
	EffectsTimeout time.Duration      // how long an effect may take; 0: DefaultEffectsTimeout
	Quiet          time.Duration      // how long to wait for effects that nothing announces; 0: DefaultQuiet
	Recovery       time.Duration      // how long a target may take to work again after an outage of the key endpoint; 0: DefaultRecovery
	RecoveryEnd    time.Duration      // how long the run waits if the target does not work again by then; 0: DefaultRecoveryEnd
	RotationGrace  time.Duration      // how long a target may take to accept what a new key has signed; 0: at once, or on a retry
	LatencyBudget  time.Duration      // for rsp/latency; 0: DefaultLatencyBudget

	Parallel int     // checks at a time; 0: 1
	Rate     float64 // requests a second; 0: no limit
	// Production says that the target is configured for the real service, whose
	// key nobody here has. Only checks with Production set can judge it, and
	// only by what it refuses: no genuine delivery shows that it accepts any.
	Production bool

	Strict  bool     // warnings make the outcome nonconformant
	Require []string // instruments that must be on: effects, canaries, keys
	// Idempotent says that the target promises one effect for a delivery that
	// comes more than once, so that more are a failure.
	Idempotent bool

	// StartUp is how long the target took to start, for Progress.Left. 0: not known.
	StartUp time.Duration
	// Progress, if set, is called as the run goes on, never concurrently.
	Progress func(Progress)
}

// Values that the guide leaves open, and times to wait.
const (
	DefaultTimeout        = 3 * time.Second
	DefaultWarmUp         = 15 * time.Second
	DefaultEffectsTimeout = 5 * time.Second
	DefaultQuiet          = 250 * time.Millisecond
	DefaultRecovery       = 10 * time.Second
	DefaultRecoveryEnd    = 60 * time.Second
	DefaultLatencyBudget  = 3 * time.Second
)

// RetryWaits returns the waits between n+1 attempts of a genuine delivery in a
// run. They are shorter than those of the real sender, so that a run does not take
// as long.
func RetryWaits(n int) []time.Duration {
	waits := make([]time.Duration, n)
	for i := range waits {
		waits[i] = min(100*time.Millisecond<<i, 800*time.Millisecond)
	}
	return waits
}

func (o Options) withDefaults() Options {
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.WarmUp = cmp.Or(o.WarmUp, DefaultWarmUp)
	o.EffectsTimeout = cmp.Or(o.EffectsTimeout, DefaultEffectsTimeout)
	o.Quiet = cmp.Or(o.Quiet, DefaultQuiet)
	o.Recovery = cmp.Or(o.Recovery, DefaultRecovery)
	o.RecoveryEnd = cmp.Or(o.RecoveryEnd, DefaultRecoveryEnd)
	o.LatencyBudget = cmp.Or(o.LatencyBudget, DefaultLatencyBudget)
	if o.Profile.Name == "" {
		o.Profile = mocksender.Profiles()[0]
	}
	if o.RetryWaits == nil {
		o.RetryWaits = RetryWaits(len(o.Profile.Waits))
	}
	o.Profile.Waits = o.RetryWaits
	o.Parallel = max(o.Parallel, 1)
	if o.Start.IsZero() {
		o.Start = time.Now().Add(-events.Duration).Truncate(time.Millisecond)
	}
	if len(o.Target.Events) == 0 {
		o.Target.Events = rtk.EventTypes()
	}
	o.WebhookID = cmp.Or(o.WebhookID, rtk.NewIDs(o.Seed, "webhook").Next())
	return o
}
