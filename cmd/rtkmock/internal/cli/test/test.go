// Package test is "rtkmock test": it judges a receiver.
package test

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
)

type options struct {
	*app.App
	delivery.Flags
	judging        conformance.Options
	wait           time.Duration
	selection      selection
	knownFailing   string
	command        commandFlags
	intercept      interception.Flags
	effects        effectsFlags
	advertiseOther string
	reports        reports.Flags
	progress       string
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "test [URL] [flags] [-- COMMAND]",
		Short: "Judge a receiver",
		Long: `Send signed deliveries, and forged ones, to a receiver and judge how it answers them. Without a
URL the built-in reference receiver is judged.

The receiver has to verify with the key that rtkmock serves. Give the command that starts it
after "--": rtkmock starts it with the URL of the key in its environment (--key-env), restarts it
where a check needs a fresh process, and ends it with everything that it has started.

A receiver that runs already has to know that URL: --listen fixes the address, and the URL is the
first thing that is printed. A receiver that takes no URL can be given the key itself (--key).
Without --key, each run signs with a fresh key. The last few are kept in the user's cache folder,
and tried where the first delivery is refused: the receiver may still hold one of them.

Exit codes: 0 conformant, 1 not conformant, or the list of known failures is stale, 2 a mistake
in the command line, 3 inconclusive, 4 rtkmock failed, 5 no check selected, 130 interrupted.`,
		Example: `  rtkmock test
  rtkmock test http://localhost:3000/webhook -- npm start
  rtkmock test 'http://localhost:{port}/webhook' --port-env PORT -- node server.js
  rtkmock test http://localhost:3000/webhook --listen 127.0.0.1:9010
  rtkmock test http://localhost:3000/webhook --only 'sig/*,rsp/latency' --strict
  rtkmock test http://localhost:3000/webhook --report junit=rtkmock.xml --report json=rtkmock.json
  rtkmock test http://app:3000/webhook --listen 0.0.0.0:9010 --advertise http://rtkmock:9010
  rtkmock test http://localhost:3000/webhook --effects-url 'http://localhost:3000/effects?uuid={uuid}'`,
		Args: func(cmd *cobra.Command, args []string) error {
			_, err := o.command.take(cmd, args)
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := o.command.take(cmd, args)
			if err != nil {
				return err
			}
			url, err := o.command.settle(o.App, command.Arg(before, 0))
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), url)
		},
	}
	o.addFlags(cmd)
	return cmd
}

// maxParallel bounds the checks at a time.
const maxParallel = 64

func (o *options) addFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	o.addTargetFlags(cmd)
	flags.Heading(cmd, flags.HeadingEffects, "effects-url")
	o.effects.add(cmd)
	flags.Duration(fs, &o.judging.EffectsTimeout, "effects-timeout", conformance.DefaultEffectsTimeout, "how long an effect may take to show")
	fs.BoolVar(&o.judging.Idempotent, "idempotent", false, "the receiver promises one effect for a delivery that comes more than once: more are a failure, not only a warning")

	flags.Heading(cmd, flags.HeadingSent, "set")
	o.AddSent(cmd)
	flags.Count(fs, &o.judging.Parallel, "parallel", 0, 1, maxParallel, "checks at a time; default 1, and 4 for the built-in receiver")
	flags.Var(fs, &o.judging.Rate, "rate", "N", "requests a second at most", parseRate)

	flags.Heading(cmd, flags.HeadingRetry, "retry-profile")
	o.AddRetry(cmd, false)

	flags.Heading(cmd, flags.HeadingServers, "key")
	o.AddServers(cmd, "the key endpoint, the download links and the REST API")
	flags.String(fs, &o.advertiseOther, "advertise-other", "URL", "where others reach that address by another host name: no fetch of the key is to follow a redirect to there")

	flags.Heading(cmd, flags.HeadingJudged, "only")
	o.selection.add(cmd)
	flags.String(fs, &o.knownFailing, "known-failing", "FILE", "a line for each check that is known to fail: "+knownForm+"; it fails the run only when it passes, or its day is over")
	fs.BoolVar(&o.judging.Strict, "strict", false, "count warnings as failures")
	instruments := []string{conformance.InstrumentEffects, conformance.InstrumentCanaries, conformance.InstrumentKeys}
	flags.CommaList(fs, &o.judging.Require, "require", "NAME,...", "exit with 3 unless these could be watched: effects, canaries (downloads), keys (key fetches)", flags.OneOf(instruments...))
	flags.Complete(cmd, "require", flags.CompleteList(func() []string { return instruments }))
	flags.Duration(fs, &o.judging.LatencyBudget, "latency-budget", conformance.DefaultLatencyBudget, "how fast rsp/latency wants answers")

	flags.Duration(fs, &o.judging.Recovery, "recovery", conformance.DefaultRecovery, "how soon after an outage of the key endpoint key/recovers wants deliveries accepted again")
	flags.Duration(fs, &o.judging.RecoveryEnd, "recovery-end", conformance.DefaultRecoveryEnd, "how long to wait for a receiver that does not recover in that time, before it counts as never")
	flags.Duration(fs, &o.judging.RotationGrace, "rotation-grace", 0, "how long after a change of the key the receiver may take to accept it, in key/rotation; without it, the first delivery or one of its retries")

	flags.Heading(cmd, flags.HeadingOutput, "report")
	o.reports.Add(o.App, cmd, formats.All(), "also show the checks that pass, and all evidence with curl lines")
	flags.Progress(cmd, &o.progress)
	flags.First(cmd, "key-env", "key-pem-env", "port-env", "listen", "key", "restart-cmd", "effects-url", "only", "report", "verbose")
}

// addTargetFlags adds the flags that say where the target is, and how it is started.
func (o *options) addTargetFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.Heading(cmd, flags.HeadingTarget, "events")
	flags.Events(cmd, &o.judging.Target.Events)
	target.WaitFlag(fs, &o.wait)
	flags.Duration(fs, &o.judging.WarmUp, "warm-up", conformance.DefaultWarmUp, "how long the first delivery may take, for receivers that start cold")
	o.AddTarget(cmd)

	flags.Heading(cmd, flags.HeadingStart, "url")
	o.command.add(fs)
	o.intercept.Add(cmd, interception.Auto, "as root on Linux from the start, else once it has refused a delivery without fetching its key (auto), in whatever way there is (always), or not at all")
}

// maxRate is what only a slip of the finger would exceed.
const maxRate = 1e6

func parseRate(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n > 0 && n <= maxRate) {
		return 0, flags.Found(s, "requests a second, such as 10 or 0.5")
	}
	return n, nil
}

// run judges the receiver at the URL text, or the built-in one.
func (o *options) run(ctx context.Context, text string) error {
	r, err := o.prepare(ctx, text)
	if err != nil {
		return err
	}
	defer r.close()
	r.printBanner()
	if err := r.awaitTarget(ctx); err != nil {
		return r.reportNotBegun(err)
	}
	r.tryEffects(ctx)
	rep, err := r.judgeAnyWay(ctx, text)
	if err != nil {
		return exit.Usagef("test: %s", exit.Plain(err))
	}
	r.complete(rep)
	d := report.New(rep, app.ReadBuild().Version)
	ends := exit.ErrInterrupted
	if ctx.Err() == nil {
		ends = r.explainEnd(reports.Exit(d)) // above the report: its last lines are the verdict
	}
	err = r.writeReports(d)
	if err != nil && ctx.Err() != nil {
		r.Notef("%s", err) // the interruption outweighs it
		err = nil
	}
	return cmp.Or(err, ends)
}

func (r *run) printBanner() {
	banner := delivery.Banner{
		KeyURL: r.judging.Endpoints.KeyURL(), URL: r.url, BuiltIn: "give a URL to judge yours",
		Server: r.server, Seed: r.judging.Seed, WebhookID: r.judging.WebhookID, KeyEnv: r.command.keyNames(), KeyPEMEnv: r.command.keyPEMEnv,
	}
	if len(r.command.words) > 0 {
		banner.Command = r.command.words[0]
	}
	r.PrintBanner(r.App, banner)
	r.noteInterception()
}

// judgeAnyWay judges the target at the URL text with a key that it takes, and with
// interception if it needs that.
func (r *run) judgeAnyWay(ctx context.Context, text string) (*conformance.Report, error) {
	r.keys.begin(r, text)
	defer r.keys.end(r)
	rep, err := r.judge(ctx)
	if err == nil && r.refusedUnfetched(rep) {
		return r.judgeIntercepted(ctx, rep)
	}
	return rep, err
}

// judge runs the checks, and shows how they go on.
func (r *run) judge(ctx context.Context) (*conformance.Report, error) {
	show := r.NewProgress(r.progress)
	defer show.Finish()
	r.judging.Progress = (&watch{show: show, verbose: r.reports.Verbose, note: r.Notef, beside: r.judging.Parallel > 1}).update
	return conformance.Run(ctx, r.judging)
}

func (r *run) writeReports(d *report.Document) error {
	r.reports.Words = r.shownArgs()
	r.reports.Summarize(r.App, d)
	return r.reports.Write(r.App, d)
}

// reportNotBegun writes the reports of a run without a target, so that nobody
// takes those of an earlier run for them, and returns err.
func (r *run) reportNotBegun(err error) error {
	if !exit.Is(err, exit.Inconclusive) {
		return err
	}
	rep, failed := conformance.NotBegun(r.judging, err.Error())
	if failed == nil {
		rep.Interception = r.intercepted()
		failed = r.writeReports(report.New(rep, app.ReadBuild().Version))
	}
	if failed != nil {
		r.Notef("%s", failed)
	}
	return err
}
