// Package delivery holds the flags that say how deliveries are made, sent and
// tried again. The verbs that send share them.
package delivery

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/rand/v2"
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
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Flags are the flags that test, send, play, replay and serve share.
type Flags struct {
	// the target
	Header      Header
	HeaderNames string
	Timeout     time.Duration
	CA          string
	Insecure    bool
	Proxy       bool
	AllowRemote bool
	// what is sent
	payload.Overrides
	MeetingID string
	WebhookID string
	Seed      *uint64
	Start     time.Time
	// retries and faults
	Retry Retry
	// rtkmock's own servers
	Key    string
	Server server.Flags
}

// AddTarget adds the flags that say how the target is sent to.
func (f *Flags) AddTarget(cmd *cobra.Command) {
	f.Header.Add(cmd)
	HeaderNames(cmd, &f.HeaderNames)
	f.AddConnection(cmd)
}

// AddConnection adds the flags that say how the target is reached.
func (f *Flags) AddConnection(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.Duration(fs, &f.Timeout, "timeout", conformance.DefaultTimeout, "how long one attempt may take")
	flags.File(cmd, &f.CA, "ca", "FILE", "certificates, in PEM, that an https target is verified with", "pem", "crt", "cer")
	fs.BoolVar(&f.Insecure, "insecure", false, "do not verify an https target")
	fs.BoolVar(&f.Proxy, "proxy", false, "send through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name")
	fs.BoolVar(&f.AllowRemote, "allow-remote", false, "allow a target that is neither this machine nor in a private network")
}

// AddSent adds the flags that say what is sent.
func (f *Flags) AddSent(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.List(fs, (*[]payload.Assignment)(&f.Set), "set", "PATH=JSON", "set a member of the payloads, such as meeting.title=Standup; the value is JSON, or text where it is not JSON; repeatable", parseSet)
	flags.CommaList(fs, &f.Unset, "unset", "PATH", "remove a member of the payloads; repeatable", flags.Path)
	flags.Complete(cmd, "set", flags.CompletePaths("="))
	flags.Complete(cmd, "unset", flags.CompletePaths(""))
	flags.Var(fs, &f.MeetingID, "meeting-id", "ID", "meeting.id of every event, for receivers that know their meetings", flags.Text)
	WebhookID(fs, &f.WebhookID)
	flags.Seed(fs, &f.Seed, "fixes all names and ids; without it, a random one, which is printed")
	flags.Start(fs, &f.Start, "when the meetings start; without it, just before now")
}

// AddServers adds the flags of rtkmock's own servers. what says what they serve.
func (f *Flags) AddServers(cmd *cobra.Command, what string) {
	flags.SigningKey(cmd, &f.Key)
	f.Server.Add(cmd.Flags(), what)
}

// HeaderNames adds --header-names.
func HeaderNames(cmd *cobra.Command, dst *string) {
	flags.Choice(cmd, dst, "header-names", string(rtk.HeadersRTK), []string{"rtk", "dyte", "both"}, "names of the webhook headers: the documented ones, the predecessor's, or both")
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

// WarnAboutPaths reports paths of --set that no event has. The members are added
// all the same: that may be what is wanted.
func (f *Flags) WarnAboutPaths(a *app.App, events []rtk.EventType) {
	if len(f.Set) == 0 {
		return
	}
	known := map[string]bool{}
	paths := flags.SamplePaths(events...)
	for _, path := range paths {
		known[path] = true
	}
	for _, c := range f.Set {
		if !known[c.Path] {
			a.Warnf("%s: no event has %s%s", a.Origin("set"), c.Path, wording.DidYouMean(c.Path, paths))
		}
	}
}

// OrAll is events, or all of them where there are none.
func OrAll(events []rtk.EventType) []rtk.EventType {
	if len(events) == 0 {
		return rtk.EventTypes()
	}
	return events
}

// SeedOrRandom is the seed of --seed, or a random one that is short enough to
// type.
func SeedOrRandom(seed *uint64) uint64 {
	if seed != nil {
		return *seed
	}
	return uint64(rand.Uint32())
}

// WebhookIDOr is the id of --webhook-id, or one made from the seed.
func (f *Flags) WebhookIDOr(seed uint64) string {
	if f.WebhookID != "" {
		return f.WebhookID
	}
	return rtk.NewIDs(seed, "webhook").Next()
}

// Sender returns what the flags say of how deliveries are sent, except for what
// the verbs put into each delivery, and when they are tried again.
func (f *Flags) Sender(a *app.App, seed uint64) (o mocksender.Options, policy mocksender.Profile, err error) {
	o = mocksender.Options{
		HeaderNames: rtk.HeaderNames(f.HeaderNames),
		Insecure:    f.Insecure,
		Proxy:       f.Proxy,
		RetryUUID:   mocksender.RetryUUID(f.Retry.UUID),
		Faults:      f.Retry.Faults,
		FaultSeed:   seed,
	}
	if f.CA != "" {
		data, err := a.ReadFile("ca", f.CA, app.MaxKeyFile)
		if err != nil {
			return o, policy, err
		}
		o.RootCAs = x509.NewCertPool()
		if !o.RootCAs.AppendCertsFromPEM(data) {
			return o, policy, a.BadFlag("ca", "%s: found no certificate in it, want PEM", f.CA)
		}
	}
	policy, err = f.Retry.policy(a)
	return o, policy, err
}

// TLS is how the certificate of the target of o is verified.
func TLS(o mocksender.Options) *tls.Config {
	return &tls.Config{RootCAs: o.RootCAs, InsecureSkipVerify: o.Insecure}
}
