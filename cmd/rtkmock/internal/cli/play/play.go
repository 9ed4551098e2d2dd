// Package play is "rtkmock play": it plays a scripted meeting, with its failures
// and repeats.
package play

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/reports"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/script"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/scenarios"
)

type options struct {
	*app.App
	delivery.Flags
	playing  scenarios.Options
	url      string
	wait     time.Duration
	reduce   mocksender.HealthPolicy
	record   string
	force    bool
	reports  reports.Flags
	progress string
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "play SCENARIO|FILE [URL]",
		Short: "Play a scripted meeting, with its failures and repeats",
		Long: `Play a scenario: a scripted meeting whose deliveries fail, repeat, come late and out of order
exactly as the script says, and report the result. Without a URL, here or in rtkmock.yaml, it is
played to the built-in reference receiver. "rtkmock scenarios" lists the library; a file is named by its path.

Each delivery is compared with what the script expects of it. The ledger counts how all genuine
ones ended: accepted at once or after retries, lost for good, exhausted, never tried.

While it is played, rtkmock serves the public key at the address that it prints first, so that
the receiver can verify. Meetings pass at once (--speed): give a receiver time that fetches the
key only once in a while. Retries come after a tenth of the time that the retry profile says
(--realtime); time-outs are never shortened.

Exit codes: 0 every expectation met, 1 one unmet, 2 a mistake in the command line or the
script, 3 inconclusive, 4 rtkmock failed, 5 nothing to deliver, 130 interrupted.`,
		Example: `  rtkmock play weekly-sync
  rtkmock play lost-response http://localhost:3000/webhook --listen 127.0.0.1:9010
  rtkmock play webinar http://localhost:3000/webhook --key key.pem --concurrency 64 --report json=webinar.json
  rtkmock play ./our-incident.json http://localhost:3000/webhook --speed 60 --realtime
  rtkmock play weekly-sync http://localhost:3000/webhook --fault 'respond 503, chance=0.1' --record weekly.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() >= 0 {
				return exit.Usagef(`play: unexpected "--", want a scenario, a URL and flags alone`)
			}
			return command.Args(1, 2, `no scenario, want one such as weekly-sync; "rtkmock scenarios" lists them`, "the URL")(cmd, args)
		},
		ValidArgsFunction: script.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			url, err := target.Settle(o.App, command.Arg(args, 1), o.url)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), args[0], url)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.Heading(cmd, flags.HeadingTarget, "events")
	flags.Events(cmd, &o.playing.Events)
	target.URLFlag(fs, &o.url)
	target.WaitFlag(fs, &o.wait)
	o.AddTarget(cmd)

	flags.Heading(cmd, flags.HeadingSent, "speed")
	flags.Factor(fs, &o.playing.Speed, "speed", "how fast the meetings' time passes: 1 as it was, 60 a minute a second, 0 at once")
	flags.Concurrency(fs, &o.playing.Concurrency, "deliveries at a time, where the script leaves that open; without it, 16")
	o.AddSent(cmd)
	flags.Forms(cmd, &o.Payload.Forms)

	flags.Heading(cmd, flags.HeadingRetry, "retry-profile")
	o.AddRetry(cmd, true)
	flags.Count(fs, &o.reduce.Failures, "reduce-after", 0, 1, delivery.MaxThreshold, "reduce the attempts after so many failed deliveries in a row; without it, as the script says")
	flags.Count(fs, &o.reduce.ProbeEvery, "probe-every", 0, 1, delivery.MaxThreshold, "while attempts are reduced, try one of so many deliveries, once; without it, as the script says")

	flags.Heading(cmd, flags.HeadingServers, "key")
	o.AddServers(cmd, "the key endpoint, the download links and the REST API")

	flags.Heading(cmd, flags.HeadingOutput, "record")
	flags.File(cmd, &o.record, "record", "FILE", "write every attempt to this file, one a line, for \"rtkmock replay\"; until the end it is called FILE.partial", "jsonl")
	fs.BoolVar(&o.force, "force", false, "replace the file of --record")
	o.reports.Add(o.App, cmd, formats.ForPlays(), "also show the steps that were met, and all evidence with curl lines")
	flags.Progress(cmd, &o.progress)
	flags.First(cmd, "listen", "key", "events", "speed", "realtime", "fault", "seed", "record", "report", "verbose")
}

// run plays the scenario arg to the receiver at the URL text, or to the built-in
// one.
func (o *options) run(ctx context.Context, arg, text string) error {
	p, err := o.prepare(ctx, arg, text)
	if err != nil {
		return err
	}
	defer p.close(ctx)
	o.PrintBanner(o.App, delivery.Banner{
		KeyURL: p.server.KeyURL(), URL: p.url, BuiltIn: "give a URL to play to yours",
		Server: p.server.Server, Seed: p.Payload.Seed, WebhookID: p.Sender.WebhookID,
	})
	rep, err := p.play(ctx)
	if rep == nil {
		return err
	}
	d := report.NewPlay(rep, app.ReadBuild().Version)
	if written := p.reports.Write(p.App, d); written != nil {
		return written
	}
	return exitOf(ctx, d, err)
}
