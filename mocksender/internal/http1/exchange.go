package http1

import (
	"io"
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"
)

// exchange is one request under way.
type exchange struct {
	explainer
	o     *Options
	start time.Time
	w     writer
	// bodyTimeouts is that of the Client.
	bodyTimeouts *atomic.Int32
}

// store keeps connections between requests.
type store interface {
	take(q *Request) *conn // one that q may use, or nil
	put(c *conn)           // c can be used again
}

// run sends the request on c and reads the response. Afterwards c is closed, or
// in idle if it can be used again.
func (x *exchange) run(c *conn, idle store) Result {
	res, keep := x.roundTrip(c)
	if keep {
		idle.put(c)
	} else {
		c.abort()
	}
	return res
}

func (x *exchange) roundTrip(c *conn) (res Result, keep bool) {
	x.limitTime(c)
	defer c.rest()
	c.in.reset(x.maxHeader)
	x.w = writer{}
	w := &x.w
	w.start(c, x.q)
	h, failure := x.readHead(c, w)
	res.Took = time.Since(x.start)
	if failure != nil {
		if _, err := w.finish(c); err != nil {
			failure = x.classify(err, x.answerer(), "did not read the request")
		}
		res.Failure = failure
		return res, false
	}
	res.Status, res.Header = h.status, header.Trim(h.header, MaxKeptHeader)
	whole := x.readBody(c, h, &res)
	sent, _ := w.finish(c)
	return res, whole && sent && !h.close && !x.q.close && res.Status >= 200
}

// limitTime ends whatever waits on c when nobody waits for x any more, until c
// rests.
func (x *exchange) limitTime(c *conn) {
	c.heed(x.caller)
	_ = c.SetDeadline(x.end)
	if x.caller.Err() != nil {
		_ = c.SetDeadline(aLongTimeAgo) // the line above may have undone that
	}
}

// wasStale reports whether res says more about the idle connection c than about
// the target: c was cut before a byte came back.
func (x *exchange) wasStale(c *conn, res Result) bool {
	return res.Failure != nil && res.Failure.Kind == Reset && c.in.got == 0 && !x.over()
}

// readHead reads until the header of the final response. 1xx responses before
// it count towards the same bound; 101 is final, since nothing here asks for
// another protocol.
func (x *exchange) readHead(c *conn, w *writer) (h head, failure *Failure) {
	if w.err != nil && !wasCut(w.err) {
		return h, x.classify(w.err, x.answerer(), "did not read the request")
	}
	// After a write that was cut, the answer may still be there to be read: a
	// target may refuse a request before it reads all of it.
	for {
		h, err := c.readHead(x.q.probe)
		switch {
		case err != nil:
			return h, x.classifyRead(err, x.answerer(), c.in)
		case h.status < 100:
			return h, x.protocolError(nil, x.answerer(), c.in)
		case h.status >= 200 || h.status == http.StatusSwitchingProtocols:
			return h, nil
		case h.status == http.StatusContinue:
			w.proceed()
		}
	}
}

// readBody reads the response body into res as far as its bounds and the time
// allow, and reports whether that is all of it. Whatever goes wrong here leaves
// the status as it is: "any 2xx response" is a delivery.
func (x *exchange) readBody(c *conn, h head, res *Result) (whole bool) {
	if h.body == http.NoBody {
		return true
	}
	// net/http bounds what chunks and trailers cost beside their content. The
	// body is not closed: that would read it to its end, wherever that is.
	c.in.reset(math.MaxInt64)
	if x.o.BodyTime > 0 {
		defer x.limitBodyTime(c, &whole)()
	}
	limit := x.o.MaxBody
	body, err := io.ReadAll(io.LimitReader(h.body, limit+1))
	res.Truncated = err != nil || int64(len(body)) > limit
	res.Body = body[:min(int64(len(body)), limit)]
	return !res.Truncated
}

// maxBodyTimeouts bounds how often the time for a body is halved.
const maxBodyTimeouts = 5

// limitBodyTime bounds the time for the body that is read next. The caller
// calls done afterwards, so that the next body gets less time if this one was
// not whole.
func (x *exchange) limitBodyTime(c *conn, whole *bool) (done func()) {
	timeouts := x.bodyTimeouts
	if end := time.Now().Add(x.o.BodyTime >> timeouts.Load()); end.Before(x.end) {
		_ = c.SetReadDeadline(end)
	}
	if x.caller.Err() != nil {
		_ = c.SetDeadline(aLongTimeAgo) // the line above may have undone that
	}
	return func() {
		switch {
		case *whole:
			timeouts.Store(0)
		case !x.over():
			timeouts.Store(min(timeouts.Load()+1, maxBodyTimeouts))
		}
	}
}

// MaxKeptHeader is how many bytes of a response header are kept, names
// included. A real one has some hundreds.
const MaxKeptHeader = 16 << 10
