package service

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Handler returns the faces of the service: the key document, the webhooks API,
// the artifacts and, unless Options.ControlApart, the control API and the page.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(rtk.KeyDocumentPath, s.o.Keys)
	mux.HandleFunc("GET "+healthPath, getHealthz)
	mux.Handle(artifactsPath+"/", http.StripPrefix(artifactsPath, s.o.Artifacts))
	s.addAPI(mux)
	if s.o.ControlApart {
		mux.HandleFunc("/", notFound)
	} else {
		s.addControl(mux)
	}
	return withIDs(mux)
}

// ControlHandler returns the control API and the page alone, for a listener of
// their own.
func (s *Service) ControlHandler() http.Handler {
	mux := http.NewServeMux()
	s.addControl(mux)
	return mux
}

// controlPath begins the paths of the control API. Nothing of the real service
// begins so.
const controlPath = "/_rtkmock/"

// Paths that others than tests ask for.
const (
	healthPath  = "/healthz"
	metricsPath = "/metrics"
)

// getHealthz says that the server is there, to whoever started it.
func getHealthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

// route is one path of the control API. The methods are those of openapi.json.
type route struct {
	path string // below controlPath
	m    methods
}

func (s *Service) controlRoutes() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{"health", methods{get: s.getHealth}},
		{"openapi.json", methods{get: getOpenAPI}},
		{"webhooks", methods{get: s.getStandings}},
		{"emit", methods{post: s.postEmit}},
		{"deliveries", methods{get: s.getDeliveries}},
		{"deliveries/{id}", methods{get: s.getDelivery}},
		{"deliveries/{id}/resend", methods{post: s.postResend}},
		{"wait", methods{post: s.postWait}},
		{"scenarios", methods{get: getScenarios}},
		{"words", methods{get: getWords}},
		{"plays", methods{get: s.getPlays, post: s.postPlay}},
		{"plays/{id}", methods{get: s.getPlay, del: s.deletePlay}},
		{"key", methods{get: s.getKey, put: s.putKey}},
		{"key/rotate", methods{post: s.postRotate}},
		{"clock", methods{get: s.getClock, put: s.putClock}},
		{"reset", methods{post: s.postReset}},
		{"events", methods{get: s.getEvents}},
	}
}

func (s *Service) addControl(mux *http.ServeMux) {
	for _, r := range s.controlRoutes() {
		mux.Handle(controlPath+r.path, s.guarded(r.m, r.path != "health"))
	}
	mux.HandleFunc(controlPath, notFound)
	if s.o.Metrics != nil {
		mux.Handle(metricsPath, s.guarded(s.o.Metrics, true))
	}
	if s.o.Page != nil {
		mux.Handle("/", s.guarded(s.o.Page, false))
	} else {
		mux.HandleFunc("/", notFound)
	}
}

// guarded lets through to next what may come from a test or from a person at
// the page: not what a page of another origin has a browser do, and not what
// reaches this machine by a name that somebody else can give it. Where secret,
// it asks for the token, if there is one.
func (s *Service) guarded(next http.Handler, secret bool) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.knownHost(r.Host):
			fail(w, &apiError{http.StatusForbidden, "the host by which this was asked for is not one of the server's: use its address, a name without a dot, or the one that it advertises"})
		case origins.Check(r) != nil:
			fail(w, &apiError{http.StatusForbidden, "a page of another origin may not do this"})
		case secret && s.o.ControlToken != "" && !same(bearer(r), s.o.ControlToken):
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, &apiError{http.StatusUnauthorized, "want the header Authorization: Bearer TOKEN with the token of the control API"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// knownHost reports whether the Host field can be meant for this server. A name
// with a dot belongs to whoever holds the domain, who can have it resolve to
// this machine and then read what a browser is told here.
func (s *Service) knownHost(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if name == "" || !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") {
		return name != ""
	}
	own := []string{s.o.BaseURL, s.o.ControlURL}
	return slices.ContainsFunc(own, func(base string) bool {
		u, err := url.Parse(base)
		return err == nil && strings.EqualFold(u.Hostname(), name)
	})
}
