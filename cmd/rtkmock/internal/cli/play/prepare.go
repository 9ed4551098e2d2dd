package play

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/script"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// player is a play with everything checked and open that it needs.
type player struct {
	*options
	script    *script.Script
	url       *url.URL // nil for the built-in receiver
	server    *server.KeyServer
	builtIn   *target.BuiltIn
	recording *recordingFile // nil: nothing is recorded
	scenario  scenarios.Options
	sender    *mocksender.Sender // once the play has made it
	policy    mocksender.Profile // before it is scaled
}

func (p *player) close(ctx context.Context) {
	if p.sender != nil {
		p.sender.Close()
	}
	if p.builtIn != nil {
		p.builtIn.Close()
	}
	switch {
	case p.server == nil:
	case ctx.Err() != nil:
		p.server.Abort()
	default:
		p.server.Close()
	}
}

// prepare checks everything that can be checked before the target is contacted,
// and opens rtkmock's own servers and the recording.
func (o *options) prepare(ctx context.Context, arg, text string) (*player, error) {
	p := &player{options: o}
	var err error
	if p.script, err = script.Load(ctx, o.App, "play", arg); err != nil {
		return nil, err
	}
	if err := p.setOptions(); err != nil {
		return nil, err
	}
	if text != "" {
		if p.url, err = target.Parse(ctx, "play", text, o.AllowRemote); err != nil {
			return nil, err
		}
	}
	if err := o.reports.Check(o.App); err != nil {
		return nil, err
	}
	ring, err := o.Keyring(o.Key)
	if err != nil {
		return nil, err
	}
	if err := p.open(ctx, ring); err != nil {
		p.close(ctx)
		return nil, err
	}
	return p, nil
}

// open opens what a play needs besides the target.
func (p *player) open(ctx context.Context, ring *rtk.Keyring) (err error) {
	if p.server, err = server.OpenKeyServer(ctx, p.App, ring, p.Server); err != nil {
		return err
	}
	p.scenario.Keys = p.server.Keys
	p.scenario.Payload.BaseURL = p.server.ArtifactsURL()
	if p.url != nil {
		p.scenario.URL = p.url.String()
	} else {
		p.builtIn, err = target.OpenBuiltIn(ctx, receivers.Config{
			KeyURL: p.server.KeyURL(), Events: p.events,
			// Where hours pass at once, so does the time between two fetches.
			RefetchEvery: time.Nanosecond,
		}, p.HeaderNames)
		if err != nil {
			return err
		}
		p.scenario.URL = p.builtIn.URL.String()
	}
	if p.record != "" {
		p.recording, err = openRecording(p.App, p.record, p.force, p.Header.Names())
	}
	return err
}

// setOptions fills in what the flags say.
func (p *player) setOptions() error {
	seed := delivery.SeedOrRandom(p.Seed)
	sender, policy, err := p.Sender(p.App, seed)
	if err != nil {
		return err
	}
	p.policy, sender.Retry = policy, p.Retry.Scale(policy)
	sender.Timeout = p.Timeout
	sender.SelfCheck = mocksender.SelfCheck
	sender.Header = p.Header.HTTP()
	sender.WebhookID = p.WebhookIDOr(seed)
	if sender.Health, err = p.healthPolicy(); err != nil {
		return err
	}
	start := p.Start
	if start.IsZero() {
		start = time.Now().Truncate(time.Second)
	}
	p.scenario = scenarios.Options{
		Sender:      sender,
		NewSender:   p.newSender,
		Payload:     payload.Options{Seed: seed, Start: start, MeetingID: p.MeetingID, Forms: p.forms},
		Events:      p.events,
		Speed:       p.speed,
		Concurrency: p.concurrency,
	}
	p.WarnAboutPaths(p.App, delivery.OrAll(p.events))
	return nil
}

// healthPolicy returns when attempts are reduced: as the flags say or, where they
// leave it open, as the script does. Nil: never.
func (p *player) healthPolicy() (*mocksender.HealthPolicy, error) {
	switch reduce := p.script.Reduce; {
	case reduce != nil:
		return &mocksender.HealthPolicy{
			Failures:   cmp.Or(p.reduceAfter, reduce.Failures, mocksender.DefaultHealthFailures),
			ProbeEvery: cmp.Or(p.probeEvery, reduce.ProbeEvery, mocksender.DefaultHealthProbeEvery),
		}, nil
	case p.reduceAfter > 0:
		return &mocksender.HealthPolicy{Failures: p.reduceAfter, ProbeEvery: cmp.Or(p.probeEvery, mocksender.DefaultHealthProbeEvery)}, nil
	case p.probeEvery > 0:
		return nil, p.BadFlag("probe-every", "%s never reduces its attempts, want --reduce-after with it", p.script.Name)
	}
	return nil, nil
}

// newSender makes the play's sender.
func (p *player) newSender(o mocksender.Options) (scenarios.Sender, error) {
	s, err := mocksender.New(o)
	if err != nil {
		return nil, err
	}
	p.sender = s
	if len(p.Set)+len(p.Unset) == 0 {
		return s, nil
	}
	return &overridingSender{s, p.Overrides}, nil
}

// overridingSender is a sender that first applies --set and --unset to the
// events. An event without the member stays as it is: not every event has a
// meeting.
type overridingSender struct {
	*mocksender.Sender
	overrides payload.Overrides
}

// Send implements scenarios.Sender.
func (s *overridingSender) Send(ctx context.Context, url string, d mocksender.Delivery) (mocksender.Receipt, error) {
	d.Event.Body, _ = s.overrides.Apply(d.Event.Body) // the others are made all the same
	return s.Sender.Send(ctx, url, d)
}
