package server

import (
	"context"
	"net/http"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Webhooks answers the operations of webhooks in the REST API of a run: an app may
// register its own when it starts. Nothing is delivered to them. It makes the service
// that has them with the first request.
type Webhooks struct {
	keys *wellknown.Server
	base string
	once sync.Once
	made *service.Service
	err  error
}

// NewWebhooks returns the webhooks of a service with these keys, which others reach at
// base.
func NewWebhooks(keys *wellknown.Server, base string) *Webhooks {
	return &Webhooks{keys: keys, base: base}
}

// ServeHTTP implements http.Handler.
func (h *Webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.once.Do(func() { h.made, h.err = service.New(service.Options{Keys: h.keys, BaseURL: h.base, ControlApart: true}) })
	if h.err != nil {
		http.Error(w, h.err.Error(), http.StatusInternalServerError)
		return
	}
	h.made.Handler().ServeHTTP(w, r)
}

// Close ends the service.
func (h *Webhooks) Close() {
	h.once.Do(func() {})
	if h.made != nil {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // nothing is pending
		_, _ = h.made.Close(ctx)
	}
}
