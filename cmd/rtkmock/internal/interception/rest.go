package interception

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// API serves the paths of the REST API by next, and answers 404 to all others: they
// are the real service's, and nothing here has them.
func API(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rest.Base, next)
	mux.Handle(rest.PredecessorBase, next)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := json.Marshal(map[string]any{
			"success": false, "result": nil, "messages": []string{},
			"errors": []any{map[string]any{"code": http.StatusNotFound, "message": fmt.Sprintf("rtkmock: nothing is served for %.200s%.200s", r.Host, r.URL.Path)}},
		})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(append(body, '\n'))
	})
	return mux
}

// REST answers requests to the REST API that nothing else serves. It makes the
// service for that with the first request.
type REST struct {
	keys *wellknown.Server
	once sync.Once
	made *service.Service
	err  error
}

// NewREST returns the REST API of a service with these keys.
func NewREST(keys *wellknown.Server) *REST { return &REST{keys: keys} }

// ServeHTTP implements http.Handler.
func (r *REST) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.once.Do(func() { r.made, r.err = service.New(service.Options{Keys: r.keys, ControlApart: true}) })
	if r.err != nil {
		http.Error(w, r.err.Error(), http.StatusInternalServerError)
		return
	}
	r.made.Handler().ServeHTTP(w, req)
}

// Close ends the service.
func (r *REST) Close() {
	r.once.Do(func() {})
	if r.made != nil {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // nothing is pending
		_, _ = r.made.Close(ctx)
	}
}
