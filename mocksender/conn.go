package mocksender

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
)

// conn is one connection to a target. One exchange at a time uses it.
type conn struct {
	net.Conn          // what is read and written: the TLS layer where there is one
	raw      net.Conn // the connection below that
	route    route
	src      *source
	br       *bufio.Reader // reads from src
	parked   chan error    // while it is idle: how the wait for its end ended
}

func newConn(top, raw net.Conn, to route) *conn {
	src := &source{r: top}
	return &conn{Conn: top, raw: raw, route: to, src: src, br: bufio.NewReaderSize(src, 4096)}
}

// abort closes the connection without a word to the target. Closing the TLS
// layer would wait up to five seconds for one that does not read.
func (c *conn) abort() { _ = c.raw.Close() }

// endWriting tells the target that nothing more comes. The answer can still
// be read.
func (c *conn) endWriting() error {
	if over, ok := c.Conn.(*tls.Conn); ok {
		if err := over.CloseWrite(); err != nil {
			return err
		}
	}
	half, ok := c.raw.(interface{ CloseWrite() error })
	if !ok {
		return errors.New("this kind of connection cannot be closed on one side")
	}
	return half.CloseWrite()
}

// source reads what a target sends, within a bound, and remembers enough to
// tell afterwards what went wrong. Reading is never concurrent.
type source struct {
	r    io.Reader
	left int64 // bytes that may still be read
	got  int64 // bytes read for this response
	head [24]byte
	err  error // why reading ended, if it did
}

var errTooMuch = errors.New("mocksender: the response exceeds its bound")

// begin starts anew, with a bound of limit bytes.
func (s *source) begin(limit int64) { *s = source{r: s.r, left: limit} }

// Read reads on, or returns errTooMuch where the bound is used up.
func (s *source) Read(p []byte) (int, error) {
	if s.left <= 0 {
		s.err = errTooMuch
		return 0, s.err
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	n, err := s.r.Read(p)
	if s.got < int64(len(s.head)) {
		copy(s.head[s.got:], p[:n])
	}
	s.got += int64(n)
	s.left -= int64(n)
	s.err = err
	return n, err
}

// first returns the first bytes of the response, at most 24.
func (s *source) first() []byte { return s.head[:min(s.got, int64(len(s.head)))] }
