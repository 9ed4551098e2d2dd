// Package replay is "rtkmock replay": it sends a recording again, byte for byte.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

type options struct {
	*app.App
	delivery.Flags // header, the connection, key and server alone
	replaying      recording.ReplayOptions
	progress       string
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "replay FILE [URL]",
		Short: "Send a recording again, byte for byte",
		Long: `Send each request of a recording once more, byte for byte, and report which answers differ
from the recorded ones. Recordings come from "rtkmock play --record"; "-" is standard input.
Without a URL each request goes where it went before.

Nothing is signed again: a receiver can verify only with the key of the recording. If that was a
file (--key when it was recorded), --key serves its public half again. What a fault had kept
from the target is left out, and a retry of the recording is a request of its own, unless
--first-attempts-only leaves retries out. Values that read (redacted) are filled in by --header.

Exit codes: 0 answered as recorded, 1 an answer differs, or is not 2xx where none is recorded,
2 a mistake in the command line or the recording, 3 the target was not reached, 4 rtkmock
failed, 5 nothing to send, 130 interrupted.`,
		Example: `  rtkmock replay weekly.jsonl
  rtkmock replay weekly.jsonl http://localhost:3000/webhook --key key.pem --listen 127.0.0.1:9010
  rtkmock replay weekly.jsonl http://localhost:3000/webhook --concurrency 16 --first-attempts-only
  rtkmock replay weekly.jsonl http://localhost:3000/webhook --speed 1 --header 'X-Api-Key: secret'`,
		Args: command.Args(1, 2, "no recording, want a FILE that \"rtkmock play --record\" has written, or - for standard input", "the URL"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []cobra.Completion{"jsonl"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), args[0], command.Arg(args, 1))
		},
	}
	fs := cmd.Flags()
	flags.Heading(cmd, flags.HeadingTarget, "header")
	o.AddHeader(cmd)
	o.AddConnection(cmd)
	flags.Heading(cmd, flags.HeadingSent, "speed")
	flags.Factor(fs, &o.replaying.Speed, "speed", "how fast the time of the recording passes: 1 as it was, 60 a minute a second, 0 at once, in the recorded order")
	flags.Concurrency(fs, &o.replaying.Concurrency, "requests at a time; without it, 1 at --speed 0, so that the order is kept, and else as many as it takes")
	fs.BoolVar(&o.replaying.FirstAttemptsOnly, "first-attempts-only", false, "leave retries out, and send first attempts that a fault had kept from the target")
	flags.Heading(cmd, flags.HeadingServers, "key")
	flags.Key(cmd, &o.Key, "serve the key in this file while the recording is sent; without it, no key is served")
	o.Server.Add(fs, "the key endpoint")
	flags.Heading(cmd, flags.HeadingOutput, "output")
	flags.Output(cmd, &o.Form, "form of the result")
	flags.Progress(cmd, &o.progress)
	return cmd
}

// run sends the recording in file to the URL text, or to where it went before.
func (o *options) run(ctx context.Context, file, text string) error {
	if _, err := o.Complete(o.App); err != nil {
		return err
	}
	r := &replay{options: o, file: file, account: account{Recording: app.InputName(file), Differences: []difference{}}}
	o.replaying.Sender, o.replaying.Header = o.Sender, o.Header
	if text != "" {
		u, err := target.Parse(ctx, "replay", text, o.AllowRemote)
		if err != nil {
			return err
		}
		o.replaying.URL, r.account.URL = u.String(), redact.URL(u.String())
	}
	if file == app.Stdin && o.InIsTTY {
		return exit.Usagef("replay: standard input is a terminal, want a recording in it")
	}
	in, size, err := o.OpenInput(ctx, "replay", file)
	if err != nil {
		return err
	}
	defer in.Close()
	sends := func(...rtk.Event) {}
	if o.Key != "" {
		srv, err := o.openKeyServer(ctx)
		if err != nil {
			return err
		}
		defer srv.Close()
		sends = srv.API.Learn
	}
	if size == 0 && o.progress == terminal.ProgressAuto {
		o.progress = terminal.ProgressPlain // nobody knows how much there is to come
	}
	r.show, r.size = o.NewProgress(o.progress), size
	records, release := recording.ReadReusing(&countingReader{in, &r.read})
	records = tell(records, sends)
	o.replaying.OnAttempt = func(record recording.Record, a mocksender.Attempt) {
		r.attempted(record, a)
		release(record)
	}
	if o.replaying.URL == "" && !o.AllowRemote {
		records = guardRecords(ctx, records)
	}
	result, err := recording.Replay(ctx, records, o.replaying)
	r.show.Finish()
	return r.conclude(ctx, result, err)
}

func (o *options) openKeyServer(ctx context.Context) (*server.KeyServer, error) {
	key, err := o.PrivateKey(o.Key)
	if err != nil {
		return nil, err
	}
	srv, err := server.OpenKeyServer(ctx, o.App, rtk.NewKeyring(key), o.Server)
	if err != nil {
		return nil, err
	}
	o.Notef("key URL  %s", srv.KeyURL())
	o.Server.Hint(o.App)
	return srv, nil
}

// countingReader counts what is read.
type countingReader struct {
	io.Reader
	n *atomic.Int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// tell tells sends of the event of each record, before that is sent.
func tell(records iter.Seq2[recording.Record, error], sends func(...rtk.Event)) iter.Seq2[recording.Record, error] {
	return func(yield func(recording.Record, error) bool) {
		for r, err := range records {
			if err == nil {
				sends(rtk.Event{Body: r.Body})
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// guardRecords refuses records that would go out into the world.
func guardRecords(ctx context.Context, records iter.Seq2[recording.Record, error]) iter.Seq2[recording.Record, error] {
	return func(yield func(recording.Record, error) bool) {
		allowed := map[string]bool{}
		for r, err := range records {
			if u, bad := url.Parse(r.URL); err == nil && bad == nil && !allowed[u.Host] {
				err = target.Guard(ctx, "replay", u, false)
				allowed[u.Host] = err == nil
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// mistake says what is wrong with a recording, or with how it is to be sent.
func mistake(file string, err error) error {
	var known *exit.Error
	if errors.As(err, &known) { // a host out in the world
		return known
	}
	name := app.InputName(file)
	var bad *recording.Error
	switch {
	case errors.As(err, &bad):
		if bad.Line > 0 {
			name += fmt.Sprintf(":%d", bad.Line)
		}
		if bad.Field != "" {
			name += ": " + bad.Field
		}
		return exit.Usagef("replay: %s: %s", name, bad.Msg)
	case errors.Is(err, recording.ErrRedacted):
		return exit.Usagef("replay: %s: %s; --header 'NAME: VALUE' and the URL fill in what is redacted", name, exit.Plain(err))
	case errors.Is(err, mocksender.ErrURL), errors.Is(err, mocksender.ErrOptions):
		return exit.Usagef("replay: %s: %s", name, exit.Plain(err))
	}
	return exit.Usagef("replay: %s: %s", name, files.Problem(err))
}
