package intercept

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// How long a client may take for the header of a request, and between two
// requests.
const (
	readHeaderWait = 30 * time.Second
	idleWait       = 2 * time.Minute
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// newServer returns a server that bounds what a client can hold open.
func newServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: readHeaderWait, IdleTimeout: idleWait, ErrorLog: quiet()}
}

// front answers TLS connections for the names that are intercepted.
type front struct {
	authority *authority
	contacts  *contacts
	now       func() time.Time
	onFault   func(string, Fault) // nil: nobody is told

	mu     sync.Mutex
	faults map[string]Fault
	open   map[net.Conn]*visit // connections
}

// visit is what is known of a connection.
type visit struct {
	host  string // that it got a good certificate of; empty: none
	asked bool   // a request came
}

// visitKey is that of a connection's visit in the contexts of its handshake and its
// requests.
type visitKey struct{}

// visited changes the visit that a context belongs to.
func (f *front) visited(ctx context.Context, change func(*visit)) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		f.mu.Lock()
		defer f.mu.Unlock()
		change(v)
	}
}

func (f *front) opened(ctx context.Context, conn net.Conn) context.Context {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		f.open = map[net.Conn]*visit{}
	}
	v := &visit{}
	f.open[conn] = v
	return context.WithValue(ctx, visitKey{}, v)
}

// changed counts a connection that ends without a request.
func (f *front) changed(conn net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.open[conn]
	delete(f.open, conn)
	if v != nil && v.host != "" && !v.asked {
		f.contacts.count(v.host, func(c *Contact) { c.Unasked++ })
	}
}

// serve answers the connections of ln until it is closed.
func (f *front) serve(server *http.Server, ln net.Listener) {
	server.TLSConfig = &tls.Config{GetCertificate: f.certificate, MinVersion: tls.VersionTLS12}
	server.ConnContext, server.ConnState = f.opened, f.changed
	_ = server.ServeTLS(ln, "", "")
}

// errRefused ends a handshake. The client gets an alert.
var errRefused = errors.New("intercept: refused, as a fault has it")

func (f *front) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := canonical(hello.ServerName)
	fault := f.fault(host)
	if fault == NameUnknown {
		fault = NoFault // the client has looked it up before
	}
	f.report(host, fault)
	if fault == TLSRefused {
		return nil, errRefused
	}
	leaf, err := f.authority.leaf(host, fault, f.now())
	if err == nil && host != "" {
		f.contacts.count(host, func(c *Contact) { c.Connections++ })
	}
	if err == nil && fault == NoFault {
		f.visited(hello.Context(), func(v *visit) { v.host = host })
	}
	return leaf, err
}

func (f *front) report(host string, fault Fault) {
	if fault != NoFault && f.onFault != nil {
		f.onFault(host, fault)
	}
}

func (f *front) fault(host string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults[host]
}

// abortFaulty aborts requests for a host with a fault: they come on connections
// from before it.
func (f *front) abortFaulty(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.visited(r.Context(), func(v *visit) { v.asked = true })
		host := hostOf(r.Host)
		if fault := f.fault(host); fault != NoFault && fault != NameUnknown {
			f.report(host, fault)
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	})
}

// unknown returns the hosts with NameUnknown.
func (f *front) unknown() (hosts []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for host, fault := range f.faults {
		if fault == NameUnknown {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func (f *front) setFault(host string, fault Fault) error {
	if host = canonical(host); !slices.Contains(f.authority.hosts, host) {
		return fmt.Errorf("%w: %q is not intercepted", ErrHost, host)
	}
	if fault != NoFault && !slices.Contains(Faults(), fault) {
		return fmt.Errorf("%w %q", ErrFault, string(fault))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.faults == nil {
		f.faults = map[string]Fault{}
	}
	f.faults[host] = fault
	return nil
}

// handover is a listener for connections that others have accepted.
type handover struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandover(addr net.Addr) *handover {
	return &handover{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// give hands a connection over, or closes it if nobody takes it any more.
func (h *handover) give(conn net.Conn) {
	select {
	case h.conns <- conn:
	case <-h.done:
		conn.Close()
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case conn := <-h.conns:
		return conn, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handover) Addr() net.Addr { return h.addr }
