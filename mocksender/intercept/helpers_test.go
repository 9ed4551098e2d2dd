package intercept

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// say answers with the host and path of a request.
func say(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "answered ", r.Host, r.URL.Path) }

// begin starts an interception that ends with the test.
func begin(t *testing.T, o Options) *Interception {
	t.Helper()
	if o.Handler == nil {
		o.Handler = http.HandlerFunc(say)
	}
	if o.Dial == nil {
		o.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
			return nil, fmt.Errorf("this test goes to %s", addr)
		}
	}
	i, err := Start(t.Context(), o)
	assert.NilError(t, err)
	t.Cleanup(func() { assert.NilError(t, i.Close()) })
	return i
}

// roots trusts the authority alone.
func (i *Interception) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(i.front.authority.cert)
	return pool
}

// proxied is a client that heeds the proxy, as HTTPS_PROXY has it.
func proxied(t *testing.T, i *Interception, more ...*x509.Certificate) *http.Client {
	roots := i.roots()
	for _, cert := range more {
		roots.AddCert(cert)
	}
	up := newUpstream(i.Environ(nil), roots, new(net.Dialer).DialContext)
	transport := up.transport()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// get returns the status and the body of an answer.
func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	res, err := c.Get(url)
	assert.NilError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	assert.NilError(t, err)
	return res.StatusCode, string(body)
}

// standIn plays all other hosts, and records what it gets.
type standIn struct {
	*httptest.Server
	company string // the file with the certificate of its authority

	mu   sync.Mutex
	seen []string // method and URI of each request
}

func newStandIn(t *testing.T, h http.Handler) *standIn {
	s := &standIn{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.RequestURI)
		s.mu.Unlock()
		if h != nil {
			h.ServeHTTP(w, r)
		}
	}))
	// It has a certificate of somebody else's authority, such as a company's.
	ca, err := newAuthority(Hosts(), time.Now())
	assert.NilError(t, err)
	leaf, err := ca.leaf(CloudflareHost, NoFault, time.Now())
	assert.NilError(t, err)
	s.Server.TLS = &tls.Config{Certificates: []tls.Certificate{*leaf}}
	s.Server.Config.ErrorLog = quiet()
	s.Server.StartTLS()
	t.Cleanup(s.Close)
	s.company = filepath.Join(t.TempDir(), "company.pem")
	assert.NilError(t, os.WriteFile(s.company, ca.pem(), 0o600))
	return s
}

// options lead all that is forwarded to the stand-in.
func (s *standIn) options(environ ...string) Options {
	return Options{
		Environ: append(environ, "SSL_CERT_FILE="+s.company),
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr != CloudflareHost+":443" {
				return nil, fmt.Errorf("this test goes to %s", addr)
			}
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		},
	}
}

func (s *standIn) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

// connect opens a tunnel through the proxy and returns it, and the status line.
func connect(t *testing.T, i *Interception, target string) (net.Conn, string) {
	t.Helper()
	conn, err := net.Dial("tcp", i.settings.Proxy)
	assert.NilError(t, err)
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target)
	in := bufio.NewReader(conn)
	status, err := in.ReadString('\n')
	assert.NilError(t, err)
	for {
		line, err := in.ReadString('\n')
		assert.NilError(t, err)
		if strings.TrimSpace(line) == "" {
			return &readAhead{Conn: conn, r: in}, strings.TrimSpace(status)
		}
	}
}
