package http1

import (
	"context"
	"errors"
	"fmt"
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
	x, cancel := c.newExchange(ctx, q)
	defer cancel()
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
func (c *Client) newExchange(caller context.Context, q *Request) (*exchange, context.CancelFunc) {
	limit := c.o.Timeout + q.pauses()
	ctx, cancel := context.WithTimeout(caller, limit)
	return &exchange{
		explainer: explainer{q: q, caller: caller, ctx: ctx, limit: limit, maxHeader: c.o.MaxHeader},
		o:         &c.o, start: time.Now(), bodyTimeouts: &c.bodyTimeouts,
	}, cancel
}

// CloseIdle closes idle connections and leaves the Client usable.
func (c *Client) CloseIdle() { c.pool.drop() }

// Close closes idle connections. Requests under way are not disturbed, and
// close theirs.
func (c *Client) Close() { c.pool.close() }
