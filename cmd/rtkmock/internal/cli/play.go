package cli

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/conformance/report/formats"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Highest values of flags that only a slip of the finger would exceed.
const (
	highestSpeed       = 1e6
	highestConcurrency = 4096
	highestThreshold   = 1e6
)

type playFlags struct {
	deliveryFlags
	events      []rtk.EventType
	wait        time.Duration
	forms       []payload.Form
	speed       float64
	concurrency int
	reduceAfter int
	probeEvery  int
	record      string
	force       bool
	outputs     outputFlags
	progress    string
}

func playCommand(a *app) *cobra.Command {
	var f playFlags
	cmd := &cobra.Command{
		Use:   "play SCENARIO|FILE [URL]",
		Short: "Play a scripted meeting, with its failures and repeats",
		Long: `Play a scenario: a scripted meeting whose deliveries fail, repeat, come late and out of order
exactly as the script says, and tell what that did. Without a URL it is played to the built-in
reference receiver. "rtkmock scenarios" lists the library; a file is named by its path.

Each delivery is held against what the script expects of it. The ledger says what became of
all genuine ones: accepted at once or after retries, lost for good, exhausted, never tried.

While it is played, rtkmock serves the public key at the address that it prints first, so that
the receiver can verify. Meetings pass at once (--speed), which a receiver that fetches the
key only once in a while has to be given time for, and retries come after a tenth of the time
that the retry profile says (--realtime); time-outs are never shortened.

Exit codes: 0 every expectation met, 1 one unmet, 2 a mistake in the command line or the
script, 3 inconclusive, 4 rtkmock failed, 5 nothing to deliver, 130 interrupted.`,
		Example: `  rtkmock play weekly-sync
  rtkmock play lost-response http://localhost:3000/webhook --listen 127.0.0.1:9010
  rtkmock play webinar http://localhost:3000/webhook --key key.pem --concurrency 64 --report json=webinar.json
  rtkmock play ./our-incident.json http://localhost:3000/webhook --speed 60 --realtime
  rtkmock play weekly-sync http://localhost:3000/webhook --fault 'respond 503, chance=0.1' --record weekly.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() >= 0 {
				return usagef(`play: unexpected "--", want a scenario, a URL and flags alone`)
			}
			if len(args) == 0 {
				return usagef(`play: found no scenario, want one such as weekly-sync; "rtkmock scenarios" lists them`)
			}
			return noMore(2, "the URL")(cmd, args)
		},
		ValidArgsFunction: completeScripts(true),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.play(args[0], argument(args, 1), &f)
		},
	}
	f.add(cmd)
	return cmd
}

// argument is the argument at index i, or "".
func argument(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

func (f *playFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	heading(cmd, headingTarget, "events")
	eventsFlag(cmd, &f.events)
	waitFlag(fs, &f.wait)
	f.addTarget(cmd)

	heading(cmd, headingSent, "speed")
	speedFlag(fs, &f.speed, "speed", "how fast the meetings' time passes: 1 as it was, 60 a minute a second, 0 at once")
	countFlag(fs, &f.concurrency, "concurrency", 0, 1, highestConcurrency, "deliveries at a time, where the script leaves that open; without it, 16")
	f.addSent(cmd)
	formFlag(cmd, &f.forms)

	heading(cmd, headingRetry, "retry-profile")
	f.retry.add(cmd, true)
	countFlag(fs, &f.reduceAfter, "reduce-after", 0, 1, highestThreshold, "reduce the attempts after so many failed deliveries in a row; without it, as the script says")
	countFlag(fs, &f.probeEvery, "probe-every", 0, 1, highestThreshold, "while attempts are reduced, try one of so many deliveries, once; without it, as the script says")

	heading(cmd, headingOwn, "key")
	f.addOwn(cmd, "the key endpoint and the download links")

	heading(cmd, headingOutput, "record")
	stringFlag(fs, &f.record, "record", "FILE", "write every attempt to this file, one a line, for \"rtkmock replay\"; until the end it is called FILE.partial")
	fs.BoolVar(&f.force, "force", false, "replace the file of --record")
	complete(cmd, "record", cobra.FixedCompletions([]cobra.Completion{"jsonl"}, cobra.ShellCompDirectiveFilterFileExt))
	f.outputs.add(cmd, formats.ForPlays(), "tell of steps that were met, too, and show all evidence")
	progressFlag(cmd, &f.progress)
}

// speedFlag takes a factor of time.
func speedFlag(fs *pflag.FlagSet, dst *float64, name, usage string) {
	parse := func(s string) (float64, error) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= 0 && n <= highestSpeed) {
			return 0, found(s, "a factor such as 1 or 60, or 0")
		}
		return n, nil
	}
	show := func(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }
	fs.Var(&value[float64]{dst, "N", parse, show}, name, usage)
}

// play plays the scenario arg to the receiver at the URL text, or to the
// built-in one.
func (a *app) play(arg, text string, f *playFlags) error {
	p, err := a.preparePlay(arg, text, f)
	if err != nil {
		return err
	}
	defer p.close()
	a.introduce(introduction{
		keyURL: p.station.keyURL(), url: p.url, builtIn: "give a URL to play to yours",
		face: p.station.face, flags: &f.deliveryFlags, seed: p.options.Payload.Seed, webhookID: p.options.Sender.WebhookID,
	})
	rep, err := a.perform(p)
	if rep == nil {
		return err
	}
	if written := a.writePlay(rep, f); written != nil {
		return written
	}
	return a.playExit(rep, err)
}
