package cli

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// remoteLookup bounds the look-up that tells whether a host name is a private
// one.
const remoteLookup = 3 * time.Second

// parseTarget checks the URL of a receiver.
func parseTarget(verb, text string) (*url.URL, error) {
	mistake := func(want string, args ...any) error {
		return usagef("%s: the URL: %s", verb, found(redact.Typed(text), want, args...))
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		if guess := guessURL(text); guess != "" {
			return nil, mistake("a scheme; did you mean %s?", guess)
		}
		return nil, mistake("one such as http://localhost:3000/webhook")
	}
	if u.Hostname() == "" || u.Opaque != "" {
		return nil, mistake("a host, as in %s://localhost:3000/webhook", u.Scheme)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, mistake("a port from 1 to 65535")
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return nil, mistake("a port after the colon")
	}
	if strings.Contains(text, "#") {
		return nil, mistake("no fragment: what follows the # is never sent")
	}
	return u, nil
}

// guessURL returns the URL that text lacks a scheme to be, or "".
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
	host := u.Hostname()
	if u.Port() == "" && host != "localhost" && !strings.Contains(host, ".") {
		return "" // a word, and no sign that it is a host
	}
	return u.String()
}

// nearby is mocksender.Near with a bound on the look-up of a name.
func nearby(ctx context.Context, host string) (near, known bool) {
	ctx, cancel := context.WithTimeout(ctx, remoteLookup)
	defer cancel()
	return mocksender.AllowedByDefault(ctx, host)
}

// isLoopback reports whether a host is this machine and nothing else.
func isLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// guardRemote refuses a target out in the world unless --allow-remote is given:
// deliveries, forged ones among them, are for receivers of one's own.
func (a *app) guardRemote(verb string, u *url.URL, allowed bool) error {
	if allowed {
		return nil
	}
	near, known := nearby(a.ctx, u.Hostname())
	switch {
	case near:
		return nil
	case a.interrupted():
		return errInterrupted()
	case !known:
		return usagef("%s: the host %s does not resolve, so it cannot be told to be a private one; want another, or --allow-remote", verb, u.Hostname())
	}
	return usagef("%s: the host %s is neither this machine nor in a private network; want --allow-remote if it is yours to test", verb, u.Hostname())
}

// dialable is the host and port that a URL's requests go to.
func dialable(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
