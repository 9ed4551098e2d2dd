package service

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
)

const (
	// controlPath begins the paths of the control API. The real service has none
	// like it.
	controlPath = "/_rtkmock/"
	// apiPath is what follows "https://api.cloudflare.com" in the guide.
	apiPath = "/client/v4/"
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
	if e := new(jsonapi.Error); errors.As(err, &e) {
		return e
	}
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, dispatch.ErrUnknown):
		status = http.StatusNotFound
	case errors.Is(err, dispatch.ErrConflict):
		status = http.StatusConflict
	case errors.Is(err, dispatch.ErrTooMany):
		status = http.StatusTooManyRequests
	case errors.Is(err, dispatch.ErrClosed):
		status = http.StatusServiceUnavailable
	}
	return jsonapi.Errorf(status, "%s", plain(err))
}

// plain returns the text of an error without the name of its package.
func plain(err error) string {
	text := err.Error()
	for _, name := range []string{"dispatch: ", "store: ", "scenarios: ", "mocksender: ", "wellknown: "} {
		text = strings.TrimPrefix(text, name)
	}
	return text
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	jsonapi.Fail(w, jsonapi.Errorf(http.StatusNotFound, "no such route; the key document is at %s, the webhooks API under %s, the control API under %s",
		rtk.KeyDocumentPath, apiPath, controlPath))
}
