package target

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// Place is where a target is reached.
type Place struct {
	URL    *url.URL
	TLS    *tls.Config
	Header http.Header // that each request has
	Dial   Dial
	// Proxied says that a proxy of the user's carries the deliveries: nothing can
	// be seen of what is behind it.
	Proxied bool
}

// exitWatcher looks for signs that the process of a target exits: a connection
// that it keeps open ends, or it refuses one, or the proxy in front of it answers
// in its place. A command that restarts nothing shows none of them.
type exitWatcher struct {
	Place
	limit  time.Duration // 0: signLimit
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
	conn := w.connect()
	if _, w.kept = conn.request(ctx); w.kept {
		w.wait.Go(func() { w.watchConn(ctx, conn) })
	}
	w.wait.Go(func() { w.awaitRefusal(ctx) })
}

// end stops looking after the first sign, or after the time that one may take. It
// reports whether there was a sign.
func (w *exitWatcher) end(ctx context.Context) bool {
	timer := time.NewTimer(cmp.Or(w.limit, signLimit))
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
		c, err := w.Dial.limited(ctx, Address(w.URL))
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

// watchConn sends a request on a connection that is kept open now and then, before
// it has been idle for too long, and sees it end.
func (w *exitWatcher) watchConn(ctx context.Context, conn *keptConn) {
	defer conn.close()
	for {
		before := conn.status
		if !pause(ctx, requestEvery) {
			return
		}
		same, kept := conn.request(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case !same && w.keepsAnother(ctx), isGatewayError(conn.status) && !isGatewayError(before):
			w.sign()
			return
		case !same || !kept:
			return // it treats connections like this
		}
	}
}

// keepsAnother reports whether another connection stays open for longer than the
// first did since its last request: a target that closes idle connections shows
// nothing by that.
func (w *exitWatcher) keepsAnother(ctx context.Context) bool {
	conn := w.connect()
	defer conn.close()
	for {
		if _, kept := conn.request(ctx); kept {
			break
		}
		if !pause(ctx, dialEvery) { // it is starting
			return false
		}
	}
	if !pause(ctx, 3*requestEvery) {
		return false
	}
	same, _ := conn.request(ctx)
	return same
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

// keptConn sends requests on one connection for as long as the target keeps it
// open, and then on another one.
type keptConn struct {
	Place
	transport *http.Transport
	status    int // of the last answer; 0: there was none
}

func (w *exitWatcher) connect() *keptConn {
	return &keptConn{Place: w.Place, transport: &http.Transport{TLSClientConfig: w.TLS, DialContext: w.Dial, DisableCompression: true}}
}

func (c *keptConn) close() { c.transport.CloseIdleConnections() }

// request sends a request. It reports whether that went out on the same
// connection as the one before, and whether the target keeps the connection open
// after its answer.
func (c *keptConn) request(ctx context.Context) (same, kept bool) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { same = info.Reused },
	})
	req, err := http.NewRequestWithContext(traced, http.MethodGet, c.URL.String(), nil)
	if err != nil {
		return false, false
	}
	if c.Header != nil {
		req.Header = c.Header.Clone()
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return false, false
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer+1))
	c.status = resp.StatusCode
	return same, err == nil && n <= maxAnswer && !resp.Close
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
