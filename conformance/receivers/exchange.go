package receivers

import (
	"context"
	"net"
	"net/http"
	"time"
)

// exchange is one request on its way through a receiver.
type exchange struct {
	rc  *Receiver
	ctx context.Context // ends with the request, and with the receiver
	w   http.ResponseWriter
	r   *http.Request
	at  time.Time

	body      []byte
	verified  bool
	verifyErr error
	event     object
	key       *key // fetched for this request
	applied   bool // the effect is there already
}

// answer is what a request is answered.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool // closes the connection instead
	// raw writes to the connection instead, which is closed when it returns or
	// the receiver is closed.
	raw func(net.Conn)
}

func status(code int) answer { return answer{status: code} }

// saying is an answer with a line of text.
func saying(code int, text string) answer {
	return answer{
		status: code,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte(text + "\n"),
	}
}

// with adds a header field to the answer.
func (a answer) with(name, value string) answer {
	h := http.Header{}
	for key, values := range a.header {
		h[key] = values
	}
	h.Set(name, value)
	a.header = h
	return a
}

// write sends a and returns the status that went out, 0 for none.
func (x *exchange) write(a answer) int {
	if a.cut || a.raw != nil {
		if conn, _, err := http.NewResponseController(x.w).Hijack(); err == nil {
			defer conn.Close()
			if a.raw != nil {
				defer context.AfterFunc(x.rc.life, func() { _ = conn.Close() })()
				a.raw(conn)
			}
			return 0
		}
		a.status = http.StatusInternalServerError // a connection that cannot be cut
	}
	for name, values := range a.header {
		x.w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	x.w.WriteHeader(a.status)
	_, _ = x.w.Write(a.body) // the client has left
	return a.status
}

// uuid is the delivery's id. The guide: "Store this value if you need to avoid
// processing duplicate deliveries."
func (x *exchange) uuid() string { return x.header(x.rc.b.headers.UUID) }

// signature is the first signature header's value.
func (x *exchange) signature() string { return x.header(x.rc.b.headers.Signature) }

func (x *exchange) header(name string) string { return x.r.Header.Get(name) }

func (x *exchange) pause(d time.Duration) bool { return pause(x.ctx, d) }

// account says what came of the exchange.
func (x *exchange) account(status int) Delivery {
	d := Delivery{
		At:        x.at,
		Method:    x.r.Method,
		Path:      x.r.URL.Path,
		Header:    x.r.Header,
		Body:      x.body,
		Verified:  x.verified,
		VerifyErr: x.verifyErr,
		Status:    status,
		UUID:      x.uuid(),
		Took:      time.Since(x.at),
	}
	if event := x.event; event != nil {
		d.Event = event.kind()
	} else if event, err := parseObject(x.body); err == nil {
		d.Event = event.kind()
	}
	return d
}
