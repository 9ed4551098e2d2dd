// Package verify is "rtkmock verify": it says whether captured deliveries verify
// and, if not, why.
package verify

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/recording"
)

type options struct {
	*app.App
	signature string
	bare      bool // --signature was given, even if only as an empty text
	key       string
	keyURL    string
	otherKeys []string
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a}
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Say whether a signature verifies and, if not, why",
		Long: `Verify captured deliveries. Where a signature does not verify, undo the usual mishaps one by
one until it does (a newline too many, re-serialised JSON, gzip, another charset, hex, HMAC, PSS,
an old key, a key in one line, …), and say which it was, where it comes from in Node, Workers,
Python and Go, and how to fix it. A proved mishap fits the signature; a likely one is called
that.

FILE is a captured request (.http), an HTTP archive (.har) or JSON lines as --record writes
them; with --signature it is the body alone, byte for byte. "-" is standard input, and so is
no file at all where standard input is not a terminal. The exit code is 1 if a signature does
not verify, or only in another spelling than the service's, and 3 if --key-url cannot be
reached.`,
		Example: `  rtkmock verify captured.http --key-url http://127.0.0.1:9010/.well-known/webhooks.json
  rtkmock verify captured.har --key public.pem
  rtkmock verify body.json --signature "$SIGNATURE" --key public.pem
  rtkmock verify weekly.jsonl --key test-key.pem --other-key last-weeks-key.pem`,
		Args: command.Args(0, 1, "", "the file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.bare = cmd.Flags().Changed("signature")
			return o.run(cmd.Context(), args)
		},
	}
	fs := cmd.Flags()
	endings := []string{"pem", "key", "json", "crt"}
	flags.File(cmd, &o.key, "key", "FILE", "key to verify with: PEM, a key document, or a private key; other forms are read, and reported", endings...)
	flags.String(fs, &o.keyURL, "key-url", "URL", "fetch the key document from here instead")
	flags.List(fs, &o.otherKeys, "other-key", "FILE", "another key that a signature may be by; repeatable", flags.Text)
	flags.Complete(cmd, "other-key", flags.CompleteFiles(endings...))
	flags.String(fs, &o.signature, "signature", "VALUE", "value of the signature header; FILE is then the body alone")
	flags.Output(cmd, &o.Form, "form of the result")
	return cmd
}

func (o *options) run(ctx context.Context, args []string) error {
	file, err := o.InputArg("verify", args)
	if err != nil {
		return err
	}
	key, others, err := o.keys(ctx)
	if err != nil {
		return err
	}
	data, err := o.ReadInput(ctx, "", file, corpus.MaxRead)
	if err != nil {
		return err
	}
	specimens, err := o.specimens(app.InputName(file), data)
	if err != nil {
		return err
	}
	reports, failed, err := verify(ctx, specimens, key, others)
	if err != nil {
		return err
	}
	p := printer{App: o.App, file: app.InputName(file), key: key}
	if err := p.print(ctx, specimens, reports); err != nil {
		return err
	}
	if failed > maxExplained {
		o.Notef("%d signatures do not verify; only the first %d were looked into", failed, maxExplained)
	}
	if failed > 0 {
		return exit.Silent(exit.Nonconformant)
	}
	return nil
}

// maxExplained is how many failures are looked into, since each takes milliseconds.
const maxExplained = 200

func verify(ctx context.Context, specimens []specimen, key diagnose.Key, others []diagnose.Key) (reports []diagnose.Report, failed int, err error) {
	reports = make([]diagnose.Report, len(specimens))
	for i := range specimens {
		if ctx.Err() != nil {
			return nil, 0, exit.ErrInterrupted
		}
		c := &specimens[i].c
		c.Key, c.Others, c.VerifyOnly = key, others, failed >= maxExplained
		if reports[i], err = diagnose.Diagnose(*c); err != nil {
			return nil, 0, err
		}
		if !reports[i].Valid {
			failed++
		}
	}
	return reports, failed, nil
}

// specimen is one delivery to verify.
type specimen struct {
	place    string // in the file; empty where it is all of it
	declared int    // its Content-Length, -1 where there is none
	record   recording.Record
	c        diagnose.Case
}

// maxKnown is up to how many requests of a capture each is tried with the others'
// bodies.
const maxKnown = 1000

// specimens returns what there is to verify. Requests of a capture without any
// signature are passed over, unless all are.
func (o *options) specimens(name string, data []byte) ([]specimen, error) {
	if o.bare {
		return []specimen{{declared: -1, c: diagnose.Case{Body: data, Signature: o.signature}, record: recording.Record{Body: data}}}, nil
	}
	captured, err := corpus.Read(data)
	if err != nil {
		hint := ""
		if len(data) > 0 {
			hint = "; if the file is a body alone, add --signature VALUE"
		}
		return nil, exit.Usagef("%s: %s%s", name, strings.TrimPrefix(exit.Plain(err), "not a capture: "), hint)
	}
	known := captured
	if len(captured) > maxKnown {
		known = nil
	}
	var all, signed []specimen
	for _, c := range captured {
		s := specimen{place: c.Place, declared: c.Declared, record: c.Record, c: diagnose.Case{Body: c.Body, Header: c.Header}}
		for _, other := range known {
			if other.Place != c.Place {
				s.c.Known = append(s.c.Known, diagnose.Known{Name: other.Place, Body: other.Body})
			}
		}
		all = append(all, s)
		if diagnose.HasSignature(c.Header) {
			signed = append(signed, s)
		}
	}
	if len(signed) == 0 {
		return all[:1], nil
	}
	return signed, nil
}
