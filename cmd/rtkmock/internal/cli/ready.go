package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Pauses between two looks at a target that is starting, and the time that one
// look may take.
const (
	firstPause  = 10 * time.Millisecond
	longestLook = 2 * time.Second
	lastPause   = 250 * time.Millisecond
)

// readiness tells whether a target can be sent to.
type readiness struct {
	what string                      // "localhost:3000 accepts connections"
	not  string                      // "localhost:3000 accepts no connection"
	look func(context.Context) error // nil: it is ready
}

// accepting is the readiness of whatever accepts connections at HOST:PORT.
func accepting(addr string) readiness {
	return readiness{addr + " accepts connections", addr + " accepts no connection", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, longestLook)
		defer cancel()
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}}
}

// greeting is the readiness of whatever answers a GET of u with a 2xx.
func greeting(u *url.URL, trust *tls.Config) readiness {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: trust},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	name := redact.URL(u.String())
	return readiness{name + " answers 2xx", name + " does not answer 2xx", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, longestLook)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
		if resp.StatusCode/100 != 2 {
			return fmt.Errorf("it answers %d", resp.StatusCode)
		}
		return nil
	}}
}

// errGone ends a wait for a program that has ended.
var errGone = errors.New("it has ended")

// wait waits until the target is ready, for as long as limit or until gone is
// closed. The error says what it waited for in vain.
func (r readiness) wait(ctx context.Context, limit time.Duration, gone <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := r.look(ctx)
		select {
		case <-gone:
			return errGone // whatever answers is somebody else
		default:
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New(r.not)
		case <-gone:
		case <-time.After(pause):
		}
	}
}

// waitForTarget waits until something accepts connections where u leads, for
// as long as limit. It reports whether that happened.
func waitForTarget(ctx context.Context, u *url.URL, proxied bool, limit time.Duration) bool {
	addr := dialable(u)
	if proxied {
		if p, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && p != nil {
			addr = dialable(p)
		}
	}
	return accepting(addr).wait(ctx, limit, nil) == nil
}

// parseWaitFor reads the URL, HOST:PORT or PORT of --wait-for.
func (a *app) parseWaitFor(text string, target *url.URL, f *deliveryFlags, trust *tls.Config) (readiness, error) {
	bad := func() (readiness, error) {
		hint := ""
		if _, err := time.ParseDuration(text); err == nil {
			hint = "; how long to wait is --wait-for-target"
		}
		return readiness{}, a.bad("wait-for", "%s", found(redact.Typed(text), "a URL that answers 2xx once the target is ready, or the port that it listens at%s", hint))
	}
	host, port := target.Hostname(), text
	if u, err := url.Parse(text); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		if u.Hostname() == "" {
			return bad()
		}
		return greeting(u, trust), a.guardRemote(a.origin("wait-for"), u, f.allowRemote)
	}
	if h, p, err := net.SplitHostPort(text); err == nil && h != "" {
		host, port = h, p
		if err := a.guardRemote(a.origin("wait-for"), &url.URL{Host: text}, f.allowRemote); err != nil {
			return readiness{}, err
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strings.HasPrefix(port, "+") {
		return bad()
	}
	return accepting(net.JoinHostPort(host, port)), nil
}
