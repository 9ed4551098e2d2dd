package rest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

// router finds the route of a path. http.ServeMux cannot have these routes: it
// refuses /livestreams/sessions/{run} beside /livestreams/{livestream}/….
type router struct{ routes []*route }

type route struct {
	segments []string
	methods  jsonapi.Methods
}

// add adds a method of a path, in which {NAME} stands for one segment.
func (t *router) add(path, method string, h http.HandlerFunc) {
	segments := strings.Split(path, "/")
	for _, r := range t.routes {
		if strings.Join(r.segments, "/") == path {
			r.methods[method] = h
			return
		}
	}
	t.routes = append(t.routes, &route{segments, jsonapi.Methods{method: h}})
}

// ServeHTTP answers by the route with the most literal segments.
func (t *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := strings.Split(r.URL.EscapedPath(), "/")
	var best *route
	most := -1
	for _, candidate := range t.routes {
		if n := candidate.literals(given); n > most {
			best, most = candidate, n
		}
	}
	if best == nil {
		noRoute(w, r)
		return
	}
	for i, segment := range best.segments {
		if name, ok := variable(segment); ok {
			value, err := url.PathUnescape(given[i])
			if err != nil {
				noRoute(w, r)
				return
			}
			r.SetPathValue(name, value)
		}
	}
	best.methods.ServeHTTP(w, r)
}

// literals returns how many segments of a path the route has literally, or -1 if
// it does not match.
func (r *route) literals(given []string) int {
	if len(given) != len(r.segments) {
		return -1
	}
	n := 0
	for i, segment := range r.segments {
		switch _, ok := variable(segment); {
		case ok && given[i] != "":
		case segment == given[i]:
			n++
		default:
			return -1
		}
	}
	return n
}

func variable(segment string) (name string, ok bool) {
	if strings.HasPrefix(segment, "{") {
		return strings.Trim(segment, "{}"), true
	}
	return "", false
}
