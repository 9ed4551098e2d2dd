// Package server is what rtkmock serves itself: at which address, and how others
// find out about it.
package server

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// DefaultListen is this machine alone, and any free port.
const DefaultListen = "127.0.0.1:0"

// Flags are --listen and --advertise.
type Flags struct {
	Listen    string
	Advertise string
	Flag      string // that Listen comes from; empty: listen
}

// Add adds the flags. what says what is served.
func (f *Flags) Add(fs *pflag.FlagSet, what string) {
	f.Listen = DefaultListen
	flags.String(fs, &f.Listen, "listen", "ADDR", "address of "+what+"; port 0 takes a free one")
	flags.String(fs, &f.Advertise, "advertise", "URL", "where others reach that address, such as http://host.docker.internal:9010")
}

// Open opens the address of --listen. Nothing is served before Serve, but the
// listener accepts connections, so that nobody is turned away in between.
func Open(ctx context.Context, a *app.App, f Flags) (*Server, error) {
	base, err := BaseURL(a, "advertise", f.Advertise)
	if err != nil {
		return nil, err
	}
	flag := cmp.Or(f.Flag, "listen")
	host, port, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return nil, a.BadFlag(flag, "found %q, want HOST:PORT such as 127.0.0.1:9010", f.Listen)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, a.BadFlag(flag, "found the port %q in %q, want a number from 0 to 65535", port, f.Listen)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", f.Listen)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, exit.ErrInterrupted
	case err != nil:
		return nil, a.BadFlag(flag, "%s: %s", f.Listen, ListenProblem(err))
	case base == "":
		base = "http://" + reachable(host, ln.Addr())
	}
	return &Server{Listener: ln, Base: base}, nil
}

// reachable is the host and port by which this machine reaches a listener. A
// host name stays a name: it may be what a certificate or a container knows.
func reachable(host string, addr net.Addr) string {
	if isEverywhere(host) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.Itoa(addr.(*net.TCPAddr).Port))
}

// isEverywhere reports whether a host stands for all addresses of the machine.
func isEverywhere(host string) bool { return host == "" || net.ParseIP(host).IsUnspecified() }

// Hint says what an address that stands for all addresses needs.
func (f Flags) Hint(a *app.App) {
	if host, _, err := net.SplitHostPort(f.Listen); err == nil && f.Advertise == "" && isEverywhere(host) {
		a.Notef("listening on every address of this machine; others need its name in place of 127.0.0.1 (--advertise)")
	}
}

// BaseURL checks the URL of a flag by which others reach a server, and returns it
// without a final slash; "" stays "".
func BaseURL(a *app.App, flag, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if !target.IsHTTP(u, err) {
		return "", a.BadFlag(flag, "found %q, want http://HOST:PORT or https://HOST", redact.Typed(text))
	}
	if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", a.BadFlag(flag, "found %q, want scheme, host and port alone", redact.Typed(text))
	}
	return u.Scheme + "://" + u.Host, nil
}

// HostOf returns the host of a base URL.
func HostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// ListenProblem says why an address cannot be listened at, and what to do.
func ListenProblem(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "the address is in use, want another port, or 0 for a free one"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address, want one of its own such as 127.0.0.1"
	case errors.Is(err, syscall.EACCES):
		return "permission denied, want a port from 1024 on"
	}
	if dns := new(net.DNSError); errors.As(err, &dns) {
		return "the host name does not resolve"
	}
	if op := new(net.OpError); errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}
