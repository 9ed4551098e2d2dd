// Package sign is "rtkmock sign": it signs a body of the user's own.
package sign

import (
	"bytes"
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/delivery"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

type options struct {
	*app.App
	key         string
	print       string
	url         string
	uuid        string
	webhookID   string
	headerNames rtk.HeaderNames
}

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	o := &options{App: a, url: corpus.DefaultURL}
	cmd := &cobra.Command{
		Use:   "sign [FILE]",
		Short: "Sign a body of your own",
		Long: `Sign a body, byte for byte, and print the header fields that the service would send with it,
or the whole request. Nothing is sent. "-" is standard input, and so is no file at all where
standard input is not a terminal.`,
		Example: `  rtkmock sign body.json --key test-key.pem
  rtkmock sign body.json --key test-key.pem --print curl --url http://localhost:3000/webhook | sh
  rtkmock sign body.json --key test-key.pem --print http > captured.http
  printf %s '{"event":"meeting.started"}' | rtkmock sign --key test-key.pem`,
		Args: command.Args(0, 1, "", "the file"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	fs := cmd.Flags()
	flags.Key(cmd, &o.key, "sign with the private key in this file")
	flags.Choice(cmd, &o.print, "print", "", []string{"curl", "http", "json"}, "print the whole request; json is a line that replay and verify read")
	flags.String(fs, &o.url, "url", "URL", "where the printed request goes")
	flags.Var(fs, &o.uuid, "uuid", "ID", "value of rtk-uuid; without it, a random one", flags.HeaderValue)
	flags.Var(fs, &o.webhookID, "webhook-id", "ID", "value of rtk-webhook-id; without it, a random one", flags.HeaderValue)
	delivery.HeaderNames(cmd, &o.headerNames)
	return cmd
}

// maxBody bounds what is read of a body.
const maxBody = 64 << 20

func (o *options) run(ctx context.Context, args []string) error {
	file, err := o.InputArg("sign", args)
	if err != nil {
		return err
	}
	if o.key == "" {
		return exit.Usagef(`sign: found no key, want --key FILE; "rtkmock key new --out FILE" makes one`)
	}
	key, err := o.PrivateKey(o.key)
	if err != nil {
		return err
	}
	body, err := o.ReadInput(ctx, "", file, maxBody)
	if err != nil {
		return err
	}
	signature, err := rtk.Sign(key, body)
	if err != nil {
		return err
	}
	ids := rtk.NewIDs(rand.Uint64(), "sign")
	header := mocksender.SignedHeader(o.headerNames, cmp.Or(o.uuid, ids.Next()), cmp.Or(o.webhookID, ids.Next()), signature)
	if err := o.printSigned(header, body); err != nil {
		return err
	}
	o.warn(app.InputName(file), body)
	return nil
}

// printSigned prints the header fields, or the request.
func (o *options) printSigned(header http.Header, body []byte) error {
	if o.print == "" {
		for _, set := range o.headerNames.Sets() {
			for _, name := range []string{set.Signature, set.UUID, set.WebhookID} {
				o.Printf("%s: %s\n", name, header[name][0])
			}
		}
		return nil
	}
	name := o.print
	if name == "json" {
		name = "jsonl" // the format json is the body alone
	}
	format, err := corpus.ParseFormat(name)
	if err != nil {
		return err
	}
	record := recording.Record{Method: http.MethodPost, URL: o.url, Header: header, Body: body}
	if _, err := record.AppendHTTP(nil); err != nil {
		return o.BadFlag("url", "found %q: %s", redact.Typed(o.url), exit.Plain(err))
	}
	out, err := format.Append(nil, corpus.Request{Record: record})
	if err != nil {
		return err
	}
	o.Printf("%s", out)
	return nil
}

// warn says what of a body is likely to surprise. It is signed all the same: that
// may be what is wanted.
func (o *options) warn(name string, body []byte) {
	switch _, err := schemas.ValidateEvent(body, schemas.Open); {
	case len(body) == 0:
		o.Warnf("%s is empty", name)
	case err != nil:
		o.Warnf("%s is no event of the guide: %s", name, exit.Plain(err))
	}
	if bytes.HasSuffix(body, []byte("\n")) {
		o.Warnf("%s ends with a line break, which is signed as well; send exactly these bytes", name)
	}
}
