package receivers

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// exchange is one request on its way through a receiver.
type exchange struct {
	*environment
	Delivery                 // the account of it so far
	headers  rtk.HeaderSet   // the names of the three headers
	ctx      context.Context // ends with the request, and with the receiver
	w        http.ResponseWriter
	r        *http.Request

	event   event
	key     *key // fetched for this request
	applied bool // the effect is there already
}

// uuid is the delivery's id. The guide: "Store this value if you need to avoid
// processing duplicate deliveries."
func (x *exchange) uuid() string { return x.header(x.headers.UUID) }

// signature is the value of the first signature header.
func (x *exchange) signature() string { return x.header(x.headers.Signature) }

func (x *exchange) webhookID() string { return x.header(x.headers.WebhookID) }

func (x *exchange) header(name string) string { return x.r.Header.Get(name) }

func (x *exchange) pause(d time.Duration) bool { return pause(x.ctx, d) }

// downloadAll downloads links at the same time and waits for that.
func (x *exchange) downloadAll(links []string) {
	var wg sync.WaitGroup
	for _, link := range links {
		wg.Go(func() { x.download(x.ctx, link) })
	}
	wg.Wait()
}

// write sends r and returns the status that was sent, 0 for none.
func (x *exchange) write(r *response) int {
	code := r.status
	if r.hangUp || r.raw != nil {
		if conn, _, err := http.NewResponseController(x.w).Hijack(); err == nil {
			defer conn.Close()
			if r.raw != nil {
				defer context.AfterFunc(x.background.ctx, func() { _ = conn.Close() })()
				r.raw(conn)
			}
			return 0
		}
		code = http.StatusInternalServerError // this connection cannot be closed
	}
	for name, values := range r.header {
		x.w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	x.w.WriteHeader(code)
	_, _ = x.w.Write(r.body) // the client has left
	return code
}
