package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Defaults of the test verb that are not the engine's.
const (
	defaultWait      = 30 * time.Second // --wait-for-target
	builtInParallel  = 4                // checks at a time against the built-in receiver
	highestParallel  = 64
	highestRateLimit = 1e6 // requests a second
)

type testFlags struct {
	deliveryFlags
	events         []rtk.EventType
	wait           time.Duration
	warmUp         time.Duration
	selection      selection
	known          string
	strict         bool
	parallel       int
	rate           float64
	command        commandFlags
	effects        effectsFlags
	idempotent     bool
	artifactsDelay time.Duration
	advertiseOther string
	require        []string
	latencyBudget  time.Duration
	recovery       time.Duration
	recoveryEnd    time.Duration
	rotationGrace  time.Duration
	outputs        outputFlags
	progress       string
}

func testCommand(a *app) *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [URL] [flags] [-- COMMAND]",
		Short: "Judge a receiver",
		Long: `Send signed deliveries, and forged ones, at a receiver and judge what it makes of them.
Without a URL the built-in reference receiver is judged.

The receiver has to verify with the key that rtkmock serves. Give the command that starts it
after "--": it is started with the URL of the key in its environment (--key-env), restarted where
a check needs a fresh process, and ended with all that it has started.

A receiver that runs already has to know that URL: --listen fixes the address, and the URL is the
first thing that is printed. One that cannot be told a URL can be given the key itself (--key).

Exit codes: 0 conformant, 1 not conformant, or the list of known shortfalls is stale, 2 a mistake
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
			_, err := f.command.takeCommand(cmd, args)
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := f.command.takeCommand(cmd, args)
			if err != nil {
				return err
			}
			return a.test(argument(before, 0), &f)
		},
	}
	f.add(cmd)
	return cmd
}

func (f *testFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	heading(cmd, headingTarget, "events")
	eventsFlag(cmd, &f.events)
	waitFlag(fs, &f.wait)
	durationFlag(fs, &f.warmUp, "warm-up", conformance.DefaultWarmUp, "how long the first delivery may take, for receivers that start cold")
	f.addTarget(cmd)

	heading(cmd, headingStart, "key-env")
	f.command.add(fs)

	heading(cmd, headingEffects, "effects-url")
	f.effects.add(cmd)
	fs.BoolVar(&f.idempotent, "idempotent", false, "the receiver promises one effect for a delivery that comes more than once: more are a failure, and no mere warning")

	heading(cmd, headingSent, "set")
	f.addSent(cmd)
	countFlag(fs, &f.parallel, "parallel", 0, 1, highestParallel, "checks at a time; default 1, and 4 for the built-in receiver")
	rateFlag(cmd, &f.rate)

	heading(cmd, headingRetry, "retry-profile")
	f.retry.add(cmd, false)

	heading(cmd, headingOwn, "key")
	f.addOwn(cmd, "the key endpoint and the download links")
	stringFlag(fs, &f.advertiseOther, "advertise-other", "URL", "where others reach that address by another host name: no fetch of the key is to follow a redirect to there")
	durationFlag(fs, &f.artifactsDelay, "artifacts-delay", 0, "how late downloads are answered; without it, at once")

	heading(cmd, headingJudged, "only")
	f.selection.add(cmd)
	stringFlag(fs, &f.known, "known-failing", "FILE", "a line for each check that is known to fall short: "+knownForm+"; it fails the run only when it passes, or its day is over")
	fs.BoolVar(&f.strict, "strict", false, "count warnings as failures")
	fs.Var(&list[string]{dst: &f.require, kind: "NAME,...", commas: true, parse: parseChoice(instruments()...)}, "require", "exit with 3 unless these could be watched: effects, canaries (downloads), keys (key fetches)")
	complete(cmd, "require", completeList(instruments))
	durationFlag(fs, &f.latencyBudget, "latency-budget", conformance.DefaultLatencyBudget, "how fast rsp/latency wants answers")

	durationFlag(fs, &f.recovery, "recovery", conformance.DefaultRecovery, "how soon after an outage of the key endpoint key/recovers wants deliveries accepted again")
	durationFlag(fs, &f.recoveryEnd, "recovery-end", conformance.DefaultRecoveryEnd, "how long to wait for a receiver that does not recover in that time, before it counts as never")
	durationFlag(fs, &f.rotationGrace, "rotation-grace", 0, "how long after a change of the key key/rotation may wait for it to be taken; without it, the first delivery or one of its retries")

	heading(cmd, headingOutput, "report")
	f.outputs.add(cmd, formats.All(), "tell of checks that hold, too, and show all evidence")
	progressFlag(cmd, &f.progress)
}

// eventsFlag takes the events of a subscription.
func eventsFlag(cmd *cobra.Command, dst *[]rtk.EventType) {
	cmd.Flags().Var(&list[rtk.EventType]{dst: dst, kind: "EVENT,...", commas: true, parse: parseEvent}, "events", "events that the receiver is subscribed to; without it, all nine")
	complete(cmd, "events", completeList(eventNames))
}

func waitFlag(fs *pflag.FlagSet, dst *time.Duration) {
	durationFlag(fs, dst, "wait-for-target", defaultWait, "how long to wait until the target accepts connections")
}

// rateFlag takes requests a second.
func rateFlag(cmd *cobra.Command, dst *float64) {
	parse := func(s string) (float64, error) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n > 0 && n <= highestRateLimit) {
			return 0, found(s, "requests a second, such as 10 or 0.5")
		}
		return n, nil
	}
	show := func(n float64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	cmd.Flags().Var(&value[float64]{dst, "N", parse, show}, "rate", "requests a second at most")
}

// test judges the receiver at the URL text, or the built-in one.
func (a *app) test(text string, f *testFlags) error {
	p, err := a.prepareTest(text, f)
	if err != nil {
		return err
	}
	defer p.close()
	a.introduce(introduction{
		keyURL: p.options.Endpoints.KeyURL(), url: p.url, builtIn: "give a URL to judge yours", command: &f.command,
		face: p.face, flags: &f.deliveryFlags, seed: p.options.Seed, webhookID: p.options.WebhookID,
	})
	if err := a.readyTarget(p); err != nil {
		return a.reportNotBegun(p, f, err)
	}
	show := a.newProgress(f.progress, f.outputs.verbose)
	p.options.Progress = show.step
	rep, err := conformance.Run(a.ctx, p.options)
	show.finish()
	if err != nil {
		return usagef("test: %s", plain(err))
	}
	p.account(rep)
	doc, err := a.writeReports(rep, f)
	if err != nil {
		if !a.interrupted() {
			return err
		}
		a.logf("rtkmock: %s", oneLine(err.Error())) // the interruption outweighs it
	}
	return a.tellOfProgram(p, a.testExit(doc))
}

// reportNotBegun writes the reports of a run whose target was not there, so that
// none of an earlier run is taken for them, and returns err.
func (a *app) reportNotBegun(p *prepared, f *testFlags, err error) error {
	if ended := new(exitError); !errors.As(err, &ended) || ended.code != ExitInconclusive {
		return err
	}
	rep, failed := conformance.NotBegun(p.options, oneLine(err.Error()))
	if failed == nil {
		_, failed = a.writeReports(rep, f)
	}
	if failed != nil {
		a.logf("rtkmock: %s", oneLine(failed.Error()))
	}
	return err
}

// testExit is the exit code of a run.
func (a *app) testExit(d *report.Document) error {
	if a.interrupted() {
		return errInterrupted()
	}
	switch d.Outcome {
	case conformance.Conformant:
		return nil
	case conformance.Nonconformant:
		return exit(ExitNonconformant)
	case conformance.Undecided:
		return exit(ExitInconclusive)
	default:
		for _, c := range d.Checks {
			if c.Status == conformance.Error {
				return &exitError{ExitHarness, fmt.Errorf("%s: %s", c.ID, c.Reason)}
			}
		}
		return exit(ExitHarness)
	}
}

// warnAboutPaths points at paths of --set that no event has: the members are
// added, which may be what is wanted.
func (a *app) warnAboutPaths(changes []conformance.Change, events []rtk.EventType) {
	if len(changes) == 0 {
		return
	}
	var paths []string
	for _, t := range events {
		paths = append(paths, samplePaths(t)...)
	}
	for _, c := range changes {
		if !slices.Contains(paths, c.Path) {
			a.logf("rtkmock: warning: %s: no event has %s%s", a.origin("set"), c.Path, didYouMean(c.Path, paths))
		}
	}
}
