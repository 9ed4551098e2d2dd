// Package delivery holds the flags that say how deliveries are made, sent and
// tried again. The verbs that send share them.
package delivery

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/server"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/artifacts"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// Flags are the flags that test, send, play, replay and serve share.
type Flags struct {
	// Sender is how deliveries are made. Complete fills in what no single flag says.
	Sender mocksender.Options
	// the target
	Header      http.Header // its values are likely to be secrets
	CA          string
	AllowRemote bool
	// what is sent
	payload.Overrides
	Payload payload.Options
	// retries
	Profile  string
	Schedule []time.Duration // nil: that of the profile
	Realtime bool
	scaled   bool // the waits are a tenth of the profile's, unless Realtime is set
	// rtkmock's own servers
	Key    string
	Server server.Flags
	// how they fail on purpose
	APIFault       rest.Fault
	ArtifactsDelay time.Duration
}

// AddTarget adds the flags that say how the target is sent to.
func (f *Flags) AddTarget(cmd *cobra.Command) {
	f.AddHeader(cmd)
	HeaderNames(cmd, &f.Sender.HeaderNames)
	f.AddConnection(cmd)
}

// AddConnection adds the flags that say how the target is reached.
func (f *Flags) AddConnection(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.Duration(fs, &f.Sender.Timeout, "timeout", conformance.DefaultTimeout, "how long one attempt may take")
	flags.File(cmd, &f.CA, "ca", "FILE", "certificates, in PEM, that an https target is verified with", "pem", "crt", "cer")
	fs.BoolVar(&f.Sender.Insecure, "insecure", false, "do not verify an https target")
	fs.BoolVar(&f.Sender.Proxy, "proxy", false, "send through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name")
	fs.BoolVar(&f.AllowRemote, "allow-remote", false, "allow a target that is neither this machine nor in a private network")
}

// AddSent adds the flags that say what is sent.
func (f *Flags) AddSent(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.List(fs, (*[]payload.Assignment)(&f.Set), "set", "PATH=JSON", "set a member of the payloads, such as meeting.title=Standup; the value is JSON, or text where it is not JSON; repeatable", parseSet)
	flags.CommaList(fs, &f.Unset, "unset", "PATH", "remove a member of the payloads; repeatable", flags.Path)
	flags.Complete(cmd, "set", flags.CompletePaths("="))
	flags.Complete(cmd, "unset", flags.CompletePaths(""))
	flags.Var(fs, &f.Payload.MeetingID, "meeting-id", "ID", "meeting.id of every event, for receivers that know their meetings", flags.Text)
	WebhookID(fs, &f.Sender.WebhookID)
	flags.Seed(fs, &f.Payload.Seed, "fixes all names and ids; without it, a random one, which is printed")
	flags.Start(fs, &f.Payload.Start, "when the meetings start; without it, just before now")
}

// AddServers adds the flags of rtkmock's own servers. what says what they serve.
func (f *Flags) AddServers(cmd *cobra.Command, what string) {
	flags.Key(cmd, &f.Key, "sign with the private key in this file; without it, with a fresh key")
	f.Server.Add(cmd.Flags(), what)
	flags.Choice(cmd, &f.APIFault, "api-fault", rest.NoFault, rest.Faults(), "answer calls of the REST API badly")
	flags.Duration(cmd.Flags(), &f.ArtifactsDelay, "artifacts-delay", 0, "how long after their first download chats, transcripts and summaries are still empty: 200 with 0 bytes or []; without it, they are there at once")
}

// Degrade has rtkmock's own servers fail as the flags say.
func (f *Flags) Degrade(api *rest.Server, downloads *artifacts.Server) {
	_ = api.SetFault(f.APIFault) // the flag has checked it
	downloads.SetLateness(f.ArtifactsDelay)
}

// HeaderNames adds --header-names.
func HeaderNames(cmd *cobra.Command, dst *rtk.HeaderNames) {
	flags.Choice(cmd, dst, "header-names", rtk.HeadersRTK, []rtk.HeaderNames{rtk.HeadersRTK, rtk.HeadersDyte, rtk.HeadersBoth}, "names of the webhook headers: the documented ones, the predecessor's, or both")
}

// WebhookID adds --webhook-id.
func WebhookID(fs *pflag.FlagSet, dst *string) {
	flags.Var(fs, dst, "webhook-id", "ID", "value of rtk-webhook-id; without it, one made from the seed", flags.HeaderValue)
}

// parseSet reads PATH=JSON. A value that does not parse as JSON is text, unless
// it begins like JSON: then it is a mistake.
func parseSet(s string) (payload.Assignment, error) {
	path, text, ok := strings.Cut(s, "=")
	if !ok {
		return payload.Assignment{}, flags.Found(s, "PATH=JSON such as meeting.title=Standup")
	}
	path, err := flags.Path(path)
	if err != nil {
		return payload.Assignment{}, err
	}
	var value bytes.Buffer
	trimmed := strings.TrimSpace(text)
	switch {
	case json.Compact(&value, []byte(text)) == nil:
		return payload.Assignment{Path: path, Value: value.Bytes()}, nil
	case trimmed != "" && strings.ContainsRune(`{["`, rune(trimmed[0])):
		return payload.Assignment{}, fmt.Errorf("%s: %w", path, flags.Found(text, "JSON, or text that does not begin like it"))
	case !utf8.ValidString(text):
		return payload.Assignment{}, fmt.Errorf("%s: %w", path, flags.Found(text, "text in UTF-8"))
	}
	value.Reset()
	enc := json.NewEncoder(&value)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return payload.Assignment{}, err
	}
	return payload.Assignment{Path: path, Value: bytes.TrimSpace(value.Bytes())}, nil
}

// WarnAboutPaths reports paths of --set that none of the events has; no events are
// all. The members are added all the same: that may be what is wanted.
func (f *Flags) WarnAboutPaths(a *app.App, events []rtk.EventType) {
	if len(f.Set) == 0 {
		return
	}
	known := flags.SamplePaths(events...)
	for _, c := range f.Set {
		if !slices.Contains(known, c.Path) {
			a.Warnf("%s: no event has %s%s", a.Origin("set"), c.Path, wording.DidYouMean(c.Path, known))
		}
	}
}

// Complete fills in Sender, except for what the verbs put into each delivery, and
// returns the retry profile with the waits before they are scaled.
func (f *Flags) Complete(a *app.App) (policy mocksender.Profile, err error) {
	f.Sender.FaultSeed = f.Payload.Seed
	if !f.AllowRemote && !f.Sender.Proxy { // a proxy is where its user wants it
		f.Sender.Dial = mocksender.DialAllowed
	}
	f.Sender.WebhookID = cmp.Or(f.Sender.WebhookID, rtk.NewIDs(f.Payload.Seed, "webhook").Next())
	if f.CA != "" {
		data, err := a.ReadFile("ca", f.CA, app.MaxKeyFile)
		if err != nil {
			return policy, err
		}
		f.Sender.RootCAs = x509.NewCertPool()
		if !f.Sender.RootCAs.AppendCertsFromPEM(data) {
			return policy, a.BadFlag("ca", "%s: found no certificate in it, want PEM", f.CA)
		}
	}
	return f.setRetry(a)
}

// TLS is how the certificate of the target is verified.
func (f *Flags) TLS() *tls.Config {
	return &tls.Config{RootCAs: f.Sender.RootCAs, InsecureSkipVerify: f.Sender.Insecure}
}
