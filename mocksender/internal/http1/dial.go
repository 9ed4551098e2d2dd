package http1

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
)

// connect opens a connection: to the target or through a proxy, with or without
// TLS.
func (x *exchange) connect() (*conn, *Failure) {
	ctx, cancel := context.WithDeadline(x.caller, x.end)
	defer cancel()
	first := &x.q.Target
	if x.q.proxy != nil {
		first = x.q.proxy
	}
	raw, err := x.o.Dial(ctx, "tcp", first.Addr)
	if err != nil {
		return nil, x.classifyDial(err, first)
	}
	top, failure := x.layers(ctx, raw, first)
	if failure != nil {
		_ = raw.Close()
		return nil, failure
	}
	return newConn(top, raw, x.q.route()), nil
}

// layers puts on raw, a connection to the first hop, what leads to the target.
func (x *exchange) layers(ctx context.Context, raw net.Conn, first *Target) (top net.Conn, failure *Failure) {
	top = raw
	if first.Scheme == "https" {
		if top, failure = x.secure(ctx, top, first); failure != nil {
			return nil, failure
		}
	}
	if first == &x.q.Target || x.q.Target.Scheme == "http" {
		return top, nil
	}
	if failure := x.tunnel(ctx, top); failure != nil {
		return nil, failure
	}
	return x.secure(ctx, top, &x.q.Target)
}

// secure shakes hands over c as a client of the given host.
func (x *exchange) secure(ctx context.Context, c net.Conn, with *Target) (net.Conn, *Failure) {
	config := x.o.TLS.Clone()
	config.ServerName = with.Name
	over := tls.Client(c, config)
	if err := over.HandshakeContext(ctx); err != nil {
		return nil, x.classifyTLS(err, with)
	}
	return over, nil
}

// tunnel asks the proxy at the other end of c to connect to the target.
func (x *exchange) tunnel(ctx context.Context, c net.Conn) *Failure {
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(aLongTimeAgo) })()
	who, addr := x.called(x.q.proxy), x.q.Target.Addr
	head := "CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\n"
	if x.q.proxy.Basic != "" {
		head += "Proxy-Authorization: " + x.q.proxy.Basic + "\r\n"
	}
	if _, err := c.Write([]byte(head + "\r\n")); err != nil {
		return x.classify(err, who, "did not take the request")
	}
	in := &input{r: c}
	in.reset(x.maxHeader)
	br := bufio.NewReader(in)
	res, err := http.ReadResponse(br, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return x.classifyRead(err, who, in)
	case res.StatusCode/100 != 2:
		return &Failure{Kind: Other, Msg: fmt.Sprintf("%s answered %d to CONNECT %s", who, res.StatusCode, addr)}
	case br.Buffered() > 0:
		return &Failure{Kind: Protocol, Msg: who + " sent more than its answer to CONNECT"}
	}
	return nil
}
