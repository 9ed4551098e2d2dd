package test

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// run is a run with everything checked and open that it needs.
type run struct {
	*options
	url   *url.URL // nil for the built-in receiver
	typed string   // the URL as it was given, with {port}
	// unreached says that nothing listens at the URL, and nobody here starts it.
	unreached bool
	server    *server.Server
	builtIn   *target.BuiltIn
	// webhooks are those that the target may register by the REST API.
	webhooks *server.Webhooks
	ready    target.Readiness
	port     *takenPort      // of --port-env
	program  *target.Program // nil: the target is not rtkmock's to start
	known    []conformance.KnownFailing
	names    names // of the real service
	keys     keptKeys
}

func (r *run) close() {
	r.port.free()
	if r.program != nil {
		r.program.Stop(r.Err)
	}
	if e, ok := r.judging.Target.Effects.(io.Closer); ok {
		_ = e.Close() // it was read, not written
	}
	if r.builtIn != nil {
		r.builtIn.Close()
	}
	r.names.close()
	if r.webhooks != nil {
		r.webhooks.Close()
	}
	if r.judging.Endpoints != nil {
		_ = r.judging.Endpoints.API.SetFault(rest.NoFault) // a call that it holds back would delay the end
	}
	if r.server != nil {
		r.server.Close()
	}
}

// complete adds to a report what the flags say of it.
func (r *run) complete(rep *conformance.Report) {
	rep.Interception = r.intercepted()
	rep.EffectsHint = r.effectsHint(rep)
	r.completeDiagnoses(rep)
	if r.program != nil {
		for _, text := range r.program.Signs.Found() {
			rep.Printed = append(rep.Printed, terminal.OneLine(r.redactor().Text(text)))
		}
	}
	if s := r.selection.shard; s.of > 0 {
		rep.Shards = []conformance.Shard{{N: s.n, Of: s.of, Seed: rep.Seed, Start: rep.Start}}
		rep.Judge()
	}
	if r.knownFailing != "" {
		rep.Expect(r.known, checks.All(), time.Now())
	}
}

// completeDiagnoses adds the command for the next run to what a refusal is told.
func (r *run) completeDiagnoses(rep *conformance.Report) {
	for _, v := range rep.Verdicts {
		d := v.Diagnosis
		if start := r.startIt(); d != nil && start != nil {
			d.Cure, d.Next = append(d.Cure, "let rtkmock start it, by your command in place of npm start"), start
		}
		if d != nil && r.program != nil && r.judging.Endpoints.KeyServer.Fetches() == 0 {
			if why := r.keyHidden(); why != "" {
				d.Cure, d.Next = slices.Insert(d.Cure, 0, why), r.showKey()
			}
		}
		if d != nil && len(d.Flags) > 0 {
			d.Next = reports.ShellWords(reports.With(r.Program, r.shownArgs(), d.Flags...))
		}
	}
}

// prepare checks everything that can be checked before the target is contacted,
// and opens rtkmock's own servers.
func (o *options) prepare(ctx context.Context, text string) (_ *run, err error) {
	r := &run{options: o}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if err := r.setTarget(ctx, text); err != nil {
		return nil, err
	}
	if err := o.reports.Check(o.App); err != nil {
		return nil, err
	}
	ring, err := o.Keyring(o.Key)
	if err != nil {
		return nil, err
	}
	// A selection that leaves nothing is reported after mistakes: their exit code
	// outweighs it.
	selected, nothing := o.selection.pick(ctx, o.App, checks.All())
	if nothing != nil && !exit.Is(nothing, exit.Nothing) {
		return nil, nothing
	}
	if r.known, err = readKnownFailing(o.App, o.knownFailing, checks.All()); err != nil {
		return nil, err
	}
	if r.server, err = server.Open(ctx, o.App, o.Server); err != nil {
		return nil, err
	}
	r.port.free() // it is the command's from here on
	if nothing != nil {
		return nil, nothing
	}
	r.judging.Checks = selected
	r.judging.Endpoints = conformance.NewEndpointsWithAttacker(r.attacker(), ring, r.server.Base)
	if r.judging.Endpoints.OtherBase, err = r.otherBase(); err != nil {
		return nil, err
	}
	r.webhooks = server.NewWebhooks(r.judging.Endpoints.KeyServer, r.server.Base)
	r.judging.Endpoints.API.Webhooks = r.webhooks
	r.Degrade(r.judging.Endpoints.API, r.judging.Endpoints.Artifacts)
	r.server.Serve(interception.Serve(r.names.current.Load, r.judging.Endpoints.Handler()))
	if err := r.openInterception(ctx); err != nil {
		return nil, err
	}
	if r.url == nil {
		return r, r.useBuiltIn(ctx)
	}
	return r, r.setCommand(ctx, ring)
}

// setTarget fills in what the flags say of the target and the deliveries.
func (r *run) setTarget(ctx context.Context, text string) error {
	if err := r.command.check(r.App, text); err != nil {
		return err
	}
	var err error
	r.typed = text
	if r.port, err = r.command.fillPort(ctx, r.App, &text, &r.command.waitFor, &r.effects.url, &r.effects.command); err != nil {
		return err
	}
	if err := r.setDeliveries(); err != nil {
		return err
	}
	r.WarnAboutPaths(r.App, r.judging.Target.Events)
	if r.judging.Target.Effects, err = r.effects.open(r.App, text); err != nil {
		return err
	}
	if text == "" && r.judging.Production {
		return r.BadFlag("profile", "the built-in receiver is not configured for the real service; production goes with a URL to test")
	}
	if text == "" {
		return nil
	}
	if r.url, err = target.Parse(ctx, "test", text, r.AllowRemote); err != nil {
		return err
	}
	r.judging.Target.URL = r.url.String()
	r.judging.Target.RestartLimit = r.wait
	r.ready = target.Keeps(target.Address(r.url), r.Sender.Dial)
	if r.command.waitFor != "" {
		r.ready, err = r.waitFor(ctx)
	}
	return err
}

func (r *run) setDeliveries() error {
	profile, err := r.Complete(r.App)
	if err != nil {
		return err
	}
	o := &r.judging
	o.Seed, o.Start, o.MeetingID, o.WebhookID = r.Payload.Seed, r.Payload.Start, r.Payload.MeetingID, r.Sender.WebhookID
	o.Overrides, o.Header = r.Overrides, r.Header
	o.Sender, o.Timeout, o.Profile = r.Sender, r.Sender.Timeout, profile
	o.Production = r.selection.profile == profileProduction
	if r.Schedule != nil {
		o.RetryWaits = profile.Waits
	}
	return nil
}

// otherBase checks the URL of --advertise-other. It leads to the server by
// another host name.
func (r *run) otherBase() (string, error) {
	other, err := server.BaseURL(r.App, "advertise-other", r.advertiseOther)
	if host := server.HostOf(other); err == nil && other != "" && strings.EqualFold(host, server.HostOf(r.server.Base)) {
		return "", r.BadFlag("advertise-other", "found %q, the host of the key URL, want another name of it", host)
	}
	return other, err
}

// attacker is the key that forgeries are signed with. To make one takes a tenth of
// a second. The built-in receiver knows a fresh key alone, so that a key will do
// that everybody knows.
func (r *run) attacker() *rtk.Keyring {
	if r.url == nil && r.Key == "" {
		if pem, err := fs.ReadFile(fixtures.FS(), fixtures.OtherKeyPath); err == nil {
			if key, err := rtk.ParsePrivateKey(pem); err == nil {
				return rtk.NewKeyring(key)
			}
		}
	}
	return r.NewKeyring()
}

// A run against the built-in receiver is faster. The receiver is in the same
// process as its key endpoint: where that hangs or fails, the run would wait with
// the receiver. Effects are there when it answers, and downloads follow at once.
const (
	builtInParallel = 4
	builtInFetch    = 150 * time.Millisecond // how long it waits for its key
	builtInRefetch  = 5 * time.Millisecond   // after a fetch that failed
	builtInQuiet    = 10 * time.Millisecond  // without a further effect or download
)

// useBuiltIn makes the reference receiver the target.
func (r *run) useBuiltIn(ctx context.Context) (err error) {
	r.builtIn, err = target.OpenBuiltIn(ctx, receivers.Config{
		KeyURL: r.judging.Endpoints.KeyURL(), Events: r.judging.Target.Events, FetchTime: builtInFetch, RetryEvery: builtInRefetch,
	}, r.Sender.HeaderNames)
	if err != nil {
		return err
	}
	o := &r.judging
	o.Parallel = cmp.Or(o.Parallel, builtInParallel)
	o.Target.URL = r.builtIn.URL.String()
	process := r.builtIn.Process
	o.Target.Effects = effects.CounterFunc(func(uuid string) int { return process.Receiver().Count(uuid) })
	o.Target.Restart = r.builtIn.Process
	o.Target.Embedded = true
	o.Quiet = builtInQuiet
	return nil
}
