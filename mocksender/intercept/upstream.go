package intercept

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpproxy"
	netproxy "golang.org/x/net/proxy"
)

// dialWait is how long the way to another host may take to be there.
const dialWait = 30 * time.Second

// upstream is the way to all other hosts: as it was before, so behind the proxy
// that the environment names.
type upstream struct {
	proxyFor func(*url.URL) (*url.URL, error)
	roots    *x509.CertPool
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
}

func newUpstream(environ []string, roots *x509.CertPool, dial func(context.Context, string, string) (net.Conn, error)) *upstream {
	env := parseEnviron(environ)
	first := func(names ...string) string {
		for _, name := range names {
			if v := env.get(name); v != "" {
				return v
			}
		}
		return ""
	}
	config := &httpproxy.Config{
		HTTPProxy:  first("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"),
		HTTPSProxy: first("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"),
		NoProxy:    completed(noProxy(env), nil),
	}
	return &upstream{proxyFor: config.ProxyFunc(), roots: roots, dial: dial}
}

// transport carries requests that are forwarded.
func (u *upstream) transport() *http.Transport {
	return &http.Transport{
		Proxy:                 func(r *http.Request) (*url.URL, error) { return u.proxyFor(r.URL) },
		DialContext:           u.dial,
		TLSClientConfig:       &tls.Config{RootCAs: u.roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   dialWait,
		ResponseHeaderTimeout: headerWait,
		IdleConnTimeout:       idleWait,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // else it would ask for another form than the client did
	}
}

// connect returns a connection to "host:port", through a proxy if one is named.
func (u *upstream) connect(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	via, err := u.proxyFor(&url.URL{Scheme: "https", Host: addr})
	if err != nil {
		return nil, err
	}
	if via == nil {
		return u.dial(ctx, "tcp", addr)
	}
	switch via.Scheme {
	case "http", "https":
		return u.connectVia(ctx, via, addr)
	case "socks5", "socks5h":
		return u.connectSOCKS(ctx, via, addr)
	}
	return nil, fmt.Errorf("the proxy %s: found the scheme %q, want http, https, socks5 or socks5h", via.Redacted(), via.Scheme)
}

func (u *upstream) connectSOCKS(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	var auth *netproxy.Auth
	if via.User != nil {
		password, _ := via.User.Password()
		auth = &netproxy.Auth{User: via.User.Username(), Password: password}
	}
	dialer, err := netproxy.SOCKS5("tcp", "", auth, nil)
	if err != nil {
		return nil, err
	}
	// On a connection of ours: that of the library cannot be closed by halves.
	over, ok := dialer.(interface {
		DialWithConn(ctx context.Context, c net.Conn, network, addr string) (net.Addr, error)
	})
	if !ok {
		return nil, errors.New("the SOCKS client takes no connection")
	}
	conn, err := u.dial(ctx, "tcp", withPort(via, "1080"))
	if err == nil {
		if _, err = over.DialWithConn(ctx, conn, "tcp", addr); err != nil {
			conn.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the proxy %s: %w", via.Redacted(), err)
	}
	return conn, nil
}

// connectVia has an HTTP proxy connect.
func (u *upstream) connectVia(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	port := map[string]string{"http": "80", "https": "443"}[via.Scheme]
	conn, err := u.dial(ctx, "tcp", withPort(via, port))
	if err != nil {
		return nil, fmt.Errorf("the proxy %s: %w", via.Redacted(), err)
	}
	if via.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{RootCAs: u.roots, ServerName: via.Hostname(), MinVersion: tls.VersionTLS12})
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if via.User != nil {
		password, _ := via.User.Password()
		r.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)))
	}
	in := bufio.NewReader(conn)
	err = r.Write(conn)
	var answer *http.Response
	if err == nil {
		answer, err = http.ReadResponse(in, r)
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answered %s", answer.Status)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("the proxy %s: %w", via.Redacted(), err)
	}
	return &readAhead{Conn: conn, r: in}, nil
}

func withPort(u *url.URL, port string) string {
	if p := u.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(u.Hostname(), port)
}
