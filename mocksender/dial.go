package mocksender

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// dialer opens connections: to the target, or through a proxy, with or without
// TLS.
type dialer struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	tls  *tls.Config
	// proxy returns the proxy for a URL, nil for none; nil: there is none.
	proxy func(*http.Request) (*url.URL, error)
}

func newDialer(o Options) *dialer {
	d := &dialer{dial: o.Dial, tls: o.tlsConfig()}
	if o.Proxy {
		d.proxy = http.ProxyFromEnvironment
	}
	return d
}

// connect opens a connection for t.
func (d *dialer) connect(t *try) (*conn, *NetError) {
	first := &t.q.target
	if t.q.proxy != nil {
		first = t.q.proxy
	}
	raw, err := d.dial(t.ctx, "tcp", first.addr)
	if err != nil {
		return nil, t.classifyDial(err, first)
	}
	top, failure := d.layers(t, raw, first)
	if failure != nil {
		_ = raw.Close()
		return nil, failure
	}
	return newConn(top, raw, t.q.route()), nil
}

// layers puts on raw, a connection to the first hop, what leads to the target.
func (d *dialer) layers(t *try, raw net.Conn, first *target) (top net.Conn, failure *NetError) {
	top = raw
	if first.scheme == "https" {
		if top, failure = d.secure(t, top, first); failure != nil {
			return nil, failure
		}
	}
	if first == &t.q.target || t.q.scheme == "http" {
		return top, nil
	}
	if failure := t.tunnel(top); failure != nil {
		return nil, failure
	}
	return d.secure(t, top, &t.q.target)
}

// secure shakes hands over c as a client of the given host.
func (d *dialer) secure(t *try, c net.Conn, with *target) (net.Conn, *NetError) {
	config := d.tls.Clone()
	config.ServerName = with.name
	over := tls.Client(c, config)
	if err := over.HandshakeContext(t.ctx); err != nil {
		return nil, t.classifyTLS(err, with)
	}
	return over, nil
}

// tunnel asks the proxy at the other end of c to connect to the target.
func (t *try) tunnel(c net.Conn) *NetError {
	stop := context.AfterFunc(t.ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	who := t.called(t.q.proxy)
	head := "CONNECT " + t.q.addr + " HTTP/1.1\r\nHost: " + t.q.addr + "\r\n"
	if t.q.proxy.basic != "" {
		head += "Proxy-Authorization: " + t.q.proxy.basic + "\r\n"
	}
	if _, err := c.Write([]byte(head + "\r\n")); err != nil {
		return t.classify(err, who, "did not take the request")
	}
	src := &source{r: c}
	src.begin(t.o.MaxHeader)
	br := bufio.NewReader(src)
	res, err := http.ReadResponse(br, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return t.classifyRead(err, who, src)
	case res.StatusCode/100 != 2:
		return &NetError{Class: ClassOther, Msg: fmt.Sprintf("%s answered %d to CONNECT %s", who, res.StatusCode, t.q.addr)}
	case br.Buffered() > 0:
		return &NetError{Class: ClassProtocol, Msg: who + " sent more than its answer to CONNECT"}
	}
	return nil
}

// proxyFor returns the proxy to reach t through, nil for none.
func (d *dialer) proxyFor(t target) (*target, error) {
	if d.proxy == nil {
		return nil, nil
	}
	u, err := d.proxy(&http.Request{URL: &url.URL{Scheme: t.scheme, Host: t.addr}})
	if err != nil {
		return nil, errors.New("mocksender: the environment's proxy is not a URL")
	}
	if u == nil {
		return nil, nil
	}
	proxy, err := parseTarget(u.String())
	if err != nil {
		return nil, fmt.Errorf("mocksender: the environment's proxy cannot be used: %w", err)
	}
	return &proxy, nil
}
