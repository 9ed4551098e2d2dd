package conformance

import (
	"crypto/rsa"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/conformance/internal/delivery"
	"github.com/rtkmock/rtkmock/conformance/internal/events"
	"github.com/rtkmock/rtkmock/conformance/internal/observe"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// run is one run under way.
type run struct {
	o        Options
	events   *events.Source
	delivery *delivery.Client
	effects  *observe.Collector
	// Event types that the target is known to accept: of controls and twins, and with
	// download links. At first, that of the first contact.
	control, linked rtk.EventType

	began    time.Time            // when the target's process was started; zero: before the run
	startUp  time.Duration        // how long the target takes to start; 0: not known
	unfit    *NotRestarted        // why a restart is not tried again
	nextKey  *rtk.Keyring         // for the checks of the phase Final
	oldKey   *rsa.PrivateKey      // before these; nil: the key was not changed
	ended    *ending              // of the target; nil: it works, as far as is known
	rests    atomic.Int64         // after which the target took what it had answered 5xx
	restless atomic.Bool          // a rest did not help
	unjudged bool                 // a check was not run for want of a target; guarded by mu
	shared   map[reflect.Type]any // by exclusive checks
	progress progress
	report   *Report
	called   int // calls of the REST API before the run

	mu     sync.Mutex        // guards probes, answer and report.Waited
	probes map[*Check]*Probe // of the checks that were run
	answer time.Duration     // that the target takes to accept a delivery; 0: not known
}

// newRun wires the parts of a run: the source of its events, what sends them, and
// what reads their effects.
func newRun(o Options) (*run, error) {
	o = o.withDefaults()
	if o.Endpoints == nil || o.Target.URL == "" || len(o.Checks) == 0 {
		return nil, fmt.Errorf("%w: Endpoints, Target.URL and Checks are required", ErrOptions)
	}
	if i := slices.Index(o.Checks, nil); i >= 0 {
		return nil, fmt.Errorf("%w: Checks[%d] is nil", ErrOptions, i)
	}
	r := &run{o: o, nextKey: o.Endpoints.Next, shared: map[reflect.Type]any{}, probes: map[*Check]*Probe{}}
	r.startUp = o.StartUp
	r.progress = progress{call: o.Progress, total: len(o.Checks), left: r.left}
	r.events = events.New(events.Options{
		Seed: o.Seed, Start: o.Start, MeetingID: o.MeetingID,
		LinksURL: o.Endpoints.ArtifactsURL, Subscribed: o.Target.Events, Made: r.happened,
	})
	opening, err := r.events.Opening()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	r.control, r.linked = opening.Type, opening.Type
	sender := o.Sender
	sender.Keys, sender.WebhookID, sender.Header = o.Endpoints.Keys, o.WebhookID, o.Header
	sender.IDs = rtk.NewIDs(o.Seed, "delivery")
	r.delivery, err = delivery.New(delivery.Options{
		URL: o.Target.URL, Sender: sender, Timeout: o.Timeout, WarmUp: o.WarmUp, EndWarmUp: o.EndWarmUp,
		Profile: o.Profile, Rate: o.Rate, Serial: o.Parallel == 1, Production: o.Production, Seed: o.Seed,
		Exited: r.exited, Overrides: o.Overrides, Subscribed: r.subscribed,
		Disturbed: r.fails, Sends: o.Endpoints.API.Learn,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	r.effects = observe.New(observe.Options{
		Counter: o.Target.Effects, Artifacts: o.Endpoints.Artifacts, LinksURLs: o.Endpoints.artifactsURLs(), LinksNote: o.Endpoints.linksNote, Calls: r.calls,
		Seed: o.Seed, Timeout: o.EffectsTimeout, Quiet: o.Quiet,
		Sent: r.delivery.Log.Exchanges, Control: func() rtk.EventType { return r.control }, Waited: r.waited, Say: r.progress.say,
		Exited: func() bool { return r.exited() != "" },
	})
	r.report, r.called = newReport(o), o.Endpoints.API.Calls()
	return r, nil
}

func (r *run) subscribed(t rtk.EventType) bool { return slices.Contains(r.o.Target.Events, t) }

// calls returns the calls of the REST API in this run.
func (r *run) calls() []rest.Visit { return r.o.Endpoints.API.Since(r.called) }

// happened has the API know of events, with the user's changes to them.
func (r *run) happened(events ...rtk.Event) {
	for i := range events {
		events[i].Body, _ = r.o.Overrides.Apply(events[i].Body) // those that fit
	}
	r.o.Endpoints.API.Learn(events...)
}

// fails reports whether the key endpoint or the REST API fails on purpose.
func (r *run) fails() bool {
	return r.o.Endpoints.KeyServer.Fault() != wellknown.None || r.o.Endpoints.API.Fault() != rest.NoFault
}

// exited says how the target's process has ended by itself, if that is known.
func (r *run) exited() string {
	if r.o.Target.Exited == nil {
		return ""
	}
	how, _ := r.o.Target.Exited()
	return how
}

// waited adds to the time that the run has spent waiting.
func (r *run) waited(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Waited += ledger.Millis(d)
}
