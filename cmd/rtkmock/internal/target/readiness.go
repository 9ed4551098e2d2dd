package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Pauses between two probes of a target that is starting, and the time that one
// probe may take.
const (
	firstPause = 10 * time.Millisecond
	lastPause  = 250 * time.Millisecond
	probeLimit = 2 * time.Second
)

// Readiness is how it shows that a target can be sent to.
type Readiness struct {
	What string // "localhost:3000 accepts connections"
	Not  string // "localhost:3000 accepts no connection"
	// Look looks at a target that has been starting for took. Nil: it is ready.
	Look func(ctx context.Context, took time.Duration) error
}

// Dial opens connections as net.Dialer.DialContext does, which is what nil stands for.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Accepts is the readiness of what accepts connections at HOST:PORT.
func Accepts(addr string, dial Dial) Readiness {
	return Readiness{addr + " accepts connections", addr + " accepts no connection", func(ctx context.Context, _ time.Duration) error {
		conn, err := dial.limited(ctx, addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}}
}

// Keeps is the readiness of what accepts connections at HOST:PORT and does not end them at
// once. A proxy that publishes the port of a container accepts them before the receiver
// listens behind it, and has nobody to lead them to.
func Keeps(addr string, dial Dial) Readiness {
	r := Accepts(addr, dial)
	r.Look = func(ctx context.Context, took time.Duration) error {
		conn, err := dial.limited(ctx, addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if mocksender.EndsAtOnce(conn, took) {
			return &endsError{addr}
		}
		return nil
	}
	return r
}

// endsError says that connections are accepted, and that nobody is behind that.
type endsError struct{ addr string }

func (e *endsError) Error() string {
	return e.addr + " keeps no connection open (a proxy without a receiver behind it?)"
}

func (d Dial) limited(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	if d == nil {
		d = new(net.Dialer).DialContext
	}
	return d(ctx, "tcp", addr)
}

// Answers is the readiness of what answers a GET of u with a 2xx.
func Answers(u *url.URL, trust *tls.Config, dial Dial) Readiness {
	client := &http.Client{
		Timeout:       probeLimit,
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: trust, DialContext: dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	name := redact.URL(u.String())
	return Readiness{name + " answers 2xx", name + " does not answer 2xx", func(ctx context.Context, _ time.Duration) error {
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

// errExited ends a wait for a program that has ended.
var errExited = errors.New("it has ended")

// NoteAfter is how long a wait takes that is worth a note.
const NoteAfter = time.Second

// Wait waits until the target is ready, for as long as limit or until exited is
// closed. t, if it is not nil, gets a note where that takes time. The error says
// what was missing to the end.
func (r Readiness) Wait(ctx context.Context, t *terminal.Terminal, limit time.Duration, exited <-chan struct{}) error {
	if t != nil && limit > NoteAfter {
		text := fmt.Sprintf("waiting up to %s until %s", flags.ShowDuration(limit), r.What)
		if exited == nil { // nobody here starts it
			text = fmt.Sprintf("%s yet; waiting for it up to %s (--wait-for-target); Ctrl-C ends that", r.Not, flags.ShowDuration(limit))
		}
		waiting := time.AfterFunc(NoteAfter, func() { t.Notef("%s", text) })
		defer waiting.Stop()
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := time.Now()
	for d := firstPause; ; d = min(2*d, lastPause) {
		err := r.Look(ctx, time.Since(began))
		select {
		case <-exited:
			return errExited // whatever answers is somebody else
		default:
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			if ends := new(endsError); errors.As(err, &ends) {
				return ends
			}
			return errors.New(r.Not)
		case <-exited:
		case <-time.After(d):
		}
	}
}

// Listening is the readiness of what accepts connections where u leads, or, if a
// proxy carries the requests, the readiness of the proxy.
func Listening(u *url.URL, proxied bool, dial Dial) Readiness {
	if proxied {
		if p, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && p != nil {
			u = p
		}
	}
	return Accepts(Address(u), dial)
}

// WaitFlag adds --wait-for-target.
func WaitFlag(fs *pflag.FlagSet, dst *time.Duration) {
	flags.Duration(fs, dst, "wait-for-target", 30*time.Second, "how long to wait until the target accepts connections")
}
