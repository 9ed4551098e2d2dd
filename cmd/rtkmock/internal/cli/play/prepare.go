package play

import (
	"cmp"
	"context"
	"net/url"
	"time"

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
	script    *scenarios.Scenario
	path      string   // of its file; empty: it is one of the library
	url       *url.URL // nil for the built-in receiver
	server    *server.KeyServer
	builtIn   *target.BuiltIn
	recording *recordingFile     // nil: nothing is recorded
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
	if p.script, p.path, err = script.Load(ctx, o.App, "play", arg); err != nil {
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
	p.playing.Keys, p.playing.Happened = p.server.Keys, p.server.Happened(p.Overrides)
	p.Degrade(p.server.API, p.server.Artifacts)
	p.playing.API = p.server.API
	p.playing.Payload.BaseURL = p.server.ArtifactsURL()
	if p.url != nil {
		p.playing.URL = p.url.String()
	} else {
		p.builtIn, err = target.OpenBuiltIn(ctx, receivers.Config{
			KeyURL: p.server.KeyURL(), Events: p.playing.Events,
			// Where hours pass at once, so does the time between two fetches.
			RefetchEvery: time.Nanosecond,
		}, p.Sender.HeaderNames)
		if err != nil {
			return err
		}
		p.playing.URL = p.builtIn.URL.String()
	}
	if p.record != "" {
		p.recording, err = openRecording(p.App, p.record, p.force, p.SecretHeaders())
	}
	return err
}

// setOptions fills in what no single flag says.
func (p *player) setOptions() (err error) {
	if p.policy, err = p.Complete(p.App); err != nil {
		return err
	}
	o := &p.playing
	o.Sender, o.Payload, o.NewSender = p.Sender, p.Payload, p.newSender
	o.Sender.SelfCheck, o.Sender.Header = mocksender.SelfCheck, p.Header
	if o.Sender.Health, err = p.healthPolicy(); err != nil {
		return err
	}
	if o.Payload.Start.IsZero() {
		o.Payload.Start = time.Now().Truncate(time.Second)
	}
	p.WarnAboutPaths(p.App, o.Events)
	return nil
}

// healthPolicy returns when attempts are reduced: as the flags say or, where they
// leave it open, as the script does. Nil: never.
func (p *player) healthPolicy() (*mocksender.HealthPolicy, error) {
	scripted := p.script.Reduce
	if scripted == nil && p.reduce.Failures == 0 {
		if p.reduce.ProbeEvery > 0 {
			return nil, p.BadFlag("probe-every", "%s never reduces its attempts, want --reduce-after with it", p.script.Name)
		}
		return nil, nil
	}
	scripted = cmp.Or(scripted, &mocksender.HealthPolicy{})
	return &mocksender.HealthPolicy{
		Failures:   cmp.Or(p.reduce.Failures, scripted.Failures, mocksender.DefaultHealthFailures),
		ProbeEvery: cmp.Or(p.reduce.ProbeEvery, scripted.ProbeEvery, mocksender.DefaultHealthProbeEvery),
	}, nil
}

// newSender makes the play's sender.
func (p *player) newSender(o mocksender.Options) (scenarios.Sender, error) {
	s, err := mocksender.New(o)
	if err != nil {
		return nil, err
	}
	p.sender = s
	return &sender{s, p.Overrides, p.server.API.Learn}, nil
}

// sender is a sender that first applies --set and --unset to the events, and has the
// API know of them. An event without the member stays as it is: not every event has a
// meeting.
type sender struct {
	*mocksender.Sender
	overrides payload.Overrides
	sends     func(...rtk.Event) // is told of each event that is sent
}

// Send implements scenarios.Sender.
func (s *sender) Send(ctx context.Context, url string, d mocksender.Delivery) (mocksender.Receipt, error) {
	d.Event.Body, _ = s.overrides.Apply(d.Event.Body) // the others are made all the same
	s.sends(d.Event)
	return s.Sender.Send(ctx, url, d)
}
