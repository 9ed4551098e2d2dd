package service

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/redact"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

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

func eventNames() string {
	var names []string
	for _, e := range rtk.EventTypes() {
		names = append(names, string(e))
	}
	return strings.Join(names, ", ")
}

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
