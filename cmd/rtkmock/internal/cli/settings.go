package cli

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Headings of the help text.
const (
	headingTarget  = "The target"
	headingStart   = "Starting it, as -- COMMAND"
	headingEffects = "What comes of a delivery"
	headingSent    = "What is sent"
	headingRetry   = "Retries and faults"
	headingOwn     = "rtkmock's own servers"
	headingJudged  = "What is judged"
	headingOutput  = "Output"
)

// deliveryFlags are the flags that test, send and play share.
type deliveryFlags struct {
	// the target
	header      []headerField
	headerNames string
	timeout     time.Duration
	ca          string
	insecure    bool
	proxy       bool
	allowRemote bool
	// what is sent
	set       []conformance.Change
	unset     []string
	meetingID string
	webhookID string
	seed      *uint64
	start     time.Time
	// retries and faults
	retry retryFlags
	// rtkmock's own servers
	key    string
	listen listenFlags
}

type headerField struct{ name, value string }

func (f *deliveryFlags) addTarget(cmd *cobra.Command) {
	f.addHeader(cmd)
	choiceFlag(cmd, &f.headerNames, "header-names", string(rtk.HeadersRTK), []string{"rtk", "dyte", "both"}, "names of the webhook headers: the documented ones, the predecessor's, or both")
	f.addConnection(cmd)
}

func (f *deliveryFlags) addHeader(cmd *cobra.Command) {
	cmd.Flags().Var(&list[headerField]{dst: &f.header, kind: "'NAME: VALUE'", parse: parseHeader}, "header", "header for every request, such as what a gateway asks for; repeatable")
}

// addConnection adds the flags that say how the target is reached.
func (f *deliveryFlags) addConnection(cmd *cobra.Command) {
	fs := cmd.Flags()
	durationFlag(fs, &f.timeout, "timeout", conformance.DefaultTimeout, "how long one attempt may take")
	stringFlag(fs, &f.ca, "ca", "FILE", "certificates, in PEM, that an https target is verified with")
	complete(cmd, "ca", cobra.FixedCompletions([]cobra.Completion{"pem", "crt", "cer"}, cobra.ShellCompDirectiveFilterFileExt))
	fs.BoolVar(&f.insecure, "insecure", false, "do not verify an https target")
	fs.BoolVar(&f.proxy, "proxy", false, "send through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name")
	fs.BoolVar(&f.allowRemote, "allow-remote", false, "allow a target that is neither this machine nor in a private network")
}

func (f *deliveryFlags) addSent(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.Var(&list[conformance.Change]{dst: &f.set, kind: "PATH=JSON", parse: parseSet}, "set", "set a member of the payloads, such as meeting.title=Standup; the value is JSON, or text where it is not JSON; repeatable")
	fs.Var(&list[string]{dst: &f.unset, kind: "PATH", commas: true, parse: parsePath}, "unset", "remove a member of the payloads; repeatable")
	complete(cmd, "set", completePaths("="))
	complete(cmd, "unset", completePaths(""))
	fs.Var(&value[string]{&f.meetingID, "ID", parseText, showText}, "meeting-id", "meeting.id of every event, for receivers that know their meetings")
	webhookIDFlag(fs, &f.webhookID)
	seedFlag(fs, &f.seed, "fixes all names and ids; without it, a random one, which is printed")
	startFlag(fs, &f.start, "when the meetings start; without it, just before now")
}

func (f *deliveryFlags) addOwn(cmd *cobra.Command, what string) {
	keyFlag(cmd, cmd.Flags(), &f.key)
	f.listen.add(cmd.Flags(), what)
}

func showText(s string) string { return s }

func parseText(s string) (string, error) {
	if s == "" || !utf8.ValidString(s) {
		return "", found(s, "text in UTF-8")
	}
	return s, nil
}

func parseHeaderValue(s string) (string, error) {
	if s == "" || strings.ContainsAny(s, "\r\n\x00") {
		return "", found(s, "text without line breaks")
	}
	return s, nil
}

// parseHeader reads "Name: value". An error shows the name alone: the value is
// likely to be a secret.
func parseHeader(s string) (headerField, error) {
	name, text, ok := strings.Cut(s, ":")
	if !ok {
		name, _, _ = strings.Cut(s, "=")
		return headerField{}, &problem{found(strings.TrimSpace(name)+" …", "'Name: value'").Error()}
	}
	name, text = strings.TrimSpace(name), strings.TrimSpace(text)
	if !isHeaderName(name) {
		return headerField{}, found(name, "the name of a header before the colon")
	}
	if strings.ContainsAny(text, "\r\n\x00") {
		return headerField{}, &problem{"the value of " + name + " holds a line break or a zero byte"}
	}
	if err := reserved(name); err != nil {
		return headerField{}, err
	}
	return headerField{name, text}, nil
}

// reserved refuses headers that are rtkmock's to set: with another value, no
// delivery would be what it is said to be.
func reserved(name string) error {
	own := []string{"Content-Type", "Content-Length", "Transfer-Encoding"}
	for _, names := range rtk.HeadersBoth.Sets() {
		if strings.EqualFold(name, names.WebhookID) {
			return &problem{name + " is set by --webhook-id"}
		}
		own = append(own, names.Signature, names.UUID)
	}
	if slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(name, o) }) {
		return &problem{name + " is set by rtkmock for each delivery, want another header"}
	}
	return nil
}

// isHeaderName reports whether s is a token of RFC 9110.
func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func parsePath(s string) (string, error) {
	for _, segment := range strings.Split(s, ".") {
		if segment == "" || !utf8.ValidString(segment) {
			return "", found(s, "a dotted path such as meeting.organizedBy.name")
		}
	}
	return s, nil
}

// parseSet reads PATH=JSON. What does not parse as JSON is text, unless it
// begins like JSON: then it is a mistake.
func parseSet(s string) (conformance.Change, error) {
	path, text, ok := strings.Cut(s, "=")
	if !ok {
		return conformance.Change{}, found(s, "PATH=JSON such as meeting.title=Standup")
	}
	path, err := parsePath(path)
	if err != nil {
		return conformance.Change{}, err
	}
	var value bytes.Buffer
	if err := json.Compact(&value, []byte(text)); err == nil {
		return conformance.Change{Path: path, Value: value.Bytes()}, nil
	}
	if trimmed := strings.TrimSpace(text); trimmed != "" && strings.ContainsRune(`{["`, rune(trimmed[0])) {
		return conformance.Change{}, &problem{path + ": " + found(text, "JSON, or text that does not begin like it").Error()}
	}
	if !utf8.ValidString(text) {
		return conformance.Change{}, &problem{path + ": " + found(text, "text in UTF-8").Error()}
	}
	value.Reset()
	enc := json.NewEncoder(&value)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return conformance.Change{}, err
	}
	return conformance.Change{Path: path, Value: bytes.TrimSpace(value.Bytes())}, nil
}

// seedOr returns the seed of --seed, or a random one short enough to type.
func (f *deliveryFlags) seedOr() uint64 {
	if f.seed != nil {
		return *f.seed
	}
	return uint64(rand.Uint32())
}

// headers returns the header fields of --header.
func (f *deliveryFlags) headers() http.Header {
	if len(f.header) == 0 {
		return nil
	}
	h := http.Header{}
	for _, field := range f.header {
		h[field.name] = append(h[field.name], field.value)
	}
	return h
}

// senderOptions returns what the flags say of how deliveries are sent.
func (a *app) senderOptions(f *deliveryFlags) (mocksender.Options, error) {
	o := mocksender.Options{
		HeaderNames: rtk.HeaderNames(f.headerNames),
		Insecure:    f.insecure,
		Proxy:       f.proxy,
	}
	if f.ca == "" {
		return o, nil
	}
	data, err := readFile(f.ca, maxKeyFile)
	if err != nil {
		return o, a.bad("ca", "%s: %s", f.ca, fileProblem(err))
	}
	o.RootCAs = x509.NewCertPool()
	if !o.RootCAs.AppendCertsFromPEM(data) {
		return o, a.bad("ca", "%s: found no certificate in it, want PEM", f.ca)
	}
	return o, nil
}

// webhookIDFlag adds --webhook-id.
func webhookIDFlag(fs *pflag.FlagSet, dst *string) {
	fs.Var(&value[string]{dst, "ID", parseHeaderValue, showText}, "webhook-id", "value of rtk-webhook-id; without it, one made from the seed")
}
