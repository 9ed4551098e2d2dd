package service

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

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
			return w, wrong("url: found %.100q, want an http or https URL of at most %d bytes", redact.Typed(w.URL), maxURL)
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
