package cli

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// whereabouts are where a target is reached.
type whereabouts struct {
	url   *url.URL
	trust *tls.Config
	head  http.Header // that each request has
	// proxied says that a proxy of the user's carries the deliveries: nothing is
	// seen of what is behind it.
	proxied bool
}

// parting looks for signs that the process of a target goes away: a connection
// that it holds ends, or it takes none for a while, or what stands in front of it
// answers in its place. A command that restarts nothing shows none of them.
type parting struct {
	whereabouts
	cancel context.CancelFunc
	wait   sync.WaitGroup
	once   sync.Once
	seen   chan struct{} // closed with the first sign
	kept   bool          // a connection was held
}

// How often the target is asked, and how long for.
const (
	partingKnock = 20 * time.Millisecond  // between two connections
	partingAsk   = 200 * time.Millisecond // between two requests on the one that is held
	partingMost  = 3 * time.Second        // after a command that has come to its end; it may restart in the background
)

// watch begins to look. The target holds a connection when it returns, if it
// does at all.
func (p *parting) watch(ctx context.Context) {
	ctx, p.cancel = context.WithCancel(ctx)
	p.seen = make(chan struct{})
	if p.proxied {
		return
	}
	held := p.hold(ctx)
	if p.kept = held != nil; p.kept {
		p.wait.Go(func() { p.keep(ctx, held) })
	}
	p.wait.Go(func() { p.knock(ctx) })
}

// end ends looking, once there has been a sign or the target has had the time
// for one. It reports whether there was.
func (p *parting) end(ctx context.Context) bool {
	timer := time.NewTimer(partingMost)
	defer timer.Stop()
	seen := false
	select {
	case <-p.seen:
		seen = true
	case <-timer.C:
	case <-ctx.Done():
	}
	p.stop()
	return seen
}

func (p *parting) stop() {
	p.cancel()
	p.wait.Wait()
}

func (p *parting) sign() { p.once.Do(func() { close(p.seen) }) }

// what says what was seen where there was no sign.
func (p *parting) what() string {
	switch {
	case p.proxied:
		return "it is reached through a proxy, --proxy"
	case p.kept:
		return "its connection stayed open, and no other was refused"
	}
	return "it keeps no connection open, and none was refused"
}

// knock opens connections until one is refused.
func (p *parting) knock(ctx context.Context) {
	for {
		look, cancel := context.WithTimeout(ctx, longestLook)
		c, err := new(net.Dialer).DialContext(look, "tcp", dialable(p.url))
		cancel()
		if err == nil {
			_ = c.Close()
		} else if refused(err) && ctx.Err() == nil {
			p.sign()
			return
		}
		if !sleep(ctx, partingKnock) {
			return
		}
	}
}

// refused reports whether it was the target's machine that would not connect. A
// target that is slow, or a name that is not known, is no sign of anything.
func refused(err error) bool {
	var op *net.OpError
	var name *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" && !op.Timeout() && !errors.As(err, &name)
}

// keep asks on the connection that is held now and then, or its idle time would
// be over, and sees it end.
func (p *parting) keep(ctx context.Context, held *heldConn) {
	defer held.close()
	for {
		began, before := time.Now(), held.status
		ended, kept := held.endsWithin(ctx, partingAsk), true
		if !ended {
			kept, ended = held.ask(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case ended && p.stays(ctx, time.Since(began)), away(held.status) && !away(before):
			p.sign()
			return
		case !kept || ended:
			return // that is how it does with connections
		}
	}
}

// stays reports whether another connection is held for longer than one that has
// ended after d: a target that closes what is idle shows nothing by it.
func (p *parting) stays(ctx context.Context, d time.Duration) bool {
	for ctx.Err() == nil {
		other := p.hold(ctx)
		if other == nil {
			if !sleep(ctx, partingKnock) { // it is starting
				return false
			}
			continue
		}
		defer other.close()
		return !other.endsWithin(ctx, 2*d+partingAsk) && ctx.Err() == nil
	}
	return false
}

// away reports a status that a proxy answers for a target that is not there.
func away(status int) bool {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// heldConn is a connection that has carried an answer and is kept.
type heldConn struct {
	net.Conn
	in     *bufio.Reader
	req    *http.Request
	status int // of the last answer; 0: there was none
}

// hold opens a connection, asks on it once, and returns it if it is kept.
func (p *parting) hold(ctx context.Context) *heldConn {
	look, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	c, err := new(net.Dialer).DialContext(look, "tcp", dialable(p.url))
	if err != nil {
		return nil
	}
	if p.url.Scheme == "https" {
		config := p.trust.Clone()
		config.ServerName = p.url.Hostname()
		t := tls.Client(c, config)
		if t.HandshakeContext(look) != nil {
			_ = c.Close()
			return nil
		}
		c = t
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url.String(), nil)
	held := &heldConn{c, bufio.NewReader(c), req, 0}
	if err != nil {
		held.close()
		return nil
	}
	req.Header = p.head.Clone()
	if kept, _ := held.ask(ctx); !kept {
		held.close()
		return nil
	}
	return held
}

func (h *heldConn) close() { _ = h.Close() }

// ask makes a request. It reports whether the connection is kept after the
// answer, and whether it has ended without one.
func (h *heldConn) ask(ctx context.Context) (kept, ended bool) {
	defer h.until(ctx, longestLook)()
	over := func(err error) bool { return err != nil && !errors.Is(err, os.ErrDeadlineExceeded) }
	if err := h.req.Write(h.Conn); err != nil {
		return false, over(err)
	}
	resp, err := http.ReadResponse(h.in, h.req)
	if err != nil {
		return false, over(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, mostHeld+1))
	h.status = resp.StatusCode
	return err == nil && n <= mostHeld && !resp.Close, over(err)
}

// mostHeld bounds the answer that is read, in bytes.
const mostHeld = 64 << 10

// endsWithin reports whether the connection ends within d.
func (h *heldConn) endsWithin(ctx context.Context, d time.Duration) bool {
	defer h.until(ctx, d)()
	_, err := h.in.Peek(1)
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// until bounds what is done on the connection, until the returned func is called.
func (h *heldConn) until(ctx context.Context, d time.Duration) func() {
	_ = h.SetDeadline(time.Now().Add(d))
	stop := context.AfterFunc(ctx, func() { _ = h.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// sleep waits for d, and reports whether ctx has not ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// unseen says of a restart that showed no sign of it what to do.
func unseen(p *parting) string {
	return fmt.Sprintf("--restart-cmd ran to its end, but the process at %s was not seen to go away (%s): have it kill that process, or leave that to -- COMMAND; behind a proxy, test the receiver's own URL", dialable(p.url), p.what())
}
