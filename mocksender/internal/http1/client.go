package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Client sends requests. It is safe for concurrent use. Make one with
// NewClient, and Close it in the end.
type Client struct {
	o    Options
	pool *pool
	// bodyTimeouts is how often BodyTime is halved for the next body.
	bodyTimeouts atomic.Int32
}

// NewClient returns a Client.
func NewClient(o Options) *Client { return &Client{o: o, pool: newPool(o.Idle)} }

// LayOut makes q ready to be sent by c. The error is about a proxy, or that of
// Request.LayOut.
func (c *Client) LayOut(q *Request) (err error) {
	if q.proxy, err = c.proxyFor(q.Target); err != nil {
		return err
	}
	return q.LayOut()
}

// proxyFor returns the proxy to reach t through, nil for none.
func (c *Client) proxyFor(t Target) (*Target, error) {
	if c.o.Proxy == nil {
		return nil, nil
	}
	u, err := c.o.Proxy(&http.Request{URL: &url.URL{Scheme: t.Scheme, Host: t.Addr}})
	if err != nil {
		return nil, errors.New("the environment's proxy is not a URL")
	}
	if u == nil {
		return nil, nil
	}
	proxy, err := ParseTarget(u.String())
	if err != nil {
		return nil, fmt.Errorf("the environment's proxy cannot be used: %w", err)
	}
	return &proxy, nil
}

// Do sends q: on an idle connection if there is one, and if that turns out to
// be closed, on a fresh one.
func (c *Client) Do(ctx context.Context, q *Request) Result {
	return c.do(ctx, q, c.pool)
}

func (c *Client) do(ctx context.Context, q *Request, idle store) Result {
	x := c.newExchange(ctx, q)
	resent := false
	if conn := idle.take(q); conn != nil {
		res := x.run(conn, idle)
		if !x.wasStale(conn, res) {
			res.Reused = true
			return res
		}
		resent = true
	}
	conn, failure := x.connect()
	if failure != nil && failure.Kind == Own {
		c.pool.drop() // idle connections are open files, too
		conn, failure = x.connect()
	}
	if failure != nil {
		return Result{Failure: failure, Took: time.Since(x.start), Resent: resent}
	}
	res := x.run(conn, idle)
	res.Resent = resent
	return res
}

// newExchange starts the clock of q.
func (c *Client) newExchange(caller context.Context, q *Request) *exchange {
	start, limit := time.Now(), c.o.Timeout+q.pauses()
	return &exchange{
		explainer: explainer{q: q, caller: caller, limit: limit, end: start.Add(limit), maxHeader: c.o.MaxHeader},
		o:         &c.o, start: start, bodyTimeouts: &c.bodyTimeouts,
	}
}

// CloseIdle closes idle connections and leaves the Client usable.
func (c *Client) CloseIdle() { c.pool.drop() }

// Close closes idle connections. Requests under way are not disturbed, and
// close theirs.
func (c *Client) Close() { c.pool.close() }

// Options say how a Client sends. All fields but Proxy and BodyTime are needed.
type Options struct {
	// Timeout bounds a request from the dial to the end of the response. The
	// pauses of the request itself are added to it.
	Timeout time.Duration
	// MaxHeader is how many bytes a response header may have, informational
	// (1xx) responses before it included. MaxBody is how many bytes of the body
	// are read.
	MaxHeader, MaxBody int64
	// BodyTime is how long a response body is waited for once its header is
	// there. Each time that it is not enough, the next body gets half of it.
	// Zero: as long as Timeout allows.
	BodyTime time.Duration
	// Idle is how many idle connections are kept for each target.
	Idle int
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS  *tls.Config
	// Proxy returns the proxy for a URL, nil for none. Nil: there is no proxy.
	Proxy func(*http.Request) (*url.URL, error)
}

// Result is what came back for one request.
type Result struct {
	// Status is 0 if no complete response header came. Failure then says why,
	// and is nil otherwise.
	Status  int
	Failure *Failure
	// Header is the response header, bounded by header.Trim. Results may share it,
	// so it is not to be changed.
	Header http.Header
	Body   []byte
	// Truncated says that the response body goes on beyond Body, or that
	// reading it ended in an error or in the time-out.
	Truncated bool
	// Took is the time from the start of the request to the response header,
	// or to the failure.
	Took time.Duration
	// Reused says that the connection had carried an answer before.
	Reused bool
	// Resent says that the target closed an idle connection just as the request
	// went out on it, without a byte of an answer, so that the request was sent
	// once more on a fresh one.
	Resent bool
}
