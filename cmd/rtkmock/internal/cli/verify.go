package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// keyFetchTimeout bounds the fetch of --key-url.
const keyFetchTimeout = 5 * time.Second

type verifyFlags struct {
	signature string
	given     bool // --signature was, if only as an empty text
	key       string
	keyURL    string
	otherKeys []string
	output    string
}

func verifyCommand(a *app) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Say whether a signature verifies and, if not, why",
		Long: `Verify captured deliveries. Where a signature does not verify, undo the usual mishaps one by
one until it does (a newline too many, re-serialised JSON, another charset, hex, HMAC, PSS, an
old key, a key in one line, …), and say which it was, where it comes from in Node, Workers,
Python and Go, and how to mend it. What is called proved fits the signature; what is only
likely is said to be.

FILE is a captured request (.http), an HTTP archive (.har) or JSON lines as --record writes
them; with --signature it is the body alone, byte for byte. "-" is standard input, and so is
no file at all where standard input is not a terminal. The exit code is 1 if a signature does
not verify, or only in another spelling than the service's, and 3 if --key-url cannot be
reached.`,
		Example: `  rtkmock verify captured.http --key-url http://127.0.0.1:9010/.well-known/webhooks.json
  rtkmock verify captured.har --key public.pem
  rtkmock verify body.json --signature "$SIGNATURE" --key public.pem
  rtkmock verify weekly.jsonl --key test-key.pem --other-key last-weeks-key.pem`,
		Args: noMore(1, "the file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.given = cmd.Flags().Changed("signature")
			return a.verify(args, &f)
		},
	}
	fs := cmd.Flags()
	stringFlag(fs, &f.key, "key", "FILE", "key to verify with: PEM, a key document, or a private key; other forms are read, and told")
	stringFlag(fs, &f.keyURL, "key-url", "URL", "fetch the key document from here instead")
	fs.Var(&list[string]{dst: &f.otherKeys, kind: "FILE", parse: parseText}, "other-key", "another key that a signature may be by; repeatable")
	for _, name := range []string{"key", "other-key"} {
		complete(cmd, name, cobra.FixedCompletions([]cobra.Completion{"pem", "key", "json", "crt"}, cobra.ShellCompDirectiveFilterFileExt))
	}
	stringFlag(fs, &f.signature, "signature", "VALUE", "value of the signature header; FILE is then the body alone")
	outputFlag(cmd, &f.output)
	return cmd
}

// specimen is one delivery to verify.
type specimen struct {
	place    string // in the file; empty where it is all of it
	declared int    // its Content-Length, -1 where there is none
	record   mocksender.Record
	c        diagnose.Case
}

func (a *app) verify(args []string, f *verifyFlags) error {
	file := stdinName
	if len(args) > 0 {
		file = args[0]
	} else if a.streams.InIsTTY {
		return usagef("verify: found no file, want FILE, or - for standard input")
	}
	key, others, err := a.verifyKeys(f)
	if err != nil {
		return err
	}
	data, err := a.readInput(file, corpus.MaxRead)
	if errors.Is(err, errInput) {
		return usagef("%s: %s", inputName(file), err)
	}
	if err != nil {
		return err
	}
	specimens, err := takeApart(inputName(file), data, f)
	if err != nil {
		return err
	}
	reports := make([]diagnose.Report, len(specimens))
	code := ExitOK
	for i := range specimens {
		if a.interrupted() {
			return errInterrupted()
		}
		specimens[i].c.Key, specimens[i].c.Others = key, others
		if reports[i], err = diagnose.Diagnose(specimens[i].c); err != nil {
			return err
		}
		if !reports[i].Valid {
			code = ExitNonconformant
		}
	}
	p := verifyPrinter{app: a, file: inputName(file), key: key, on: a.colored(a.streams.OutIsTTY)}
	if err := p.print(specimens, reports, f.output); err != nil {
		return err
	}
	return exit(code)
}

// takeApart returns what there is to verify. Of a capture, requests without any
// signature are passed over, unless all are.
func takeApart(name string, data []byte, f *verifyFlags) ([]specimen, error) {
	if f.given {
		return []specimen{{declared: -1, c: diagnose.Case{Body: data, Signature: f.signature}, record: mocksender.Record{Body: data}}}, nil
	}
	captured, err := corpus.Read(data)
	if err != nil {
		hint := ""
		if len(data) > 0 {
			hint = "; if the file is a body alone, add --signature VALUE"
		}
		return nil, usagef("%s: %s%s", name, strings.TrimPrefix(plain(err), "not a capture: "), hint)
	}
	var all, signed []specimen
	for _, c := range captured {
		s := specimen{place: c.Place, declared: c.Declared, record: c.Record, c: diagnose.Case{Body: c.Body, Header: c.Header}}
		for _, other := range captured {
			if other.Place != c.Place && len(captured) <= maxKnown {
				s.c.Known = append(s.c.Known, diagnose.Known{Name: other.Place, Body: other.Body})
			}
		}
		all = append(all, s)
		if carriesSignature(c.Header) {
			signed = append(signed, s)
		}
	}
	if len(signed) == 0 {
		return all[:1], nil
	}
	return signed, nil
}

// maxKnown is up to how many requests of a capture each is tried with the
// others' bodies.
const maxKnown = 1000

// carriesSignature reports whether h has a signature field, if only an empty
// one.
func carriesSignature(h http.Header) bool {
	for name := range h {
		if strings.EqualFold(name, rtk.HeaderSignature) || strings.EqualFold(name, rtk.DyteHeaderSignature) {
			return true
		}
	}
	return false
}

// fieldOf returns the first value of a field in any spelling.
func fieldOf(h http.Header, name string) string { return mocksender.Request{Header: h}.Field(name) }

// verifyKeys returns the key to verify with, and the others.
func (a *app) verifyKeys(f *verifyFlags) (key diagnose.Key, others []diagnose.Key, err error) {
	switch {
	case f.key == "" && f.keyURL == "":
		return key, nil, usagef("verify: found no key, want --key FILE or --key-url URL")
	case f.key != "" && f.keyURL != "" && a.typed("key") == a.typed("key-url"):
		return key, nil, usagef("verify: %s and %s exclude each other; --other-key FILE names further keys", a.origin("key"), a.origin("key-url"))
	case f.keyURL == "" || f.key != "" && a.typed("key"):
		key, err = a.readAnyKey("key", f.key)
	default:
		key, err = a.fetchKey(f.keyURL)
	}
	if err != nil {
		return key, nil, err
	}
	for _, file := range f.otherKeys {
		other, err := a.readAnyKey("other-key", file)
		if err != nil {
			return key, nil, err
		}
		others = append(others, other)
	}
	// What everybody may have signed with by mistake.
	if public, err := diagnose.ReadKey(fixtures.PublicKey()); err == nil {
		public.Name = "the test key of rtkmock's fixtures"
		others = append(others, public)
	}
	return key, others, nil
}

// typed reports whether a flag that is set was given on the command line, which
// outweighs the environment and the configuration.
func (a *app) typed(flag string) bool { return a.origin(flag) == "--"+flag }

func (a *app) readAnyKey(flag, file string) (diagnose.Key, error) {
	data, err := readFile(file, maxKeyFile)
	if err != nil {
		return diagnose.Key{}, a.bad(flag, "%s: %s", file, fileProblem(err))
	}
	key, err := diagnose.ReadKey(data)
	if err != nil {
		return key, a.bad(flag, "%s: %s", file, plain(err))
	}
	key.Name = file
	return key, nil
}

// fetchKey gets the key document. It follows no redirect: where a key comes
// from is for the user to say.
func (a *app) fetchKey(text string) (diagnose.Key, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return diagnose.Key{}, a.bad("key-url", "found %q, want http://HOST:PORT/.well-known/webhooks.json", redact.Typed(text))
	}
	ctx, cancel := context.WithTimeout(a.ctx, keyFetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, text, nil)
	if err != nil {
		return diagnose.Key{}, a.bad("key-url", "found %q, want a URL", redact.Typed(text))
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return diagnose.Key{}, a.unreachable(u, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxKeyFile+1))
	if err != nil {
		return diagnose.Key{}, a.unreachable(u, err)
	}
	switch {
	case res.StatusCode != http.StatusOK:
		return diagnose.Key{}, a.unreachable(u, fmt.Errorf("it answered %d, want 200", res.StatusCode))
	case len(data) > maxKeyFile:
		return diagnose.Key{}, a.unreachable(u, fmt.Errorf("its answer is larger than %d bytes", maxKeyFile))
	}
	key, err := diagnose.ReadKey(data)
	if err != nil {
		return key, a.unreachable(u, &problem{plain(err)})
	}
	key.Name = redact.URL(u.String())
	return key, nil
}

// unreachable says why no key came from --key-url: nothing is proved then.
func (a *app) unreachable(u *url.URL, err error) error {
	if a.interrupted() {
		return errInterrupted()
	}
	if inner := new(url.Error); errors.As(err, &inner) {
		err = inner.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", keyFetchTimeout)
	}
	return &exitError{ExitInconclusive, fmt.Errorf("%s: %s: no key came from there: %w", a.origin("key-url"), redact.URL(u.String()), err)}
}
