package cli

import (
	"net/url"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// prepared is a run with everything checked and open that it needs.
type prepared struct {
	flags   *testFlags
	url     *url.URL // nil for the built-in receiver
	face    *face
	builtIn *builtIn
	options conformance.Options
	known   []conformance.KnownFailing
}

// account completes the report of the run.
func (p *prepared) account(rep *conformance.Report) {
	if s := p.flags.selection.shard; s.of > 0 {
		rep.Shards = []conformance.Shard{{N: s.n, Of: s.of, Seed: rep.Seed, Start: rep.Start}}
		rep.Judge()
	}
	if p.flags.known != "" {
		rep.Expect(p.known, checks.All(), time.Now())
	}
}

func (p *prepared) close() {
	if p.builtIn != nil {
		p.builtIn.close()
	}
	if p.face != nil {
		p.face.close()
	}
}

// prepareTest checks all that can be checked before the target is contacted,
// and opens rtkmock's own servers.
func (a *app) prepareTest(text string, f *testFlags) (*prepared, error) {
	p := &prepared{flags: f}
	if err := a.prepareTarget(p, text); err != nil {
		return nil, err
	}
	if err := a.checkReports(&f.outputs); err != nil {
		return nil, err
	}
	keys, err := a.keyring(f.key)
	if err != nil {
		return nil, err
	}
	// A selection that leaves nothing is told after mistakes, whose exit code
	// outweighs it.
	all, nothing := a.pick(checks.All(), f.selection)
	if nothing != nil && !isNothing(nothing) {
		return nil, nothing
	}
	if p.known, err = a.knownFailing(f.known, checks.All()); err != nil {
		return nil, err
	}
	if p.face, err = a.listen(f.listen); err != nil {
		return nil, err
	}
	if nothing != nil {
		p.close()
		return nil, nothing
	}
	p.options.Checks = all
	p.options.Station = conformance.NewStation(keys, p.face.base)
	p.face.serve(p.options.Station.Handler())
	if p.url == nil {
		if err := a.useBuiltIn(p); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// prepareTarget fills in what the flags say of the target and the deliveries.
func (a *app) prepareTarget(p *prepared, text string) error {
	f := p.flags
	sender, err := a.senderOptions(&f.deliveryFlags)
	if err != nil {
		return err
	}
	profile, err := a.retryProfile(&f.retry)
	if err != nil {
		return err
	}
	waits, err := a.waits(&f.retry)
	if err != nil {
		return err
	}
	seed := f.seedOr()
	f.retry.into(&sender, seed)
	p.options = conformance.Options{
		Target:         conformance.Target{Events: f.events},
		Seed:           seed,
		Start:          f.start,
		MeetingID:      f.meetingID,
		WebhookID:      f.webhookID,
		Set:            f.set,
		Unset:          f.unset,
		Sender:         sender,
		Header:         f.headers(),
		Timeout:        f.timeout,
		WarmUp:         f.warmUp,
		Profile:        profile,
		RetryWaits:     waits,
		EffectsTimeout: f.effectsTimeout,
		LatencyBudget:  f.latencyBudget,
		Parallel:       f.parallel,
		Rate:           f.rate,
		Strict:         f.strict,
		Require:        f.require,
	}
	if p.options.WebhookID == "" {
		p.options.WebhookID = rtk.NewIDs(seed, "webhook").Next()
	}
	events := f.events
	if len(events) == 0 {
		events = rtk.EventTypes()
	}
	a.warnAboutPaths(f.set, events)
	if f.effectsURL != "" {
		if text == "" {
			return a.bad("effects-url", "the built-in receiver counts its effects itself; it goes with a URL to test")
		}
		if p.options.Target.Effects, err = conformance.NewEffectsURL(f.effectsURL); err != nil {
			return a.bad("effects-url", "%s", plain(err))
		}
	}
	if text == "" {
		if p.options.Parallel == 0 {
			p.options.Parallel = builtInParallel
		}
		return nil
	}
	if p.url, err = parseTarget("test", text); err != nil {
		return err
	}
	p.options.Target.URL = p.url.String()
	return a.guardRemote("test", p.url, f.allowRemote)
}
