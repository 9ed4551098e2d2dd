// Package target is what rtkmock knows of the receiver under test: where it is,
// whether it may be sent to and is ready, how it is started and restarted, and
// how the end of its process shows. The built-in receiver is one, too.
package target

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// ParseURL checks the URL of a receiver, for who: the verb or the flag that the
// error begins with.
func ParseURL(who, text string) (*url.URL, error) {
	mistake := func(want string, args ...any) error {
		return exit.Usagef("%s: %w", who, flags.Found(redact.Typed(text), want, args...))
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		if guess := guessURL(text); guess != "" {
			return nil, mistake("a scheme; did you mean %s?", guess)
		}
		return nil, mistake("one such as http://localhost:3000/webhook")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.Hostname() == "" || u.Opaque != "":
		return nil, mistake("a host, as in %s://localhost:3000/webhook", u.Scheme)
	case u.Port() != "" && (err != nil || n == 0):
		return nil, mistake("a port from 1 to 65535")
	case strings.HasSuffix(u.Host, ":"):
		return nil, mistake("a port after the colon")
	case strings.Contains(text, "#"):
		return nil, mistake("no fragment: what follows the # is never sent")
	}
	return u, nil
}

// URLFlag adds --url.
func URLFlag(fs *pflag.FlagSet, dst *string) {
	flags.String(fs, dst, "url", "URL", "the URL, for settings: it counts if none is given as a word")
}

// PortPlace stands in a URL for the port of a command that is started.
const PortPlace = "{port}"

// Settle returns the URL of a target that runs already: the word typed, or else that of
// --url. Of a settings file, one with a port to be filled is left out, and reported. It
// says which settings are used.
func Settle(a *app.App, typed, url string) (string, error) {
	_, isSetting := a.Origins["url"]
	switch {
	case url == "" || typed != "" && isSetting:
		a.NoteSettings("url")
		return typed, nil
	case typed != "":
		return "", a.BadFlag("url", "the URL %s is given as well, want one of them", redact.Typed(typed))
	case !strings.Contains(url, PortPlace):
		a.NoteSettings()
		return url, nil
	case isSetting:
		a.NoteSettings("url")
		a.Notef("%s has %s, which \"rtkmock test\" fills; the built-in receiver is used, unless a URL is given", a.Origin("url"), PortPlace)
		return "", nil
	}
	return "", a.BadFlag("url", "found %s in it, which \"rtkmock test\" fills where it starts a command", PortPlace)
}

// Parse checks the URL of the receiver that a verb is given, and refuses one out
// in the world unless that is allowed.
func Parse(ctx context.Context, verb, text string, allowRemote bool) (*url.URL, error) {
	u, err := ParseURL(verb+": the URL", text)
	if err != nil {
		return nil, err
	}
	return u, Guard(ctx, verb, u, allowRemote)
}

// guessURL returns the URL that text is, except for its scheme, or "".
func guessURL(text string) string {
	if strings.Contains(text, "://") || strings.HasPrefix(text, "/") || strings.ContainsAny(text, " @?") {
		return ""
	}
	if strings.HasPrefix(text, ":") {
		text = "localhost" + text
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "http:/"), "http:")
	u, err := url.Parse("http://" + text)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	if host := u.Hostname(); u.Port() == "" && host != "localhost" && !strings.Contains(host, ".") {
		return "" // a word, and no sign that it is a host
	}
	return u.String()
}

// IsHTTP reports whether a URL is one of http or https with a host.
func IsHTTP(u *url.URL, err error) bool {
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.Opaque == ""
}

// lookupLimit bounds the look-up of a host name.
const lookupLimit = 3 * time.Second

// Guard refuses a target out in the world unless it is allowed: deliveries,
// forged ones among them, are for receivers of one's own.
func Guard(ctx context.Context, who string, u *url.URL, allowed bool) error {
	if allowed {
		return nil
	}
	lookup, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	near, known := mocksender.AllowedByDefault(lookup, u.Hostname())
	switch {
	case near:
		return nil
	case ctx.Err() != nil:
		return exit.ErrInterrupted
	case !known:
		return exit.Usagef("%s: the host %s does not resolve, so nobody knows whether it is a private one; want another, or --allow-remote", who, u.Hostname())
	}
	return exit.Usagef("%s: the host %s is neither this machine nor in a private network; want --allow-remote if it is yours to test", who, u.Hostname())
}

// IsLoopback reports whether a host is this machine and nothing else.
func IsLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Address is the host and port that a URL's requests go to.
func Address(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
}
