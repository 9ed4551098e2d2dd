package http1

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// conn is one connection to a target. One exchange at a time uses it.
type conn struct {
	net.Conn          // what is read and written: the TLS layer where there is one
	raw      net.Conn // the connection below that
	route    route
	in       *input
	br       *bufio.Reader // reads from in
	parked   chan error    // while it is idle and watched: how the wait for its end ended
	look     syscall.RawConn
}

func newConn(top, raw net.Conn, to route) *conn {
	in := &input{r: top}
	c := &conn{Conn: top, raw: raw, route: to, in: in, br: bufio.NewReaderSize(in, 4096)}
	if tcp, ok := top.(*net.TCPConn); ok {
		c.look, _ = tcp.SyscallConn()
	}
	return c
}

// endWatch ends the watch of c, and reports whether there was nothing to be seen.
func (c *conn) endWatch() bool {
	_ = c.SetReadDeadline(aLongTimeAgo)
	err := <-c.parked
	c.parked = nil
	return errors.Is(err, os.ErrDeadlineExceeded) && c.SetDeadline(time.Time{}) == nil
}

// abort closes the connection without a word to the target. Closing the TLS
// layer would wait up to five seconds for a target that does not read.
func (c *conn) abort() { _ = c.raw.Close() }

// endWriting lets the target know that nothing more comes. The answer can still
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

// aLongTimeAgo is a deadline that ends what waits.
var aLongTimeAgo = time.Unix(1, 0)

// input reads what a target sends, within a bound, and remembers enough to
// explain a failure afterwards. Reading is never concurrent.
type input struct {
	r    io.Reader
	left int64 // bytes that may still be read
	got  int64 // bytes read for this response
	head [24]byte
	err  error // why reading ended, if it did
}

var errTooMuch = errors.New("the response exceeds its bound")

// reset begins a response, with a bound of limit bytes.
func (in *input) reset(limit int64) { *in = input{r: in.r, left: limit} }

// Read reads on, or returns errTooMuch where the bound is used up.
func (in *input) Read(p []byte) (int, error) {
	if in.left <= 0 {
		in.err = errTooMuch
		return 0, in.err
	}
	if int64(len(p)) > in.left {
		p = p[:in.left]
	}
	n, err := in.r.Read(p)
	if in.got < int64(len(in.head)) {
		copy(in.head[in.got:], p[:n])
	}
	in.got += int64(n)
	in.left -= int64(n)
	in.err = err
	return n, err
}

// first returns the first bytes of the response, at most 24.
func (in *input) first() []byte { return in.head[:min(in.got, int64(len(in.head)))] }
