package service

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/intercept"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// Handler returns all parts of the service: the key document, the REST API,
// the artifacts and, without Options.ControlApart, the control API and the page.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.o.Keys)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.Handle(artifactsPath+"/", http.StripPrefix(artifactsPath, s.o.Artifacts))
	// Its callers bring a token of their own.
	api := s.guard(s.api, false)
	if s.o.ControlApart {
		mux.HandleFunc("/", notFound)
	} else {
		s.addControl(mux)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A mux would redirect paths with an empty part to others.
		if rest.Handles(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// ControlHandler returns the control API and the page alone, for a listener of
// their own.
func (s *Service) ControlHandler() http.Handler {
	mux := http.NewServeMux()
	s.addControl(mux)
	return mux
}

func (s *Service) addControl(mux *http.ServeMux) {
	for path, methods := range s.controlRoutes() {
		mux.Handle(controlPath+path, s.guard(methods, path != "health"))
	}
	mux.HandleFunc(controlPath, notFound)
	if s.o.Metrics != nil {
		mux.Handle("/metrics", s.guard(s.o.Metrics, true))
	}
	if s.o.Page != nil {
		mux.Handle("/", s.guard(s.o.Page, false))
	} else {
		mux.HandleFunc("/", notFound)
	}
}

// guard lets a request through that a test may make, or a person at the page. It
// refuses what a page of another origin makes a browser send, and what reaches
// this machine by a name that a stranger can give it. With secret, it asks for
// the control token.
func (s *Service) guard(next http.Handler, secret bool) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		switch {
		case !s.knowsHost(r.Host):
			err = jsonapi.Errorf(http.StatusForbidden,
				"the host of this request is not the server's: use its address, a name without a dot, the name that it advertises, or allow the host %.100q", r.Host)
		case origins.Check(r) != nil:
			err = jsonapi.Errorf(http.StatusForbidden, "a page of another origin may not do this")
		case secret && s.o.ControlToken != "":
			err = jsonapi.CheckToken(r, s.o.ControlToken)
		}
		if err != nil {
			jsonapi.Fail(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knowsHost reports whether the Host field can mean this server. A name with a
// dot belongs to the owner of the domain. The owner can make it resolve to this
// machine, and then read what a browser gets here.
func (s *Service) knowsHost(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") {
		return name != ""
	}
	// Nobody but Cloudflare can make its names resolve to this machine: whoever does
	// has set up an interception.
	if slices.Contains(s.o.AllowHosts, name) || slices.Contains(intercept.Hosts(), name) {
		return true
	}
	return slices.ContainsFunc([]string{s.o.BaseURL, s.o.ControlURL}, func(base string) bool {
		u, err := url.Parse(base)
		return err == nil && strings.EqualFold(u.Hostname(), name)
	})
}

const (
	// controlPath begins the paths of the control API. The real service has none
	// like it.
	controlPath = "/_rtkmock/"
	// artifactsPath begins the paths of the download links.
	artifactsPath = "/artifacts"
)

// endpoint answers with status and what f returns.
func endpoint(status int, f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		respond(w, status, v, err)
	}
}

// bodyRule says what an endpoint wants of a request's body.
type bodyRule int

const (
	strict   bodyRule = iota // a JSON object without unknown members
	lenient                  // a JSON object
	optional                 // as strict, or none
)

// endpointWithBody is an endpoint for an f that takes the body, too.
func endpointWithBody[T any](status int, rule bodyRule, f func(*http.Request, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body T
		if rule != optional || r.ContentLength != 0 {
			if err := jsonapi.Read(w, r, &body, rule != lenient); err != nil {
				jsonapi.Fail(w, err)
				return
			}
		}
		v, err := f(r, body)
		respond(w, status, v, err)
	}
}

func respond(w http.ResponseWriter, status int, v any, err error) {
	if err != nil {
		jsonapi.Fail(w, withStatus(err))
		return
	}
	jsonapi.Answer(w, status, v)
}

// withStatus gives an error the status that it has in both APIs.
func withStatus(err error) error {
	if err == nil {
		return nil
	}
	if e := new(jsonapi.Error); errors.As(err, &e) {
		return e
	}
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, dispatch.ErrUnknown), errors.Is(err, platform.ErrUnknown):
		status = http.StatusNotFound
	case errors.Is(err, platform.ErrInvalid):
		status = http.StatusBadRequest
	case errors.Is(err, dispatch.ErrConflict), errors.Is(err, platform.ErrConflict):
		status = http.StatusConflict
	case errors.Is(err, dispatch.ErrTooMany), errors.Is(err, platform.ErrFull):
		status = http.StatusTooManyRequests
	case errors.Is(err, dispatch.ErrClosed):
		status = http.StatusServiceUnavailable
	}
	return jsonapi.Errorf(status, "%s", plain(err))
}

// plain returns the text of an error without the name of its package.
func plain(err error) string {
	text := err.Error()
	for _, name := range []string{"platform: ", "dispatch: ", "store: ", "scenarios: ", "schemas: ", "mocksender: ", "wellknown: ", "rest: "} {
		text = strings.TrimPrefix(text, name)
	}
	return text
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	jsonapi.Fail(w, jsonapi.Errorf(http.StatusNotFound, "no such route; the key document is at %s, the REST API under %s, the control API under %s",
		rtk.KeyDocumentPath, rest.Base, controlPath))
}
