package cli

import (
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// defaultListen is the address of rtkmock's own servers: this machine alone,
// any free port.
const defaultListen = "127.0.0.1:0"

// shutdownPatience is how long a server that ends waits for answers under way.
const shutdownPatience = 2 * time.Second

// listenFlags are --listen and --advertise.
type listenFlags struct {
	addr      string
	advertise string
	flag      string // that addr comes from; empty: listen
}

func (l *listenFlags) add(fs *pflag.FlagSet, what string) {
	l.addr = defaultListen
	stringFlag(fs, &l.addr, "listen", "ADDR", "address of "+what+"; port 0 takes a free one")
	stringFlag(fs, &l.advertise, "advertise", "URL", "where others reach that address, such as http://host.docker.internal:9010")
}

// face is a server of rtkmock's own.
type face struct {
	ln     net.Listener
	base   string // URL by which others reach it, without a path
	server *http.Server

	mu     sync.Mutex
	unused map[net.Conn]bool // connections on which nothing has come yet
}

// listen opens the address of --listen.
func (a *app) listen(l listenFlags) (*face, error) {
	base, err := a.baseURL("advertise", l.advertise)
	if err != nil {
		return nil, err
	}
	flag := orElse(l.flag, "listen")
	host, err := a.listenHost(flag, l.addr)
	if err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(a.ctx, "tcp", l.addr)
	if err != nil {
		if a.interrupted() {
			return nil, errInterrupted()
		}
		return nil, a.bad(flag, "%s: %s", l.addr, listenProblem(err))
	}
	if base == "" {
		base = "http://" + reachable(host, ln.Addr())
	}
	return &face{ln: ln, base: base}, nil
}

// listenHost checks HOST:PORT and returns the host.
func (a *app) listenHost(flag, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", a.bad(flag, "found %q, want HOST:PORT such as 127.0.0.1:9010", addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", a.bad(flag, "found the port %q in %q, want a number from 0 to 65535", port, addr)
	}
	return host, nil
}

// reachable is the host and port under which this machine reaches a listener.
// A host name stays a name: it may be what a certificate or a container knows.
func reachable(host string, addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.String()
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// listensEverywhere reports whether addr stands for all addresses of the
// machine.
func listensEverywhere(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && (host == "" || net.ParseIP(host).IsUnspecified())
}

// otherBase checks the URL of --advertise-other, which leads to the host of base
// under another name; "" stays "".
func (a *app) otherBase(text, base string) (string, error) {
	other, err := a.baseURL("advertise-other", text)
	if err == nil && other != "" && strings.EqualFold(hostOf(other), hostOf(base)) {
		return "", a.bad("advertise-other", "found %q, the host of the key URL, want another name of it", hostOf(other))
	}
	return other, err
}

// baseURL checks the URL of a flag, under which rtkmock's own servers are
// reached, and returns it without a final slash; "" stays "".
func (a *app) baseURL(flag, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return "", a.bad(flag, "found %q, want http://HOST:PORT or https://HOST", redact.Typed(text))
	}
	if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", a.bad(flag, "found %q, want scheme, host and port alone", redact.Typed(text))
	}
	return u.Scheme + "://" + u.Host, nil
}

func listenProblem(err error) string {
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

// serve starts answering. The listener accepts connections from the moment it
// was opened, so nobody is turned away in between.
func (f *face) serve(h http.Handler) {
	f.server = &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		// What a client does wrong is the client's affair.
		ErrorLog:  log.New(io.Discard, "", 0),
		ConnState: f.watch,
	}
	go f.server.Serve(f.ln) //nolint:errcheck // ends with close
}

// watch keeps account of the unused connections.
func (f *face) watch(c net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unused == nil {
		f.unused = map[net.Conn]bool{}
	}
	if state == http.StateNew {
		f.unused[c] = true
	} else {
		delete(f.unused, c)
	}
}

// close stops answering, after a short while for what is under way. Unused
// connections, which clients open in advance, are no reason to wait.
func (f *face) close() {
	if f.server == nil {
		f.ln.Close()
		return
	}
	f.ln.Close()
	f.mu.Lock()
	unused := slices.Collect(maps.Keys(f.unused))
	f.mu.Unlock()
	for _, c := range unused {
		c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	if f.server.Shutdown(ctx) != nil {
		f.server.Close()
	}
}

// abort stops answering at once.
func (f *face) abort() {
	f.ln.Close()
	if f.server != nil {
		f.server.Close()
	}
}
