package receivers

import (
	"bytes"
	"net"
	"slices"
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
// exactly as given. It looks at the beginning of every line, of bodies too, where
// no JSON has such a name.
type exactNamesConn struct {
	net.Conn
	names []string

	line []byte // the beginning of the present line
}

// longestName is more of a line than any of the names has.
const longestName = 32

// Read reads what the client sent. It replaces the last letter of a name that is
// spelled in another way.
func (c *exactNamesConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for i, b := range p[:n] {
		switch {
		case b == '\n':
			c.line = c.line[:0]
		case len(c.line) < longestName:
			c.line = append(c.line, b)
			other := func(name string) bool { return name != string(c.line) && strings.EqualFold(name, string(c.line)) }
			if slices.ContainsFunc(c.names, other) {
				p[i] = 'x'
			}
		}
	}
	return n, err
}

// trailingConn sends more bytes than the HTTP server wrote.
type trailingConn struct {
	net.Conn
	// extra returns what follows an answer, given the beginnings of the request
	// and of the answer.
	extra func(request, answer []byte) string

	request []byte
	early   []byte // of the next request
}

// Read notes the beginning of each request. The server reads that in one piece,
// unless it is large, or came while the server looked for the end of the connection:
// then it has read the first byte for itself.
func (c *trailingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	piece := append(c.early, p[:n]...)
	if c.early = nil; string(piece) == "P" {
		c.early = piece
	}
	if line, _, whole := bytes.Cut(piece, []byte("\r\n")); whole && bytes.HasSuffix(line, []byte(" HTTP/1.1")) {
		c.request = bytes.Clone(piece)
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
