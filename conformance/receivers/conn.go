package receivers

import (
	"bytes"
	"net"
	"strings"
)

// The connections of this file are between the network and the HTTP server of a
// flawed receiver.

// wrapConns wraps each connection.
func wrapConns(wrap func(*pipeline, net.Conn) net.Conn) change {
	return func(p *pipeline) {
		p.listen = func(ln net.Listener) net.Listener {
			return wrappedListener{ln, func(c net.Conn) net.Conn { return wrap(p, c) }}
		}
	}
}

type wrappedListener struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

// Accept waits for a connection and wraps it.
func (l wrappedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

// exactNamesConn hides header fields of some names, unless they are spelled
// exactly as given. It looks at the beginning of every line, of bodies too: a
// body that ended in the beginning of a name would never be read to its end,
// and no JSON does that.
type exactNamesConn struct {
	net.Conn
	names []string

	held   []byte // the beginning of a line that may be one of names
	inLine bool   // the line is none of these
	ready  []byte // to be read
}

// Read reads what the client sent. It replaces the first letter of a name that
// is spelled in another way.
func (c *exactNamesConn) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		chunk := make([]byte, len(p))
		n, err := c.Conn.Read(chunk)
		for _, b := range chunk[:n] {
			c.take(b)
		}
		if err != nil {
			c.ready, c.held = append(c.ready, c.held...), nil
			if len(c.ready) == 0 {
				return 0, err
			}
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// take looks at the next byte. It holds back what may become a name, until it
// has become one or cannot any more.
func (c *exactNamesConn) take(b byte) {
	c.held = append(c.held, b)
	if !c.inLine {
		for _, name := range c.names {
			field := name + ":"
			if len(c.held) > len(field) || !strings.EqualFold(field[:len(c.held)], string(c.held)) {
				continue
			}
			if len(c.held) < len(field) {
				return
			}
			if string(c.held) != field {
				c.held[0] = 'x'
			}
		}
	}
	c.inLine = b != '\n'
	c.ready, c.held = append(c.ready, c.held...), nil
}

// trailingConn sends more bytes than the HTTP server wrote.
type trailingConn struct {
	net.Conn
	// extra returns what follows an answer, given the beginnings of the request
	// and of the answer.
	extra func(request, answer []byte) string

	request []byte
}

// Read notes the beginning of each request. The server reads that in one piece,
// unless it is large.
func (c *trailingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if line, _, whole := bytes.Cut(p[:n], []byte("\r\n")); whole && bytes.HasSuffix(line, []byte(" HTTP/1.1")) {
		c.request = bytes.Clone(p[:n])
	}
	return n, err
}

// Write writes p and what follows it in one piece, and counts only p.
func (c *trailingConn) Write(p []byte) (int, error) {
	extra := ""
	if bytes.HasPrefix(c.request, []byte("POST ")) {
		extra = c.extra(c.request, p)
	}
	n, err := c.Conn.Write(append(p[:len(p):len(p)], extra...))
	return min(n, len(p)), err
}
