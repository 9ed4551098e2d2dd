package service

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/schemas"
)

// webhookOperations are the operations of the REST API that the dispatcher
// answers. They are those of the guide and of the official SDKs.
func (s *Service) webhookOperations() []rest.Operation {
	return []rest.Operation{
		{ID: "webhooks.getWebhooks", Do: s.listWebhooks},
		{ID: "webhooks.createWebhook", Do: s.createWebhook},
		{ID: "webhooks.getAllEvents", Do: listEvents},
		{ID: "webhooks.getWebhookByID", Do: s.getWebhook},
		{ID: "webhooks.replaceWebhook", Do: s.changeWebhook(true)},
		{ID: "webhooks.editWebhook", Do: s.changeWebhook(false)},
		{ID: "webhooks.deleteWebhook", Do: s.deleteWebhook},
	}
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

func (s *Service) createWebhook(c *rest.Call) (any, error) {
	var body registration
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	w, err := body.apply(store.Webhook{App: store.App(c.Key)}, true)
	if err != nil {
		return nil, err
	}
	w, err = s.Register(w)
	return rest.Answer(publish(w)), withStatus(err)
}

// changeWebhook replaces the whole webhook, or the members that are given.
func (s *Service) changeWebhook(whole bool) func(*rest.Call) (any, error) {
	return func(c *rest.Call) (any, error) {
		var body registration
		if err := c.Decode(&body); err != nil {
			return nil, err
		}
		w, err := s.Change(store.App(c.Key), c.PathValue("webhook"), func(old store.Webhook) (store.Webhook, error) { return body.apply(old, whole) })
		return rest.Answer(publish(w)), withStatus(err)
	}
}

func (s *Service) getWebhook(c *rest.Call) (any, error) {
	w, err := s.Webhook(store.App(c.Key), c.PathValue("webhook"))
	return rest.Answer(publish(w)), withStatus(err)
}

func (s *Service) deleteWebhook(c *rest.Call) (any, error) {
	w, err := s.Delete(store.App(c.Key), c.PathValue("webhook"))
	return rest.Answer(publish(w)), withStatus(err)
}

func (s *Service) listWebhooks(c *rest.Call) (any, error) {
	out := []publishedWebhook{} // an empty list is [], as the SDKs expect
	for _, w := range s.WebhooksOf(store.App(c.Key)) {
		out = append(out, publish(w))
	}
	if len(out) == 0 && s.o.NoneIs404 {
		return nil, jsonapi.Errorf(http.StatusNotFound, "the app has no webhooks")
	}
	return rest.Answer(out), nil
}

// listEvents answers "Fetch the current event list with the Webhooks API". No
// document shows the answer: an array of names is an assumption.
func listEvents(*rest.Call) (any, error) { return rest.Answer(rtk.EventTypes()), nil }

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
