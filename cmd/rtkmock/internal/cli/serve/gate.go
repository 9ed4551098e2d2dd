package serve

import (
	"context"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// gate serves the key from the start. All other requests wait for the service: it
// may have a state to read first.
type gate struct {
	key    http.Handler
	served func()          // called when the key has been served
	once   context.Context // done then
	opened chan struct{}   // closed when rest is there
	rest   http.Handler
}

func newGate(key http.Handler) *gate {
	once, served := context.WithCancel(context.Background())
	return &gate{key: key, once: once, served: served, opened: make(chan struct{})}
}

// firstKey is how long the key has the processors for itself. Whoever started
// this process waits for the key before anything else.
const firstKey = 2 * time.Millisecond

// awaitFirstKey returns when the key has been served, or nobody has asked for it.
func (g *gate) awaitFirstKey() {
	t := time.NewTimer(firstKey)
	defer t.Stop()
	select {
	case <-g.once.Done():
	case <-t.C:
	}
}

// open lets all requests through to rest.
func (g *gate) open(rest http.Handler) {
	g.rest = rest
	close(g.opened)
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == rtk.KeyDocumentPath {
		g.key.ServeHTTP(w, r)
		if w.Header().Get("Content-Length") != "" {
			_ = http.NewResponseController(w).Flush() // before anything is logged
		}
		g.served()
		return
	}
	select {
	case <-g.opened:
		g.rest.ServeHTTP(w, r)
	case <-r.Context().Done():
	}
}
