package interception

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/rtkmock/rtkmock/mocksender/service/rest"
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
