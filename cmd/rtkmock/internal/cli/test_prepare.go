package cli

import (
	"crypto/tls"
	"io"
	"net/url"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// prepared is a run with everything checked and open that it needs.
type prepared struct {
	flags   *testFlags
	url     *url.URL // nil for the built-in receiver
	face    *face
	builtIn *builtIn
	ready   readiness
	port    *takenPort // of --port-env
	program *program   // nil: the target is not rtkmock's to start
	stopLog io.Writer
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
	p.port.free()
	if p.program != nil {
		p.program.stop(p.stopLog)
	}
	if e, ok := p.options.Target.Effects.(io.Closer); ok {
		_ = e.Close() // it was read, not written
	}
	if p.builtIn != nil {
		p.builtIn.close()
	}
	if p.face != nil {
		p.face.close()
	}
}

// prepareTest checks all that can be checked before the target is contacted,
// and opens rtkmock's own servers.
func (a *app) prepareTest(text string, f *testFlags) (_ *prepared, err error) {
	p := &prepared{flags: f, stopLog: a.err}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
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
	p.port.free() // it is the command's from here on
	if nothing != nil {
		return nil, nothing
	}
	p.options.Checks = all
	p.options.Endpoints = conformance.NewEndpointsWithAttacker(a.attacker(p), keys, p.face.base)
	if p.options.Endpoints.OtherBase, err = a.otherBase(f.advertiseOther, p.face.base); err != nil {
		p.face.ln.Close()
		return nil, err
	}
	p.options.Endpoints.Artifacts.SetDelay(f.artifactsDelay)
	p.face.serve(p.options.Endpoints.Handler())
	if p.url == nil {
		return p, a.useBuiltIn(p)
	}
	return p, a.prepareCommand(p, keys)
}

// prepareTarget fills in what the flags say of the target and the deliveries.
func (a *app) prepareTarget(p *prepared, text string) error {
	f := p.flags
	if err := a.checkCommand("test", text, &f.command); err != nil {
		return err
	}
	var err error
	if p.port, err = a.fillPort("test", &f.command, &text, &f.command.waitFor, &f.effects.url, &f.effects.command); err != nil {
		return err
	}
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
		EffectsTimeout: f.effects.timeout,
		LatencyBudget:  f.latencyBudget,
		Recovery:       f.recovery,
		RecoveryEnd:    f.recoveryEnd,
		RotationGrace:  f.rotationGrace,
		Parallel:       f.parallel,
		Rate:           f.rate,
		Production:     f.selection.profile == profileProduction,
		Strict:         f.strict,
		Require:        f.require,
		Idempotent:     f.idempotent,
	}
	if p.options.WebhookID == "" {
		p.options.WebhookID = rtk.NewIDs(seed, "webhook").Next()
	}
	events := f.events
	if len(events) == 0 {
		events = rtk.EventTypes()
	}
	a.warnAboutPaths(f.set, events)
	if p.options.Target.Effects, err = a.openEffects(&f.effects, text); err != nil {
		return err
	}
	if text == "" && p.options.Production {
		return a.bad("profile", "the built-in receiver is not configured for the real service; production goes with a URL to test")
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
	if err := a.guardRemote("test", p.url, f.allowRemote); err != nil {
		return err
	}
	p.ready = accepting(dialable(p.url))
	if f.command.waitFor != "" {
		p.ready, err = a.parseWaitFor(f.command.waitFor, p.url, &f.deliveryFlags, trustOf(&sender, &f.deliveryFlags))
	}
	return err
}

// trustOf is how the target's certificate is looked at.
func trustOf(o *mocksender.Options, f *deliveryFlags) *tls.Config {
	return &tls.Config{RootCAs: o.RootCAs, InsecureSkipVerify: f.insecure}
}
