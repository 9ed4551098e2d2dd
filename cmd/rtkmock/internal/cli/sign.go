package cli

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

type signFlags struct {
	key         string
	print       string
	url         string
	uuid        string
	webhookID   string
	headerNames string
}

func signCommand(a *app) *cobra.Command {
	var f signFlags
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
		Args: noMore(1, "the file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.sign(args, &f) },
	}
	fs := cmd.Flags()
	stringFlag(fs, &f.key, "key", "FILE", "sign with the private key in this file")
	complete(cmd, "key", cobra.FixedCompletions([]cobra.Completion{"pem", "key"}, cobra.ShellCompDirectiveFilterFileExt))
	choiceFlag(cmd, &f.print, "print", "", []string{"curl", "http", "json"}, "print the whole request; json is a line that replay and verify read")
	f.url = corpus.DefaultURL
	stringFlag(fs, &f.url, "url", "URL", "where the printed request goes")
	fs.Var(&value[string]{&f.uuid, "ID", parseHeaderValue, showText}, "uuid", "value of rtk-uuid; without it, a random one")
	fs.Var(&value[string]{&f.webhookID, "ID", parseHeaderValue, showText}, "webhook-id", "value of rtk-webhook-id; without it, a random one")
	choiceFlag(cmd, &f.headerNames, "header-names", string(rtk.HeadersRTK), []string{"rtk", "dyte", "both"}, "names of the webhook headers: the documented ones, the predecessor's, or both")
	return cmd
}

func (a *app) sign(args []string, f *signFlags) error {
	file := stdinName
	if len(args) > 0 {
		file = args[0]
	} else if a.streams.InIsTTY {
		return usagef("sign: found no file, want FILE, or - for standard input")
	}
	if f.key == "" {
		return usagef(`sign: found no key, want --key FILE; "rtkmock key new --out FILE" makes one`)
	}
	key, err := readKey(f.key)
	if err != nil {
		return a.bad("key", "%s: %s", f.key, err)
	}
	body, err := a.readInput(file, maxInstance)
	if errors.Is(err, errInput) {
		return usagef("%s: %s", inputName(file), err)
	}
	if err != nil {
		return err
	}
	signature, err := rtk.Sign(key, body)
	if err != nil {
		return err
	}
	ids := rtk.NewIDs(rand.Uint64(), "sign")
	if f.uuid == "" {
		f.uuid = ids.Next()
	}
	if f.webhookID == "" {
		f.webhookID = ids.Next()
	}
	header := mocksender.SignedHeader(rtk.HeaderNames(f.headerNames), f.uuid, f.webhookID, signature)
	if err := a.printSigned(f, header, body); err != nil {
		return err
	}
	a.remarkOn(inputName(file), body)
	return nil
}

// printSigned prints the header fields, or the request.
func (a *app) printSigned(f *signFlags, header http.Header, body []byte) error {
	if f.print == "" {
		for _, set := range rtk.HeaderNames(f.headerNames).Sets() {
			for _, name := range []string{set.Signature, set.UUID, set.WebhookID} {
				a.printf("%s: %s\n", name, header[name][0])
			}
		}
		return nil
	}
	name := f.print
	if name == "json" {
		name = "jsonl" // there, json is the body alone
	}
	format, err := corpus.ParseFormat(name)
	if err != nil {
		return err
	}
	record := mocksender.Record{Method: http.MethodPost, URL: f.url, Header: header, Body: body}
	if _, err := record.AppendHTTP(nil); err != nil {
		return a.bad("url", "found %q: %s", redact.Typed(f.url), plain(err))
	}
	out, err := format.Append(nil, corpus.Request{Record: record})
	if err != nil {
		return err
	}
	a.printf("%s", out)
	return nil
}

// remarkOn says what of a body is likely to surprise. It is signed all the
// same: that may be what is wanted.
func (a *app) remarkOn(name string, body []byte) {
	switch _, err := schemas.ValidateEvent(body, schemas.Open); {
	case len(body) == 0:
		a.logf("rtkmock: warning: %s is empty", oneLine(name))
	case err != nil:
		a.logf("rtkmock: warning: %s is no event of the guide: %s", oneLine(name), oneLine(plain(err)))
	}
	if bytes.HasSuffix(body, []byte("\n")) {
		a.logf("rtkmock: warning: %s ends with a line break, which is signed as well; send exactly these bytes", oneLine(name))
	}
}
