package service

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/schemas"
)

const webhooksPath = apiPath + "accounts/{account}/realtime/kit/{app}/webhooks"

// addWebhooksAPI adds the routes of the webhooks API. They are those of the guide
// and of the official SDKs.
func (s *Service) addWebhooksAPI(mux *http.ServeMux) {
	mux.Handle(webhooksPath, s.authorized(jsonapi.Methods{
		http.MethodGet:  endpoint(http.StatusOK, s.listWebhooks),
		http.MethodPost: endpointWithBody(http.StatusCreated, lenient, s.createWebhook),
	}))
	mux.Handle(webhooksPath+"/all", s.authorized(jsonapi.Methods{
		http.MethodGet: endpoint(http.StatusOK, listEvents),
	}))
	mux.Handle(webhooksPath+"/{id}", s.authorized(jsonapi.Methods{
		http.MethodGet:    endpoint(http.StatusOK, s.getWebhook),
		http.MethodPut:    endpointWithBody(http.StatusOK, lenient, s.changeWebhook(true)),
		http.MethodPatch:  endpointWithBody(http.StatusOK, lenient, s.changeWebhook(false)),
		http.MethodDelete: endpoint(http.StatusOK, s.deleteWebhook),
	}))
	mux.HandleFunc(apiPath, notFound)
}

// authorized requires the bearer token, and ids that an app can have. A wrong
// method is refused before that.
func (s *Service) authorized(methods jsonapi.Methods) jsonapi.Methods {
	for name, next := range methods {
		methods[name] = func(w http.ResponseWriter, r *http.Request) {
			err := jsonapi.CheckToken(r, s.o.Token)
			if err == nil {
				err = checkApp(pathApp(r))
			}
			if err != nil {
				jsonapi.Fail(w, err)
				return
			}
			next(w, r)
		}
	}
	return methods
}

// pathApp returns the app that the path names.
func pathApp(r *http.Request) store.App {
	return store.App{AccountID: r.PathValue("account"), AppID: r.PathValue("app")}
}

// maxID bounds the id of an account or an app, in bytes.
const maxID = 128

func checkApp(app store.App) error {
	for _, id := range []string{app.AccountID, app.AppID} {
		if len(id) > maxID || !utf8.ValidString(id) || strings.TrimSpace(id) == "" {
			return jsonapi.Invalid("the id of an account or an app is empty, not UTF-8 or longer than %d bytes", maxID)
		}
	}
	return nil
}

// idsInPath finds the ids of the account and the app in a path of the API.
var idsInPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("^" + apiPath + "accounts/([^/]*)/realtime/kit/([^/]*)")
})

// refuseEmptyIDs answers a path of the API in which an id is empty. A variable
// that is not set leaves such a path. The mux would redirect to the path without
// the empty part, where nothing is.
func refuseEmptyIDs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var empty []string
		ids := idsInPath().FindStringSubmatch(r.URL.EscapedPath())
		for i, name := range []string{"account", "app"} {
			if ids != nil && ids[i+1] == "" {
				empty = append(empty, name)
			}
		}
		if empty != nil {
			jsonapi.Fail(w, jsonapi.Errorf(http.StatusNotFound, "the id of the %s is empty, want a path such as %saccounts/acc/realtime/kit/app/webhooks",
				strings.Join(empty, " and that of the "), apiPath))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// success is the form of the API's answers.
type success struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
}

// publishedWebhook is a webhook as the official SDKs read it.
type publishedWebhook struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	URL       string          `json:"url"`
	Events    []rtk.EventType `json:"events"`
	Enabled   bool            `json:"enabled"`
	CreatedAt string          `json:"created_at"`
	UpdatedAt string          `json:"updated_at"`
}

func publish(w store.Webhook) publishedWebhook {
	const layout = "2006-01-02T15:04:05.000Z"
	return publishedWebhook{w.ID, w.Name, w.URL, w.Events, w.Enabled, w.CreatedAt.UTC().Format(layout), w.UpdatedAt.UTC().Format(layout)}
}

func (s *Service) createWebhook(r *http.Request, body registration) (any, error) {
	w, err := body.apply(store.Webhook{App: pathApp(r)}, true)
	if err != nil {
		return nil, err
	}
	w, err = s.Register(w)
	return success{true, publish(w)}, err
}

// changeWebhook replaces the whole webhook, or the members that are given.
func (s *Service) changeWebhook(whole bool) func(*http.Request, registration) (any, error) {
	return func(r *http.Request, body registration) (any, error) {
		w, err := s.Change(pathApp(r), r.PathValue("id"), func(old store.Webhook) (store.Webhook, error) { return body.apply(old, whole) })
		return success{true, publish(w)}, err
	}
}

func (s *Service) getWebhook(r *http.Request) (any, error) {
	w, err := s.Webhook(pathApp(r), r.PathValue("id"))
	return success{true, publish(w)}, err
}

func (s *Service) deleteWebhook(r *http.Request) (any, error) {
	w, err := s.Delete(pathApp(r), r.PathValue("id"))
	return success{true, publish(w)}, err
}

func (s *Service) listWebhooks(r *http.Request) (any, error) {
	out := []publishedWebhook{} // an empty list is [], as the SDKs expect
	for _, w := range s.WebhooksOf(pathApp(r)) {
		out = append(out, publish(w))
	}
	if len(out) == 0 && s.o.NoneIs404 {
		return nil, jsonapi.Errorf(http.StatusNotFound, "the app has no webhooks")
	}
	return success{true, out}, nil
}

// listEvents answers "Fetch the current event list with the Webhooks API". No
// document shows the answer: an array of names is an assumption.
func listEvents(*http.Request) (any, error) { return success{true, rtk.EventTypes()}, nil }

// Bounds of a registration. Texts are in bytes.
const (
	maxName   = 1024
	maxURL    = 4096
	maxEvents = 128
)

// registration is the body of a call that creates or changes a webhook. A nil
// member was not given.
type registration struct {
	Name    *string         `json:"name"`
	URL     *string         `json:"url"`
	Events  *[]string       `json:"events"`
	Enabled json.RawMessage `json:"enabled"`
}

// apply returns w with the members that were given. If whole, the registration
// describes a new webhook: only enabled may be missing, and is true then.
func (g registration) apply(w store.Webhook, whole bool) (store.Webhook, error) {
	switch {
	case whole && g.Name == nil:
		return w, jsonapi.Invalid("name: found none, want a string")
	case whole && g.URL == nil:
		return w, jsonapi.Invalid("url: found none, want an http or https URL")
	case whole && g.Events == nil:
		return w, jsonapi.Invalid("events: found none, want an array of event names")
	}
	if g.Name != nil {
		if w.Name = *g.Name; strings.TrimSpace(w.Name) == "" || len(w.Name) > maxName {
			return w, jsonapi.Invalid("name: found %d bytes, want 1 to %d that are not all white space", len(w.Name), maxName)
		}
	}
	if g.URL != nil {
		if w.URL = *g.URL; !isTarget(w.URL) {
			return w, jsonapi.Invalid("url: found %.100q, want an http or https URL of at most %d bytes", redact.Typed(w.URL), maxURL)
		}
	}
	if g.Events != nil {
		events, err := parseEvents(*g.Events)
		if err != nil {
			return w, err
		}
		w.Events = events
	}
	switch text := string(g.Enabled); text {
	case "true", "false":
		w.Enabled = text == "true"
	case "":
		w.Enabled = w.Enabled || whole
	default:
		return w, jsonapi.Invalid("enabled: found %.40s, want true or false", text)
	}
	return w, nil
}

// isTarget reports whether deliveries can go to the URL.
func isTarget(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && len(raw) <= maxURL && (u.Scheme == "http" || u.Scheme == "https") &&
		u.Hostname() != "" && u.Opaque == "" && u.Fragment == "" && !strings.HasSuffix(u.Host, ":")
}

func parseEvents(names []string) ([]rtk.EventType, error) {
	if len(names) == 0 {
		return nil, jsonapi.Invalid("events: found an empty array, want at least one event")
	}
	var events []rtk.EventType
	for i, name := range names[:min(len(names), maxEvents)] {
		if !rtk.EventType(name).Known() {
			return nil, jsonapi.Invalid("events: found %.100q at %d, want one of %s", name, i, eventNames())
		}
		events = append(events, rtk.EventType(name))
	}
	return unique(events), nil
}

func unknownEvent(e rtk.EventType) error {
	return jsonapi.Invalid("event: found %.100q, want one of %s", string(e), eventNames())
}

func eventNames() string { return strings.Join(schemas.Events(), ", ") }

// unique returns the events without repetitions.
func unique(events []rtk.EventType) []rtk.EventType {
	var out []rtk.EventType
	for _, e := range events {
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}
