package http1

import (
	"context"
	"io"
)

// Pipeline sends requests one after the other on one connection, for as long as
// the target keeps it. Unlike Do, it takes bytes that came unasked for the next
// answer, as a client does that trusts the framing. A Pipeline serves one
// goroutine.
type Pipeline struct {
	client *Client
	conn   *conn // nil: none is open
}

// NewPipeline returns a Pipeline. It connects when something is first sent.
func (c *Client) NewPipeline() *Pipeline { return &Pipeline{client: c} }

// Do sends q on the open connection if there is one, and else on a new one.
func (p *Pipeline) Do(ctx context.Context, q *Request) Result { return p.client.do(ctx, q, p) }

func (p *Pipeline) take(*Request) *conn {
	conn := p.conn
	p.conn = nil
	return conn
}

func (p *Pipeline) put(conn *conn) { p.conn = conn }

// Close closes the connection, if one is open.
func (p *Pipeline) Close() {
	if p.conn != nil {
		p.conn.abort()
		p.conn = nil
	}
}

// OpenIdle opens a connection of its own to the target of q and sends part, the
// beginning of q. Nothing follows until it is closed. Closing it does not wait
// for the target.
func (c *Client) OpenIdle(ctx context.Context, q *Request, part []byte) (io.Closer, *Failure) {
	x := c.newExchange(ctx, q)
	conn, failure := x.connect()
	if failure != nil {
		return nil, failure
	}
	x.limitTime(conn)
	defer conn.forget()
	if _, err := conn.Write(part); len(part) > 0 && err != nil {
		conn.abort()
		return nil, x.classify(err, x.answerer(), "did not read the request")
	}
	return conn.raw, nil
}
