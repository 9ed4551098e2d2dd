package target

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// Place is where a target is reached.
type Place struct {
	URL    *url.URL
	TLS    *tls.Config
	Header http.Header // that each request has
	// Proxied says that a proxy of the user's carries the deliveries: nothing can
	// be seen of what is behind it.
	Proxied bool
}

// exitWatcher looks for signs that the process of a target exits: a connection
// that it keeps open ends, or it refuses one, or the proxy in front of it answers
// in its place. A command that restarts nothing shows none of them.
type exitWatcher struct {
	Place
	cancel context.CancelFunc
	wait   sync.WaitGroup
	once   sync.Once
	seen   chan struct{} // closed with the first sign
	kept   bool          // the target kept a connection open
}

// How often the target is asked, and for how long.
const (
	dialEvery    = 20 * time.Millisecond  // between two connections
	requestEvery = 200 * time.Millisecond // between two requests on the connection that is kept
	signLimit    = 3 * time.Second        // after a command has ended; it may restart in the background
	maxAnswer    = 64 << 10               // bytes that are read of an answer
)

// watch begins to look. When it returns, it has a connection that the target
// keeps open, if the target does that at all.
func (w *exitWatcher) watch(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	w.seen = make(chan struct{})
	if w.Proxied {
		return
	}
	conn := w.connect(ctx)
	if w.kept = conn != nil; w.kept {
		w.wait.Go(func() { w.watchConn(ctx, conn) })
	}
	w.wait.Go(func() { w.awaitRefusal(ctx) })
}

// end stops looking after the first sign, or after the time that one may take. It
// reports whether there was a sign.
func (w *exitWatcher) end(ctx context.Context) bool {
	timer := time.NewTimer(signLimit)
	defer timer.Stop()
	seen := false
	select {
	case <-w.seen:
		seen = true
	case <-timer.C:
	case <-ctx.Done():
	}
	w.stop()
	return seen
}

func (w *exitWatcher) stop() {
	w.cancel()
	w.wait.Wait()
}

func (w *exitWatcher) sign() { w.once.Do(func() { close(w.seen) }) }

// why says what was seen instead of a sign.
func (w *exitWatcher) why() string {
	switch {
	case w.Proxied:
		return "it is reached through a proxy, --proxy"
	case w.kept:
		return "its connection stayed open, and no other was refused"
	}
	return "it keeps no connection open, and none was refused"
}

// awaitRefusal opens connections until one is refused.
func (w *exitWatcher) awaitRefusal(ctx context.Context) {
	for {
		c, err := dial(ctx, Address(w.URL))
		if err == nil {
			_ = c.Close()
		} else if isRefusal(err) && ctx.Err() == nil {
			w.sign()
			return
		}
		if !pause(ctx, dialEvery) {
			return
		}
	}
}

// isRefusal reports whether the target's machine refused to connect. A slow
// target or an unknown name is no sign of anything.
func isRefusal(err error) bool {
	var op *net.OpError
	var name *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" && !op.Timeout() && !errors.As(err, &name)
}

// watchConn sends a request on the connection now and then, before it has been
// idle for too long, and sees it end.
func (w *exitWatcher) watchConn(ctx context.Context, conn *keptConn) {
	defer conn.close()
	for {
		began, before := time.Now(), conn.status
		ended, kept := conn.endsWithin(ctx, requestEvery), true
		if !ended {
			kept, ended = conn.request(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case ended && w.keepsAnother(ctx, time.Since(began)), isGatewayError(conn.status) && !isGatewayError(before):
			w.sign()
			return
		case !kept || ended:
			return // it treats connections like this
		}
	}
}

// keepsAnother reports whether another connection stays open for longer than one
// that has ended after d: a target that closes idle connections shows nothing by
// that.
func (w *exitWatcher) keepsAnother(ctx context.Context, d time.Duration) bool {
	for ctx.Err() == nil {
		other := w.connect(ctx)
		if other == nil {
			if !pause(ctx, dialEvery) { // it is starting
				return false
			}
			continue
		}
		defer other.close()
		return !other.endsWithin(ctx, 2*d+requestEvery) && ctx.Err() == nil
	}
	return false
}

// isGatewayError reports a status that a proxy answers for a target that is not
// there.
func isGatewayError(status int) bool {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// connect opens a connection, sends a request on it, and returns it if the target
// keeps it open.
func (w *exitWatcher) connect(ctx context.Context) *keptConn {
	c, err := dial(ctx, Address(w.URL))
	if err != nil {
		return nil
	}
	if w.URL.Scheme == "https" {
		config := w.TLS.Clone()
		config.ServerName = w.URL.Hostname()
		t := tls.Client(c, config)
		limited, cancel := context.WithTimeout(ctx, probeLimit)
		defer cancel()
		if t.HandshakeContext(limited) != nil {
			_ = c.Close()
			return nil
		}
		c = t
	}
	conn := &keptConn{Conn: c, in: bufio.NewReader(c)}
	if conn.req, err = http.NewRequestWithContext(ctx, http.MethodGet, w.URL.String(), nil); err == nil {
		conn.req.Header = w.Header.Clone()
		if kept, _ := conn.request(ctx); kept {
			return conn
		}
	}
	conn.close()
	return nil
}

// keptConn is a connection that has carried an answer and is still open.
type keptConn struct {
	net.Conn
	in     *bufio.Reader
	req    *http.Request
	status int // of the last answer; 0: there was none
}

func (c *keptConn) close() { _ = c.Close() }

// request sends the request. It reports whether the connection is kept open after
// the answer, and whether it has ended without one.
func (c *keptConn) request(ctx context.Context) (kept, ended bool) {
	defer c.deadline(ctx, probeLimit)()
	isEnd := func(err error) bool { return err != nil && !errors.Is(err, os.ErrDeadlineExceeded) }
	if err := c.req.Write(c.Conn); err != nil {
		return false, isEnd(err)
	}
	resp, err := http.ReadResponse(c.in, c.req)
	if err != nil {
		return false, isEnd(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer+1))
	c.status = resp.StatusCode
	return err == nil && n <= maxAnswer && !resp.Close, isEnd(err)
}

// endsWithin reports whether the connection ends within d.
func (c *keptConn) endsWithin(ctx context.Context, d time.Duration) bool {
	defer c.deadline(ctx, d)()
	_, err := c.in.Peek(1)
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// deadline bounds what is done on the connection, until the returned func is
// called.
func (c *keptConn) deadline(ctx context.Context, d time.Duration) func() {
	_ = c.SetDeadline(time.Now().Add(d))
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// pause waits for d, and reports whether ctx has not ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
