package conformance

import (
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Options says how a run is done. The zero value of each field is its default.
type Options struct {
	Target    Target
	Endpoints *Endpoints // the harness's own servers; required
	Checks    []*Check   // what to judge, in order; required

	Seed  uint64    // of every generated id and name
	Start time.Time // of the generated meetings; zero: a minute before now

	MeetingID string   // fixes meeting.id in every event
	WebhookID string   // value of rtk-webhook-id; empty: one id made from the seed
	Set       []Change // applied to every event that has the place
	Unset     []string // dotted paths removed from every event that has them

	// Sender is the base of the sender's options. Keys, IDs, WebhookID,
	// Timeout and Retry are filled in by the run. SelfCheck is shown what has
	// passed the run's own self-check. Faults and RetryUUID are for genuine
	// deliveries alone.
	Sender mocksender.Options
	// Header is added to every request, forgeries included: what a gateway or
	// a path in front of the target asks for. Its values are secrets.
	Header http.Header

	Timeout        time.Duration      // one attempt; 0: DefaultTimeout
	WarmUp         time.Duration      // how long the first control may take; 0: DefaultWarmUp
	Profile        mocksender.Profile // which failures of a genuine delivery are retried; zero: that of the guide
	RetryWaits     []time.Duration    // between its attempts; nil: as often as the profile has it, in small steps
	EffectsTimeout time.Duration      // how long an effect may take; 0: DefaultEffectsTimeout
	Quiet          time.Duration      // how long nothing more may come; 0: DefaultQuiet
	Recovery       time.Duration      // how long a target may take to work again after an outage of the key endpoint; 0: DefaultRecovery
	RecoveryEnd    time.Duration      // how long one is waited for that has not worked again by then; 0: DefaultRecoveryEnd
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

	// Progress, if set, is called as the run goes on, never concurrently.
	Progress func(Progress)
}

// Change sets the member at a dotted path to a JSON value.
type Change struct {
	Path  string
	Value []byte
}

// What the guide leaves open, and what is only a matter of patience.
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
// run: smaller steps than the real sender is thought to make, so that a run
// does not wait where that would.
func RetryWaits(n int) []time.Duration {
	waits := make([]time.Duration, n)
	for i := range waits {
		waits[i] = min(100*time.Millisecond<<i, 800*time.Millisecond)
	}
	return waits
}

// Progress is one step of a run.
type Progress struct {
	Verdict *Verdict // the verdict just reached; nil for other steps
	Message string   // what is being done, for people; empty with a verdict
	Done    int      // verdicts reached
	Total   int      // verdicts to come in all
}

func (o Options) withDefaults() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.Timeout, DefaultTimeout)
	def(&o.WarmUp, DefaultWarmUp)
	def(&o.EffectsTimeout, DefaultEffectsTimeout)
	def(&o.Quiet, DefaultQuiet)
	def(&o.Recovery, DefaultRecovery)
	def(&o.RecoveryEnd, DefaultRecoveryEnd)
	def(&o.LatencyBudget, DefaultLatencyBudget)
	if o.Profile.Name == "" {
		o.Profile = mocksender.Profiles()[0]
	}
	if o.RetryWaits == nil {
		o.RetryWaits = RetryWaits(len(o.Profile.Waits))
	}
	o.Profile.Waits = o.RetryWaits
	if o.Parallel <= 0 {
		o.Parallel = 1
	}
	if o.Start.IsZero() {
		o.Start = time.Now().Add(-meetingDuration).Truncate(time.Millisecond)
	}
	if len(o.Target.Events) == 0 {
		o.Target.Events = rtk.EventTypes()
	}
	if o.WebhookID == "" {
		o.WebhookID = rtk.NewIDs(o.Seed, "webhook").Next()
	}
	return o
}
