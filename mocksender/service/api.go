package service

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// apiPath is the part of the path that "https://api.cloudflare.com" stands
// before in the guide.
const apiPath = "/client/v4/"

const webhooksPath = apiPath + "accounts/{account}/realtime/kit/{app}/webhooks"

// Bounds of what is registered, in bytes.
const (
	maxID   = 128
	maxName = 1024
	maxURL  = 4096
)

// addAPI mounts the webhooks API. Its calls are those of the guide and of the
// official SDKs.
func (s *Service) addAPI(mux *http.ServeMux) {
	mux.Handle(webhooksPath, s.authorized(methods{http.MethodGet: s.listWebhooks, http.MethodPost: s.createWebhook}))
	mux.Handle(webhooksPath+"/all", s.authorized(methods{http.MethodGet: s.listEvents}))
	mux.Handle(webhooksPath+"/{id}", s.authorized(methods{
		http.MethodGet: s.getWebhook, http.MethodPut: s.replaceWebhook,
		http.MethodPatch: s.editWebhook, http.MethodDelete: s.deleteWebhook,
	}))
	mux.HandleFunc(apiPath, notFound)
}

// withIDs answers a path of the API that lacks an id, which is what a variable
// that is not set leaves. The mux would redirect to the path without the empty
// segment, where nothing is.
func withIDs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if missing := missingIDs(r.URL.EscapedPath()); missing != "" {
			fail(w, &apiError{http.StatusNotFound, "the id of the " + missing + " is empty, want a path such as " + apiPath + "accounts/acc/realtime/kit/app/webhooks"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// missingIDs says which of its ids a path of the API lacks: "account", "app",
// "account and that of the app", or nothing.
func missingIDs(path string) string {
	rest, ok := strings.CutPrefix(path, apiPath+"accounts/")
	if !ok {
		return ""
	}
	account, rest, _ := strings.Cut(rest, "/")
	rest, ok = strings.CutPrefix(rest, "realtime/kit/")
	app, _, _ := strings.Cut(rest, "/")
	switch {
	case !ok:
		return ""
	case account == "" && app == "":
		return "account and that of the app"
	case account == "":
		return "account"
	case app == "":
		return "app"
	}
	return ""
}

// authorized asks for the bearer token. A wrong method is told first, as
// nothing is to be had by it.
func (s *Service) authorized(m methods) http.Handler {
	guarded := methods{}
	for name, h := range m {
		guarded[name] = func(w http.ResponseWriter, r *http.Request) {
			switch token := bearer(r); {
			case token == "":
				w.Header().Set("WWW-Authenticate", "Bearer")
				fail(w, &apiError{http.StatusUnauthorized, "found no token, want the header Authorization: Bearer TOKEN"})
			case s.o.Token != "" && !same(token, s.o.Token):
				fail(w, &apiError{http.StatusUnauthorized, "the token is not the one that is asked for"})
			default:
				h(w, r)
			}
		}
	}
	return guarded
}

// bearer returns the token of the Authorization field, or nothing.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// same compares secrets in a time that tells nothing about them.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// success is the form of the API's answers.
type success struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
}

// read returns the app and the body of a call that writes.
func (s *Service) read(w http.ResponseWriter, r *http.Request) (App, registration, error) {
	var g registration
	app, err := appOf(r)
	if err == nil {
		err = readJSON(w, r, &g, false)
	}
	return app, g, err
}

// told answers a call with what it came to.
func told(w http.ResponseWriter, status int, hook Webhook, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, status, success{true, publish(hook)})
}

func (s *Service) createWebhook(w http.ResponseWriter, r *http.Request) {
	app, g, err := s.read(w, r)
	hook := Webhook{App: app}
	if err == nil {
		hook, err = g.over(hook, true)
	}
	if err == nil {
		hook, err = s.Register(hook)
	}
	told(w, http.StatusCreated, hook, err)
}

func (s *Service) replaceWebhook(w http.ResponseWriter, r *http.Request) { s.change(w, r, true) }

func (s *Service) editWebhook(w http.ResponseWriter, r *http.Request) { s.change(w, r, false) }

func (s *Service) change(w http.ResponseWriter, r *http.Request, whole bool) {
	app, g, err := s.read(w, r)
	var hook Webhook
	if err == nil {
		hook, err = s.Change(app, r.PathValue("id"), func(old Webhook) (Webhook, error) { return g.over(old, whole) })
	}
	told(w, http.StatusOK, hook, err)
}

func (s *Service) getWebhook(w http.ResponseWriter, r *http.Request) {
	app, err := appOf(r)
	var hook Webhook
	if err == nil {
		hook, err = s.Webhook(app, r.PathValue("id"))
	}
	told(w, http.StatusOK, hook, err)
}

func (s *Service) deleteWebhook(w http.ResponseWriter, r *http.Request) {
	app, err := appOf(r)
	var hook Webhook
	if err == nil {
		hook, err = s.Delete(app, r.PathValue("id"))
	}
	told(w, http.StatusOK, hook, err)
}

func (s *Service) listWebhooks(w http.ResponseWriter, r *http.Request) {
	app, err := appOf(r)
	if err != nil {
		fail(w, err)
		return
	}
	out := []published{} // an empty list is [], as the SDKs expect
	for _, hook := range s.listed(app) {
		out = append(out, publish(hook))
	}
	if len(out) == 0 && s.o.NoneIs404 {
		fail(w, &apiError{http.StatusNotFound, "the app has no webhooks"})
		return
	}
	answer(w, http.StatusOK, success{true, out})
}

// listEvents answers "Fetch the current event list with the Webhooks API". What
// the answer looks like is documented nowhere: the names in an array are an
// assumption.
func (s *Service) listEvents(w http.ResponseWriter, r *http.Request) {
	if _, err := appOf(r); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, success{true, rtk.EventTypes()})
}
