package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	deliveryFlags // those that say how deliveries are made
	fault         wellknown.Fault
	token         string
	conflict      bool
	noneIs404     bool
	controlListen string
	controlToken  string
	timeScale     float64
	reduceAfter   int
	probeEvery    int
	queue         int
	keep          int
	artifactTTL   time.Duration
	state         string
	tls           tlsFlags
	logFormat     string
	readyFile     string
	output        string
}

func serveCommand(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Stand in for the service: key, webhooks API, deliveries",
		Long: `Stand in for RealtimeKit until interrupted. Your application registers its webhooks under
/client/v4/accounts/ACCOUNT/realtime/kit/APP/webhooks as in production, and gets the events that
it subscribed to, signed and retried; the key to verify with is at /.well-known/webhooks.json.
Any bearer token will do, unless --token asks for one.

What happens in the meetings is said by the control API under /_rtkmock/: events are emitted,
scenarios played, deliveries looked at. /_rtkmock/openapi.json describes it.

Each request and each delivery is noted on standard error. Ending it with Ctrl-C or SIGTERM is
no failure: the exit code is 0.`,
		Example: `  # a stable key at a fixed address
  rtkmock key new --out key.pem
  rtkmock serve --key key.pem --listen 127.0.0.1:9010

  # an event, to whoever has subscribed to it
  curl http://127.0.0.1:9010/_rtkmock/emit --json '{"event": "meeting.started"}'

  # in a script: any free port, told in a file
  rtkmock serve --key key.pem --ready-file ready.json &

  # webhooks, deliveries and what waits for a retry outlive the process
  rtkmock serve --state ./rtkmock-state --listen 127.0.0.1:9010

  # a key endpoint that fails
  rtkmock serve --key-fault status-500`,
		Args:              noMore(0, `"serve"`),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return a.serve(&f) },
	}
	f.add(cmd)
	return cmd
}

func (f *serveFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	heading(cmd, headingOwn, "key")
	f.addOwn(cmd, "everything that it serves")
	keyFaultFlag(cmd, &f.fault)
	durationFlag(fs, &f.artifactTTL, "artifact-ttl", 0, "how long after its first visit a download link works; without it, as long as its payload says")
	seedFlag(fs, &f.seed, "fixes all names and ids; without it, a random one")
	stringFlag(fs, &f.state, "state", "DIR", "keep key, webhooks and deliveries in this folder, and go on with them after the next start")
	f.tls.add(cmd, fs)
	choiceFlag(cmd, &f.logFormat, "log-format", logText, []string{logText, logJSON}, "form of the lines on standard error that tell of requests and deliveries")
	readyFlag(cmd, &f.readyFile)
	choiceFlag(cmd, &f.output, "output", outputText, []string{outputText, outputJSON}, "form of the line that tells the address")

	heading(cmd, "The webhooks API", "token")
	fs.Var(&value[string]{&f.token, "TOKEN", parseHeaderValue, showSecret}, "token", "the bearer token to ask for; without it, any will do")
	fs.BoolVar(&f.conflict, "url-conflict", false, "answer 409 where an app registers a URL twice")
	fs.BoolVar(&f.noneIs404, "none-is-404", false, "answer 404, not an empty list, where an app has no webhooks")

	heading(cmd, "The control API", "control-listen")
	stringFlag(fs, &f.controlListen, "control-listen", "ADDR", "serve the control API there alone, apart from the rest")
	fs.Var(&value[string]{&f.controlToken, "TOKEN", parseHeaderValue, showSecret}, "control-token", "the bearer token that the control API asks for")

	heading(cmd, "Deliveries", "header")
	f.addTarget(cmd)
	countFlag(fs, &f.queue, "queue", dispatch.DefaultQueue, 1, dispatch.DefaultMaxPending, "deliveries that may be pending for one webhook; what comes on top is dropped, and said to be")
	countFlag(fs, &f.keep, "keep", store.DefaultKeep, 1, 1_000_000, "deliveries that are remembered once they are over")

	heading(cmd, headingRetry, "retry-profile")
	f.retry.add(cmd, false)
	f.timeScale = 1
	speedFlag(fs, &f.timeScale, "time-scale", "how much of the waits between attempts is waited: 1 all of it, 0.1 a tenth, 0 nothing")
	countFlag(fs, &f.reduceAfter, "reduce-after", 0, 1, highestThreshold, "reduce the attempts at a webhook after so many failed deliveries in a row; without it, never")
	countFlag(fs, &f.probeEvery, "probe-every", 0, 1, highestThreshold, "while attempts are reduced, try one of so many deliveries, once")
}

// showSecret keeps a token out of help texts.
func showSecret(string) string { return "" }

func keyFaultFlag(cmd *cobra.Command, dst *wellknown.Fault) {
	var names []string
	var completions []cobra.Completion
	for _, f := range wellknown.Faults() {
		if f == wellknown.RedirectCrossHost {
			f = wellknown.RedirectTo("URL")
		}
		names = append(names, f.String())
	}
	parse := func(s string) (wellknown.Fault, error) {
		f, err := wellknown.ParseFault(s)
		if err == nil {
			return f, nil
		}
		if wellknown.Fault(s).Kind() == wellknown.RedirectCrossHost {
			return "", found(s, "the URL to redirect to with it, such as %s", wellknown.RedirectTo("http://localhost:9011/"))
		}
		if hint := didYouMean(s, names); hint != "" {
			return "", found(s, "a fault%s", hint)
		}
		return "", &problem{plain(err)}
	}
	show := func(f wellknown.Fault) string {
		if f == wellknown.None {
			return ""
		}
		return f.String()
	}
	cmd.Flags().Var(&value[wellknown.Fault]{dst, "NAME", parse, show}, "key-fault", "answer badly: "+orList(names))
	complete(cmd, "key-fault", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		for _, f := range wellknown.Faults() {
			name, doc := f.String(), f.Doc()
			if f == wellknown.RedirectCrossHost {
				name += "="
			}
			completions = append(completions, cobra.CompletionWithDesc(name, doc))
		}
		return completions, cobra.ShellCompDirectiveNoFileComp
	})
}
