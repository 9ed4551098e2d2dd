package cli

import (
	"net/url"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
)

// playing is a play with everything checked and open that it needs.
type playing struct {
	a         *app
	flags     *playFlags
	script    *script
	url       *url.URL // nil for the built-in receiver
	station   *sendStation
	builtIn   *builtIn
	recording *recordingFile // nil: nothing is recorded
	options   scenarios.Options
	sender    *mocksender.Sender // once the play has made it
	profile   mocksender.Profile // before it is scaled
}

func (p *playing) close() {
	if p.sender != nil {
		p.sender.Close()
	}
	if p.builtIn != nil {
		p.builtIn.close()
	}
	if p.station == nil {
		return
	}
	if p.a.interrupted() {
		p.station.abort()
	} else {
		p.station.close()
	}
}

// preparePlay checks all that can be checked before the target is contacted,
// and opens rtkmock's own servers and the recording.
func (a *app) preparePlay(arg, text string, f *playFlags) (*playing, error) {
	p := &playing{a: a, flags: f}
	var err error
	if p.script, err = a.loadScript("play", arg); err != nil {
		return nil, err
	}
	if err := a.playOptions(p); err != nil {
		return nil, err
	}
	if text != "" {
		if p.url, err = parseTarget("play", text); err != nil {
			return nil, err
		}
		if err := a.guardRemote("play", p.url, f.allowRemote); err != nil {
			return nil, err
		}
	}
	if err := a.checkReports(&f.outputs); err != nil {
		return nil, err
	}
	keys, err := a.keyring(f.key)
	if err != nil {
		return nil, err
	}
	if err := a.openPlay(p, keys); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// openPlay opens what a play needs beside the target.
func (a *app) openPlay(p *playing, keys *rtk.Keyring) error {
	f := p.flags
	var err error
	if p.station, err = a.openSendStation(keys, f.listen); err != nil {
		return err
	}
	p.options.Keys = p.station.keys
	p.options.Payload.BaseURL = p.station.artifactsURL()
	if p.url != nil {
		p.options.URL = p.url.String()
	} else {
		p.builtIn, err = a.openBuiltIn(receivers.Config{
			KeyURL: p.station.keyURL(), Events: f.events,
			// Where hours pass at once, so does the time between two fetches.
			RefetchEvery: time.Nanosecond,
		}, f.headerNames)
		if err != nil {
			return err
		}
		p.options.URL = p.builtIn.url.String()
	}
	if f.record != "" {
		p.recording, err = a.openRecording(f.record, f.force, f.secretNames())
	}
	return err
}

// secretNames are the names of the header fields that the user added.
func (f *deliveryFlags) secretNames() []string {
	var names []string
	for _, h := range f.header {
		if !slices.Contains(names, h.name) {
			names = append(names, h.name)
		}
	}
	return names
}

// playOptions fills in what the flags say.
func (a *app) playOptions(p *playing) error {
	f := p.flags
	sender, err := a.senderOptions(&f.deliveryFlags)
	if err != nil {
		return err
	}
	if p.profile, err = a.retryProfile(&f.retry); err != nil {
		return err
	}
	if sender.Retry, err = a.scaledProfile(&f.retry); err != nil {
		return err
	}
	seed := f.seedOr()
	f.retry.into(&sender, seed)
	sender.Timeout = f.timeout
	sender.SelfCheck = mocksender.SelfCheck
	sender.Header = f.headers()
	sender.WebhookID = f.webhookID
	if sender.WebhookID == "" {
		sender.WebhookID = rtk.NewIDs(seed, "webhook").Next()
	}
	if sender.Health, err = a.healthPolicy(p.script, f); err != nil {
		return err
	}
	start := f.start
	if start.IsZero() {
		start = time.Now().Truncate(time.Second)
	}
	p.options = scenarios.Options{
		Sender:      sender,
		NewSender:   p.newSender,
		Payload:     payload.Options{Seed: seed, Start: start, MeetingID: f.meetingID, Forms: f.forms},
		Events:      f.events,
		Speed:       f.speed,
		Concurrency: f.concurrency,
	}
	a.warnAboutPaths(f.set, orAllEvents(f.events))
	return nil
}

func orAllEvents(events []rtk.EventType) []rtk.EventType {
	if len(events) == 0 {
		return rtk.EventTypes()
	}
	return events
}

// healthPolicy returns when attempts are reduced: as the flags say and, as far
// as they do not, as the script does. Nil: never.
func (a *app) healthPolicy(s *script, f *playFlags) (*mocksender.HealthPolicy, error) {
	if f.probeEvery > 0 && f.reduceAfter == 0 && s.reduce == nil {
		return nil, a.bad("probe-every", "%s never reduces its attempts, want --reduce-after with it", s.Name)
	}
	if f.probeEvery == 0 && f.reduceAfter == 0 && s.reduce == nil {
		return nil, nil
	}
	policy := mocksender.HealthPolicy{}
	if s.reduce != nil {
		policy = *s.reduce
	}
	for _, v := range []struct {
		to          *int
		flag, other int
	}{
		{&policy.Failures, f.reduceAfter, mocksender.DefaultHealthFailures},
		{&policy.ProbeEvery, f.probeEvery, mocksender.DefaultHealthProbeEvery},
	} {
		if v.flag > 0 {
			*v.to = v.flag
		}
		if *v.to == 0 {
			*v.to = v.other
		}
	}
	return &policy, nil
}

// newSender makes the play's sender. Events are changed as --set and --unset
// say before they are signed.
func (p *playing) newSender(o mocksender.Options) (scenarios.Sender, error) {
	s, err := mocksender.New(o)
	if err != nil {
		return nil, err
	}
	p.sender = s
	if len(p.flags.set)+len(p.flags.unset) == 0 {
		return s, nil
	}
	return &dressing{s, p.flags}, nil
}
