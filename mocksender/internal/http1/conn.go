package http1

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
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
	last     lastHead
	parked   chan error // while it is idle and watched: how the wait for its end ended
	look     syscall.RawConn
	heeded
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

// Close closes the connection.
func (c *conn) Close() error {
	c.forget()
	return c.Conn.Close()
}

// abort closes the connection without a word to the target. Closing the TLS
// layer would wait up to five seconds for a target that does not read.
func (c *conn) abort() {
	c.forget()
	_ = c.raw.Close()
}

// heeded is a context whose end interrupts what waits on a connection. Most
// exchanges on it have the same, so it stays registered between them: that takes
// longer than all else that an exchange keeps account of.
type heeded struct {
	mu     sync.Mutex
	done   <-chan struct{} // that of the context; nil: it has no end
	active bool            // there is something to interrupt
	stop   func() bool     // ends the registration; nil: there is none
}

// heed has the end of ctx end what waits on c, until c rests.
func (c *conn) heed(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active = true
	done := ctx.Done()
	if done == c.done {
		return
	}
	c.unregister()
	c.done = done
	c.stop = context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.active && c.done == done {
			_ = c.SetDeadline(aLongTimeAgo)
		}
	})
}

// rest has nothing interrupt c any more.
func (c *conn) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active = false
}

// forget ends the registration with the context.
func (h *heeded) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unregister()
}

func (h *heeded) unregister() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

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
