package intercept

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
)

// proxy is what HTTPS_PROXY of a command names. It answers the names that are
// intercepted, and passes on all else, unread.
type proxy struct {
	hosts    []string
	router   http.Handler
	front    *handover // takes the connections for the names
	upstream *upstream
	forward  http.Handler // for requests without TLS
	unknown  func() []string

	mu      sync.Mutex
	tunnels map[net.Conn]bool // nil: closed
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := hostOf(r.Host)
	named := slices.Contains(p.hosts, host)
	switch {
	case !isLoopback(r.RemoteAddr):
		http.Error(w, "rtkmock: this proxy is for this machine alone", http.StatusForbidden)
	case named && slices.Contains(p.unknown(), host):
		http.Error(w, fmt.Sprintf("rtkmock: %s: no such host", host), http.StatusBadGateway)
	case r.Method == http.MethodConnect:
		p.connect(w, r, named && r.URL.Port() == "443")
	case !r.URL.IsAbs():
		http.Error(w, "rtkmock: this is a proxy for the command that is tested, and no web server", http.StatusBadRequest)
	case named && r.URL.Scheme == "https":
		p.router.ServeHTTP(w, r) // some clients leave TLS to the proxy
	case named:
		refuse(w, http.StatusBadGateway, fmt.Sprintf("%s is answered over https alone", host))
	default:
		p.forward.ServeHTTP(w, r)
	}
}

// isLoopback reports whether an address with a port is of this machine.
func isLoopback(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

func (p *proxy) connect(w http.ResponseWriter, r *http.Request, named bool) {
	// A client may have ended its stream already, which is the end of r's context.
	ctx := context.WithoutCancel(r.Context())
	var there net.Conn
	if !named {
		var err error
		if there, err = p.upstream.connect(ctx, r.URL.Host); err != nil {
			http.Error(w, fmt.Sprintf("rtkmock: %.300s could not be reached: %v", r.URL.Host, err), http.StatusBadGateway)
			return
		}
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		if there != nil {
			there.Close()
		}
		http.Error(w, "rtkmock: CONNECT needs HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	here := &readAhead{Conn: conn, r: buffered.Reader}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		conn.Close()
	}
	if named {
		p.front.give(here)
		return
	}
	p.tunnel(here, there)
}

// tunnel copies in both directions until both have ended.
func (p *proxy) tunnel(a, b net.Conn) {
	if !p.open(a, b) {
		return
	}
	defer p.shut(a, b)
	var wg sync.WaitGroup
	wg.Go(func() { pipe(a, b) })
	wg.Go(func() { pipe(b, a) })
	wg.Wait()
}

// pipe copies, and passes on the end of the stream.
func pipe(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite()
		return
	}
	to.Close()
	from.Close()
}

func (p *proxy) open(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.tunnels == nil {
			c.Close()
		} else {
			p.tunnels[c] = true
		}
	}
	return p.tunnels != nil
}

func (p *proxy) shut(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(p.tunnels, c)
	}
}

// Close ends all tunnels.
func (p *proxy) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.tunnels {
		c.Close()
	}
	p.tunnels = nil
}

// readAhead is a connection of which some bytes have been read already.
type readAhead struct {
	net.Conn
	r *bufio.Reader
}

func (c *readAhead) Read(b []byte) (int, error) { return c.r.Read(b) }

// CloseWrite ends the stream to the other side.
func (c *readAhead) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Conn.Close()
}
