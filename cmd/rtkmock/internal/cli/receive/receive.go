// Package receive is "rtkmock receive": it runs a receiver, a good one or one
// with a flaw.
package receive

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

type options struct {
	*app.App
	server    server.Flags
	config    receivers.Config
	key       string
	signs     bool // the key is a private one, so that a run can sign with it
	flaw      string
	effects   string
	readyFile server.ReadyFile
	verbose   bool
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a, effects: "/effects"}
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "Run a receiver, a good one or one with a flaw",
		Long: `Run the reference receiver until interrupted and print each delivery: the event, its uuid,
whether it verified, and what was answered. It takes deliveries under any path. GET of
/effects?uuid=UUID answers how often a delivery had an effect.

It verifies with the key document at --key-url, or with the key in the file --key. Without
them it asks the address in ` + target.KeyVariable + `, which "test" sets for a
command, or else http://127.0.0.1:9010, and prints the command that judges it there. --flaw
gives it one of the bugs that public receivers have. Ending it with Ctrl-C or SIGTERM is no
failure: the exit code is 0.`,
		Example: `  # prints what to type in a second terminal
  rtkmock receive --flaw reserialises --listen 127.0.0.1:3000

  # started, judged and ended in one
  rtkmock test 'http://localhost:{port}/webhook' -- rtkmock receive --listen '127.0.0.1:{port}' --flaw reserialises

  rtkmock receive --key key.pem --listen 127.0.0.1:3000 --output json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.flaw == listFlaws {
				return o.listFlaws()
			}
			return o.run(cmd.Context())
		},
	}
	fs := cmd.Flags()
	flags.String(fs, &o.config.KeyURL, "key-url", "URL", "where to fetch the key document from; without it and --key, "+target.KeyVariable+", or "+defaultKeyURL)
	flags.String(fs, &o.key, "key", "FILE", "verify with the key in this file, a private or a public one")
	o.server.Add(fs, "the receiver")
	flags.String(fs, &o.flaw, "flaw", "NAME", "be wrong in one way; list prints the names")
	flags.Complete(cmd, "flaw", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		out := []cobra.Completion{cobra.CompletionWithDesc(listFlaws, "print the names of all")}
		for _, flaw := range receivers.All() {
			out = append(out, cobra.CompletionWithDesc(flaw.Name, flaw.Doc))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
	flags.String(fs, &o.effects, "effects", "PATH", "where the count of effects is served")
	o.readyFile.Add(cmd)
	flags.Output(cmd, &o.Form, "form of what is printed of deliveries, one line each")
	fs.BoolVarP(&o.verbose, "verbose", "v", false, "print bodies, key fetches and downloads, too")
	return cmd
}

func (o *options) run(ctx context.Context) error {
	if err := o.setKey(); err != nil {
		return err
	}
	o.config.OnDelivery, o.config.Log = o.printDelivery, o.log
	o.config.Client = http.DefaultClient // it heeds a proxy of the environment, as interception sets one
	if !strings.HasPrefix(o.effects, "/") {
		return o.BadFlag("effects", "%w", flags.Found(o.effects, "a path such as /effects"))
	}
	flaw, err := o.findFlaw()
	if err != nil {
		return err
	}
	if flaw.Setup.PublicKey && o.config.PublicKey == nil {
		return o.BadFlag("flaw", "%s holds its key from the start, want --key FILE", flaw.Name)
	}
	receiver := receivers.Reference(o.config)
	if flaw.Name != "" {
		receiver = flaw.New(o.config)
	}
	defer receiver.Close()
	srv, err := server.Open(ctx, o.App, o.server)
	if err != nil {
		return err
	}
	defer srv.Close()
	srv.Listener = receiver.Listener(srv.Listener)
	srv.Serve(o.handler(receiver))

	return o.serve(ctx, srv.Base, flaw)
}

// serve prints the addresses and waits for the end.
func (o *options) serve(ctx context.Context, base string, flaw receivers.Spec) error {
	ready := server.Ready{
		KeyURL:     o.config.KeyURL,
		URL:        base + cmp.Or(flaw.Setup.Path, target.WebhookPath),
		EffectsURL: base + o.effects + "?uuid={uuid}",
		PID:        os.Getpid(),
	}
	// In JSON, each line of standard output is a delivery.
	if o.Form == terminal.FormJSON {
		o.Notef("receiver: %s", ready.URL)
	} else {
		o.Printf("receiver: %s\n", ready.URL)
	}
	if err := o.readyFile.Write(o.App, ready); err != nil {
		return err
	}
	defer o.readyFile.Remove()
	o.Notef("effects:  %s", ready.EffectsURL)
	o.explain(flaw, ready.URL)
	o.server.Hint(o.App)
	<-ctx.Done()
	return nil
}

// defaultKeyURL is where the examples have "test" and "serve" listen.
const defaultKeyURL = "http://127.0.0.1:9010" + rtk.KeyDocumentPath

// setKey says where the receiver has its key from.
func (o *options) setKey() error {
	if o.config.KeyURL == "" && o.key == "" {
		if o.config.KeyURL = o.Env[target.KeyVariable]; o.config.KeyURL != "" {
			o.Origins["key-url"] = target.KeyVariable
		} else {
			o.config.KeyURL = defaultKeyURL
		}
	}
	keyURL := o.config.KeyURL
	switch {
	case keyURL != "" && o.key != "":
		return exit.Usagef("receive: found both --key-url and --key, want one of them")
	case keyURL != "":
		if u, err := url.Parse(keyURL); !target.IsHTTP(u, err) {
			return o.BadFlag("key-url", "found %q, want one such as http://127.0.0.1:9010%s", redact.Typed(keyURL), rtk.KeyDocumentPath)
		}
		return nil
	}
	data, err := o.ReadFile("key", o.key, app.MaxKeyFile)
	if err != nil {
		return err
	}
	if o.config.PublicKey, err = rtk.ParsePublicKey(data); err == nil {
		return nil
	}
	key, err := rtk.ParsePrivateKey(data)
	if err != nil {
		return o.BadFlag("key", "%s: %s", o.key, exit.Plain(err))
	}
	o.config.PublicKey, o.signs = &key.PublicKey, true
	return nil
}

// log prints what the receiver does besides answering.
func (o *options) log(n receivers.Note) {
	text := terminal.OneLine(n.Text)
	switch {
	case n.Err != nil:
		text += ": " + terminal.OneLine(exit.Plain(n.Err))
	case !o.verbose:
		return
	}
	o.Logf("%s  %s", n.At.Format(time.TimeOnly), text)
}

// handler serves the effects under a path of their own, and deliveries under
// every other.
func (o *options) handler(receiver *receivers.Receiver) http.Handler {
	count := receiver.EffectsHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == o.effects {
			count.ServeHTTP(w, r)
			return
		}
		receiver.ServeHTTP(w, r)
	})
}
