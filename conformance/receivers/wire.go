package receivers

import (
	"bytes"
	"net"
	"strings"
	"sync"
)

// The connections of this file are what lies between the network and the HTTP
// server of a flawed receiver.

// wrapped is a listener whose connections are wrapped.
type wrapped struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

// listening returns ln with its connections wrapped.
func listening(ln net.Listener, wrap func(net.Conn) net.Conn) net.Listener { return wrapped{ln, wrap} }

// Accept waits for a connection and wraps it.
func (l wrapped) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

// limitedListener has so many connections open, and no more.
type limitedListener struct {
	net.Listener
	slots chan struct{}
	over  chan struct{} // closed with the listener
	once  sync.Once
}

func limited(ln net.Listener, n int) net.Listener {
	return &limitedListener{Listener: ln, slots: make(chan struct{}, n), over: make(chan struct{})}
}

// Accept waits until one of the connections is closed, if need be.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.over:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &slotted{Conn: c, free: func() { <-l.slots }}, nil
}

// Close closes the listener, and no connection.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.over) })
	return l.Listener.Close()
}

// slotted is a connection that makes room for another when it is closed.
type slotted struct {
	net.Conn
	free func()
	once sync.Once
}

func (s *slotted) Close() error {
	s.once.Do(s.free)
	return s.Conn.Close()
}

// exactNames hides header fields of some names, unless they are spelt exactly
// as given. It looks at the beginning of every line, of bodies too: one that
// ended in the beginning of a name would be waited for, and no JSON does.
type exactNames struct {
	net.Conn
	names []string

	held   []byte // the beginning of a line that may be one of names
	inLine bool   // the line is none of these
	ready  []byte // to be read
}

// Read reads what the client sent, with the first letter of a name that is
// spelt otherwise replaced.
func (e *exactNames) Read(p []byte) (int, error) {
	for len(e.ready) == 0 {
		chunk := make([]byte, len(p))
		n, err := e.Conn.Read(chunk)
		for _, b := range chunk[:n] {
			e.take(b)
		}
		if err != nil {
			e.ready, e.held = append(e.ready, e.held...), nil
			if len(e.ready) == 0 {
				return 0, err
			}
		}
	}
	n := copy(p, e.ready)
	e.ready = e.ready[n:]
	return n, nil
}

// take looks at the next byte. What may become a name is held back until it has
// become one, or cannot any more.
func (e *exactNames) take(b byte) {
	e.held = append(e.held, b)
	if !e.inLine {
		for _, name := range e.names {
			field := name + ":"
			if len(e.held) > len(field) || !strings.EqualFold(field[:len(e.held)], string(e.held)) {
				continue
			}
			if len(e.held) < len(field) {
				return
			}
			if string(e.held) != field {
				e.held[0] = 'x'
			}
		}
	}
	e.inLine = b != '\n'
	e.ready, e.held = append(e.ready, e.held...), nil
}

// surplus sends two bytes behind each answer to a POST request.
type surplus struct {
	net.Conn
	post bool // the request is one
}

func (s *surplus) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if begins(p[:n]) {
		s.post = isPost(p[:n])
	}
	return n, err
}

func (s *surplus) Write(p []byte) (int, error) {
	if !s.post || !bytes.HasPrefix(p, []byte("HTTP/1.1 ")) || bytes.HasPrefix(p, []byte("HTTP/1.1 1")) {
		return s.Conn.Write(p)
	}
	return writeMore(s.Conn, p, "}\n")
}

// leftover answers 400 to the body of a request without a signature, behind the
// answer to that request.
type leftover struct {
	net.Conn
	name string // of the signature's header

	unsigned bool // the request has none
}

func (l *leftover) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if begins(p[:n]) {
		l.unsigned = isPost(p[:n]) && !bytes.Contains(bytes.ToLower(p[:n]), []byte("\n"+strings.ToLower(l.name)+":"))
	}
	return n, err
}

func (l *leftover) Write(p []byte) (int, error) {
	if !l.unsigned || !bytes.HasPrefix(p, []byte("HTTP/1.1 401")) {
		return l.Conn.Write(p)
	}
	return writeMore(l.Conn, p, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}

// begins reports whether p is the beginning of a request. The server reads one
// at once, unless it is large.
func begins(p []byte) bool {
	line, _, whole := bytes.Cut(p, []byte("\r\n"))
	return whole && bytes.HasSuffix(line, []byte(" HTTP/1.1"))
}

func isPost(p []byte) bool { return bytes.HasPrefix(p, []byte("POST ")) }

// writeMore writes p and more in one go, and counts p alone.
func writeMore(c net.Conn, p []byte, more string) (int, error) {
	n, err := c.Write(append(p[:len(p):len(p)], more...))
	return min(n, len(p)), err
}
