// Package serve is "rtkmock serve": it stands in for the service.
package serve

import (
	"crypto/tls"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/interception"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

type options struct {
	*app.App
	delivery.Flags // those that say how deliveries are made
	fault          wellknown.Fault
	service        service.Options
	controlListen  string
	timeScale      float64
	reduce         mocksender.HealthPolicy
	keep           int
	artifactTTL    time.Duration
	state          string
	preload        string
	tls            bool
	tlsCert        string
	tlsKey         string
	logFormat      string
	words          []string // COMMAND and its arguments; empty: serve until interrupted
	keyEnv         []string
	intercept      interception.Flags
	readyFile      server.ReadyFile
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "serve [flags] [-- COMMAND]",
		Short: "Stand in for the service: key, REST API, deliveries",
		Long: `Stand in for RealtimeKit until interrupted. Your application makes meetings and registers its
webhooks under /client/v4/accounts/ACCOUNT/realtime/kit/APP as in production, and gets the events
that it subscribed to, signed and retried; the key to verify with is at
/.well-known/webhooks.json. Any bearer token will do, unless --token asks for one.

The control API under /_rtkmock/ says what happens in the meetings: it lets people join and
leave, emits events, plays scenarios and shows deliveries. /_rtkmock/openapi.json describes it,
and "rtkmock meeting" drives it from a shell.

With a COMMAND after "--", such as the tests of your application, it serves until that ends, and
exits with its code. The command finds api.realtime.cloudflare.com, api.cloudflare.com and other
host names of the real service here (--intercept), and these URLs in its environment: the key's
in REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL (--key-env), the others in RTKMOCK_API_URL and
RTKMOCK_CONTROL_URL.

Each request and each delivery is noted on standard error. Ending it with Ctrl-C or SIGTERM is
no failure: the exit code is 0.`,
		Example: `  # a stable key at a fixed address
  rtkmock key new --out key.pem
  rtkmock serve --key key.pem --listen 127.0.0.1:9010

  # apps, presets and meetings that are there from the start
  rtkmock serve --preload state.json --listen 127.0.0.1:9010

  # an event, to whoever has subscribed to it
  curl http://127.0.0.1:9010/_rtkmock/emit --json '{"event": "meeting.started"}'

  # in a script: any free port, written to a file
  rtkmock serve --key key.pem --ready-file ready.json &

  # around tests that have the addresses of the service in their source
  rtkmock serve -- npm test

  # webhooks, deliveries and pending retries outlive the process
  rtkmock serve --state ./rtkmock-state --listen 127.0.0.1:9010

  # a key endpoint that fails
  rtkmock serve --key-fault status-500`,
		Args: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				o.words, args = args[dash:], args[:dash]
				if len(o.words) == 0 {
					return exit.Usagef(`serve: found no command after "--", want one such as npm test`)
				}
			}
			return command.Args(0, 0, "", `"serve"; a command to start goes after "--"`)(cmd, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.Heading(cmd, flags.HeadingServers, "key")
	o.AddServers(cmd, "everything that it serves")
	keyFaultFlag(cmd, &o.fault)
	flags.Duration(fs, &o.artifactTTL, "artifact-ttl", 0, "how long after its first visit a download link works; without it, as long as its payload says")
	flags.Seed(fs, &o.Payload.Seed, "fixes all names and ids; without it, a random one")
	flags.String(fs, &o.state, "state", "DIR", "keep key, meetings, webhooks and deliveries in this folder, and go on with them after the next start")
	fs.BoolVar(&o.tls, "tls", false, `speak https, with a certificate of a local authority, which "rtkmock key ca" prints`)
	flags.File(cmd, &o.tlsCert, "tls-cert", "FILE", "speak https with this certificate, or chain of them, in PEM", "pem", "crt", "key")
	flags.File(cmd, &o.tlsKey, "tls-key", "FILE", "the private key of --tls-cert, in PEM", "pem", "crt", "key")
	flags.Choice(cmd, &o.logFormat, "log-format", logText, []string{logText, logJSON}, "form of the lines on standard error about requests and deliveries")
	o.readyFile.Add(cmd)
	flags.Output(cmd, &o.Form, "form of the line with the address")

	flags.Heading(cmd, "A command, as -- COMMAND", "key-env")
	flags.CommaList(fs, &o.keyEnv, "key-env", "NAME", "variable in which COMMAND finds the URL of the key; repeatable; without it, "+target.KeyVariable, target.ParseVariable)
	o.intercept.Add(cmd, interception.Auto, "if there is a COMMAND (auto), for other terminals as well (always), or not at all")

	flags.Heading(cmd, "The REST API", "token")
	flags.Var(fs, &o.service.Token, "token", "TOKEN", "the bearer token to ask for; without it, any will do", flags.HeaderValue)
	fs.BoolVar(&o.service.ConflictOnURL, "url-conflict", false, "answer 409 where an app registers a URL twice")
	fs.BoolVar(&o.service.NoneIs404, "none-is-404", false, "answer 404, not an empty list, where an app has no webhooks")

	flags.File(cmd, &o.preload, "preload", "FILE", "begin with the apps, presets, meetings and webhooks in this file, or with a snapshot; a --state that holds any goes on with those", "json")
	o.service.Processing = platform.DefaultProcessing
	flags.Var(fs, &o.service.Processing, "processing-time", "DURATION", "how long uploads, chats, transcripts and summaries take", processingTime)
	fs.BoolVar(&o.service.StrictPresets, "strict-presets", false, "refuse participants whose preset nobody has made; without it, an unknown name makes one")
	fs.BoolVar(&o.service.FilterSessions, "filter-sessions", false, "let ?meeting_id= filter sessions, which the real service does not do in practice")
	flags.List(fs, &o.service.AllowHosts, "allow-host", "NAME", "answer requests to this host name, too; repeatable", hostName)

	flags.Heading(cmd, "The control API", "control-listen")
	flags.String(fs, &o.controlListen, "control-listen", "ADDR", "serve the control API there alone, apart from the rest")
	flags.Var(fs, &o.service.ControlToken, "control-token", "TOKEN", "the bearer token that the control API asks for", flags.HeaderValue)

	flags.Heading(cmd, "Deliveries", "header")
	o.AddTarget(cmd)
	flags.Count(fs, &o.service.Queue, "queue", dispatch.DefaultQueue, 1, dispatch.DefaultMaxPending, "deliveries that may be pending for one webhook; any more are dropped, and reported as such")
	flags.Count(fs, &o.keep, "keep", store.DefaultKeep, 1, 1_000_000, "deliveries that are remembered once they are over")

	flags.Heading(cmd, flags.HeadingRetry, "retry-profile")
	o.AddRetry(cmd, false)
	o.timeScale = 1
	flags.Factor(fs, &o.timeScale, "time-scale", "how much of the waits between attempts is waited: 1 all of it, 0.1 a tenth, 0 nothing")
	flags.Count(fs, &o.reduce.Failures, "reduce-after", 0, 1, delivery.MaxThreshold, "reduce the attempts at a webhook after so many failed deliveries in a row; without it, never")
	flags.Count(fs, &o.reduce.ProbeEvery, "probe-every", 0, 1, delivery.MaxThreshold, "while attempts are reduced, try one of so many deliveries, once")
	flags.First(cmd, "listen", "key", "ready-file", "state", "preload", "key-fault", "key-env", "intercept", "fault", "log-format")
}

// processingTime is a duration that may be 0.
func processingTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > 24*time.Hour {
		return 0, flags.Found(s, "a duration from 0 to 24h, such as 500ms")
	}
	return d, nil
}

// hostName is a host as requests name it, without a port.
func hostName(s string) (string, error) {
	name := strings.TrimSuffix(strings.ToLower(s), ".")
	if u, err := url.Parse("http://" + name + "/"); err != nil || u.Hostname() != name || u.Port() != "" || name == "" {
		return "", flags.Found(s, "a host name without a port, such as rtkmock.example.com")
	}
	return name, nil
}

// keyFaultFlag adds --key-fault.
func keyFaultFlag(cmd *cobra.Command, dst *wellknown.Fault) {
	var names []string
	var completions []cobra.Completion
	for _, f := range wellknown.Faults() {
		name, completed := f.String(), f.String()
		if f == wellknown.RedirectCrossHost {
			name, completed = wellknown.RedirectTo("URL").String(), completed+"="
		}
		names = append(names, name)
		completions = append(completions, cobra.CompletionWithDesc(completed, f.Doc()))
	}
	parse := func(s string) (wellknown.Fault, error) {
		f, err := wellknown.ParseFault(s)
		hint := wording.DidYouMean(s, names)
		switch {
		case err == nil:
			return f, nil
		case wellknown.Fault(s).Kind() == wellknown.RedirectCrossHost:
			return "", flags.Found(s, "the URL to redirect to with it, such as %s", wellknown.RedirectTo("http://localhost:9011/"))
		case hint == "":
			hint = ": " + wording.OrList(names)
		}
		return "", flags.Found(s, "a fault%s", hint)
	}
	flags.Var(cmd.Flags(), dst, "key-fault", "NAME", "answer badly: "+wording.OrList(names), parse)
	flags.Complete(cmd, "key-fault", cobra.FixedCompletions(completions, cobra.ShellCompDirectiveNoFileComp))
}

// certificate returns what the --tls flags ask for, nil for no TLS. hosts are the
// names that a certificate of the local authority is good for.
func (o *options) certificate(hosts []string) (*tls.Certificate, error) {
	switch {
	case o.tlsCert == "" && o.tlsKey == "" && !o.tls:
		return nil, nil
	case o.tlsCert == "" && o.tlsKey != "":
		return nil, o.BadFlag("tls-key", "it goes with --tls-cert")
	case o.tlsCert != "" && o.tlsKey == "":
		return nil, o.BadFlag("tls-cert", "it goes with --tls-key")
	case o.tlsCert != "" && o.tls:
		return nil, o.BadFlag("tls", "it makes a certificate, and --tls-cert gives one; want one of them")
	case o.tlsCert != "":
		return o.ownCertificate()
	}
	ca, err := server.LocalCA(o.App, "tls", o.state)
	if err != nil {
		return nil, err
	}
	cert, err := ca.Issue(time.Now(), hosts...)
	if err != nil {
		return nil, err
	}
	o.Notef("https, signed by %s", ca.Path)
	o.Notef("         %s", server.TrustHint(ca.Path))
	return &cert, nil
}

func (o *options) ownCertificate() (*tls.Certificate, error) {
	cert, err := o.ReadFile("tls-cert", o.tlsCert, app.MaxKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := o.ReadFile("tls-key", o.tlsKey, app.MaxKeyFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, o.BadFlag("tls-cert", "%s with %s: %s", o.tlsCert, o.tlsKey, exit.Plain(err))
	}
	return &pair, nil
}
