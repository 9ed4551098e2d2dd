package service

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

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

// published is a webhook as the official SDKs read it.
type published struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	URL       string          `json:"url"`
	Events    []rtk.EventType `json:"events"`
	Enabled   bool            `json:"enabled"`
	CreatedAt string          `json:"created_at"`
	UpdatedAt string          `json:"updated_at"`
}

func publish(w Webhook) published {
	const stamp = "2006-01-02T15:04:05.000Z"
	return published{w.ID, w.Name, w.URL, w.Events, w.Enabled, w.CreatedAt.UTC().Format(stamp), w.UpdatedAt.UTC().Format(stamp)}
}

// appOf returns whose webhooks the path is about.
func appOf(r *http.Request) (App, error) {
	app := App{r.PathValue("account"), r.PathValue("app")}
	for _, id := range []string{app.AccountID, app.AppID} {
		if len(id) > maxID || !utf8.ValidString(id) || strings.TrimSpace(id) == "" {
			return app, wrong("the id of an account or an app is empty, not UTF-8 or longer than %d bytes", maxID)
		}
	}
	return app, nil
}

// registration is the body of the calls that write. A nil member was not given.
type registration struct {
	Name    *string         `json:"name"`
	URL     *string         `json:"url"`
	Events  *[]string       `json:"events"`
	Enabled json.RawMessage `json:"enabled"`
}

// over applies what was given to w. Where whole, a new webhook is described:
// only enabled may be missing, and is then true.
func (g registration) over(w Webhook, whole bool) (Webhook, error) {
	switch {
	case whole && g.Name == nil:
		return w, wrong("name: found none, want a string")
	case whole && g.URL == nil:
		return w, wrong("url: found none, want an http or https URL")
	case whole && g.Events == nil:
		return w, wrong("events: found none, want an array of event names")
	}
	if g.Name != nil {
		if w.Name = *g.Name; strings.TrimSpace(w.Name) == "" || len(w.Name) > maxName {
			return w, wrong("name: found %d bytes, want 1 to %d that are not all white space", len(w.Name), maxName)
		}
	}
	if g.URL != nil {
		if w.URL = *g.URL; !isTarget(w.URL) {
			return w, wrong("url: found %.100q, want an http or https URL of at most %d bytes", bareURL(w.URL), maxURL)
		}
	}
	if g.Events != nil {
		events, err := eventsOf(*g.Events)
		if err != nil {
			return w, err
		}
		w.Events = events
	}
	return w, g.enable(&w, whole)
}

func (g registration) enable(w *Webhook, whole bool) error {
	switch text := string(g.Enabled); {
	case text == "" && whole:
		w.Enabled = true
	case text == "":
	case text == "true", text == "false":
		w.Enabled = text == "true"
	default:
		return wrong("enabled: found %.40s, want true or false", text)
	}
	return nil
}

// eventsOf checks the names of events.
func eventsOf(names []string) ([]rtk.EventType, error) {
	if len(names) == 0 {
		return nil, wrong("events: found an empty array, want at least one event")
	}
	var events []rtk.EventType
	for i, name := range names[:min(len(names), maxID)] {
		e := rtk.EventType(name)
		if !e.Known() {
			return nil, wrong("events: found %.100q at %d, want one of %s", name, i, listing(rtk.EventTypes()))
		}
		events = append(events, e)
	}
	return unique(events), nil
}

func listing(events []rtk.EventType) string {
	var names []string
	for _, e := range events {
		names = append(names, string(e))
	}
	return strings.Join(names, ", ")
}

// isTarget reports whether deliveries can go to the URL.
func isTarget(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && len(raw) <= maxURL && (u.Scheme == "http" || u.Scheme == "https") &&
		u.Hostname() != "" && u.Opaque == "" && u.Fragment == "" && !strings.HasSuffix(u.Host, ":")
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
