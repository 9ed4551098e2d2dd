package mocksender

import (
	"context"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// exchange sends the request on c and reads the response. It returns whether c
// can be used again.
func (t *try) exchange(c *conn) (o Outcome, keep bool) {
	stop := context.AfterFunc(t.ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.src.begin(t.o.MaxHeader)
	out := t.send(c)
	res, failure := t.readHead(c, out)
	o.Took = time.Since(t.start)
	if failure != nil {
		if _, err := out.finish(c); err != nil {
			failure = t.classify(err, t.answerer(), "did not read the request")
		}
		o.Err, o.Class = failure, failure.Class
		return o, false
	}
	o.Status, o.Header = res.StatusCode, keptHeader(res.Header)
	whole := t.readBody(c, res, &o)
	sent, _ := out.finish(c)
	keep = whole && sent && !res.Close && !t.q.close && o.Status >= 200
	return o, keep && stop()
}

// readHead reads until the header of the final response. 1xx responses before
// it count towards the same bound; 101 is final, as nothing here asks for
// another protocol.
func (t *try) readHead(c *conn, out *sending) (*http.Response, *NetError) {
	if out.err != nil && !wasCut(out.err) {
		return nil, t.classify(out.err, t.answerer(), "did not read the request")
	}
	// After a write that was cut, the answer may still be there to be read: it
	// is a target's right to refuse a request before reading it all.
	for {
		res, err := http.ReadResponse(c.br, t.q.probe)
		switch {
		case err != nil:
			return nil, t.classifyRead(err, t.answerer(), c.src)
		case res.StatusCode < 100:
			return nil, t.protocolError(nil, t.answerer(), c.src)
		case res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols:
			return res, nil
		case res.StatusCode == http.StatusContinue:
			out.proceed()
		}
	}
}

// readBody reads the response body into o as far as its bounds and the
// attempt's time allow, and reports whether that was all of it. Whatever goes
// wrong here leaves the status as it is: "any 2xx response" is a delivery.
func (t *try) readBody(c *conn, res *http.Response, o *Outcome) (whole bool) {
	if res.Body == http.NoBody {
		return true
	}
	// What chunks and trailers cost beside their content, net/http bounds. The
	// body is not closed: that would read it to its end, wherever that is.
	c.src.begin(math.MaxInt64)
	if t.o.BodyTime > 0 {
		defer t.hurry(c, &whole)()
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, t.o.MaxAnswer+1))
	o.Truncated = err != nil || int64(len(body)) > t.o.MaxAnswer
	o.Body = body[:min(int64(len(body)), t.o.MaxAnswer)]
	return !o.Truncated
}

// mostHasty bounds how often the time for a body is halved.
const mostHasty = 5

// hurry bounds the time for the body that is read next. What it returns takes
// down whether that was enough.
func (t *try) hurry(c *conn, whole *bool) (over func()) {
	_ = c.SetReadDeadline(time.Now().Add(t.o.BodyTime >> t.hasty.Load()))
	if t.ctx.Err() != nil {
		_ = c.SetDeadline(time.Unix(1, 0)) // it has been set already, and was lost
	}
	return func() {
		switch {
		case *whole:
			t.hasty.Store(0)
			if t.ctx.Err() == nil {
				_ = c.SetReadDeadline(time.Time{})
			}
		case t.ctx.Err() == nil:
			t.hasty.Store(min(t.hasty.Load()+1, mostHasty))
		}
	}
}

// KeptHeader is how many bytes of a response header are kept at the most, names
// included. A real one has some hundreds.
const KeptHeader = 16 << 10

// keptHeader returns h if it is small, and else what a sender looks at, with as
// much of the rest as there is room for.
func keptHeader(h http.Header) http.Header {
	size := 0
	for name, values := range h {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size <= KeptHeader {
		return h
	}
	out, room := http.Header{}, KeptHeader
	keep := func(name string) {
		for _, v := range h[name] {
			if len(name)+len(v) <= room {
				room -= len(name) + len(v)
				out.Add(strings.Clone(name), strings.Clone(v)) // not what they are parts of
			}
		}
	}
	first := []string{"Location", "Retry-After", "Content-Type", "Www-Authenticate", "Server", "Connection"}
	for _, name := range first {
		keep(name)
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !slices.Contains(first, name) {
			keep(name)
		}
	}
	return out
}
