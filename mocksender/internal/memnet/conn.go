package memnet

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Conn is one end of a connection. Unlike a net.Pipe it is buffered, so a
// write does not wait for the read. It is safe for concurrent use.
type Conn struct {
	in, out       *stream
	local, remote Addr
	closing       sync.Once
	gone          chan struct{} // closed by Close
}

// Pipe returns the two ends of a new connection between two addresses.
func Pipe(a, b Addr) (*Conn, *Conn) {
	ab, ba := newStream(), newStream()
	return &Conn{in: ba, out: ab, local: a, remote: b, gone: make(chan struct{})},
		&Conn{in: ab, out: ba, local: b, remote: a, gone: make(chan struct{})}
}

// Read reads what the other end wrote. It ends with io.EOF after the other end
// closed, and with an error that matches syscall.ECONNRESET after a reset, in
// both cases when all that was written before has been read.
func (c *Conn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write writes p, and blocks while the Window is full. After the other end
// closed, it returns an error that matches syscall.EPIPE; after a reset, one
// that matches syscall.ECONNRESET.
func (c *Conn) Write(p []byte) (int, error) {
	if c.isClosed() {
		return 0, net.ErrClosed
	}
	n, err := c.out.write(p)
	if err != nil && c.isClosed() {
		err = net.ErrClosed
	}
	return n, err
}

// CloseWrite ends the stream to the other end, which reads io.EOF after the
// rest. Reading goes on.
func (c *Conn) CloseWrite() error {
	if c.isClosed() {
		return net.ErrClosed
	}
	c.out.end()
	return nil
}

// Close closes the connection. As with TCP, closing before everything that
// came was read is a reset for the other end.
func (c *Conn) Close() error { return c.close(false) }

// Abort closes the connection with a reset for the other end.
func (c *Conn) Abort() error { return c.close(true) }

func (c *Conn) close(reset bool) error {
	err := net.ErrClosed
	c.closing.Do(func() {
		close(c.gone)
		unread := c.in.leave()
		if reset || unread {
			c.in.abort()
			c.out.abort()
		}
		c.out.end()
		err = nil
	})
	return err
}

// LocalAddr returns the address of this end, an Addr.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end, an Addr.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines. Operations that pass one return an error
// that matches os.ErrDeadlineExceeded and leave the connection usable.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the moment from which Read fails; zero is none.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if c.isClosed() {
		return net.ErrClosed
	}
	c.in.set(&c.in.readBy, t)
	return nil
}

// SetWriteDeadline sets the moment from which Write fails; zero is none.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	if c.isClosed() {
		return net.ErrClosed
	}
	c.out.set(&c.out.writeBy, t)
	return nil
}

func (c *Conn) isClosed() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}
