package rest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/service/internal/jsonapi"
	"github.com/rtkmock/rtkmock/schemas"
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the OpenAPI document of the API. The caller owns the bytes.
func OpenAPI() []byte { return slices.Clone(openAPI) }

// description is the part of the document that checks requests.
type description struct {
	schemas    *schemas.Document
	operations map[string]operationDescription // by operationId
}

type operationDescription struct {
	Parameters  []parameter `json:"parameters"`
	RequestBody struct {
		Required bool `json:"required"`
	} `json:"requestBody"`
	pointer string
}

type parameter struct {
	Ref    string `json:"$ref"`
	Name   string `json:"name"`
	In     string `json:"in"`
	Schema struct {
		Type    string   `json:"type"`
		Format  string   `json:"format"`
		Enum    []string `json:"enum"`
		Minimum *int     `json:"minimum"`
		Maximum *int     `json:"maximum"`
		Items   struct {
			Enum []string `json:"enum"`
		} `json:"items"`
	} `json:"schema"`
}

// document reads openapi.json once, on the first request.
var document = sync.OnceValues(func() (*description, error) {
	var source struct {
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Parameters map[string]parameter `json:"parameters"`
		} `json:"components"`
	}
	if err := json.Unmarshal(openAPI, &source); err != nil {
		return nil, fmt.Errorf("rest: openapi.json: %w", err)
	}
	d := &description{operations: map[string]operationDescription{}}
	for path, methods := range source.Paths {
		for method, text := range methods {
			var o struct {
				ID string `json:"operationId"`
				operationDescription
			}
			if method == "parameters" {
				continue // of the path: checked elsewhere
			}
			if err := json.Unmarshal(text, &o); err != nil {
				return nil, fmt.Errorf("rest: openapi.json: %s %s: %w", method, path, err)
			}
			for i, p := range o.Parameters {
				if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
					o.Parameters[i] = source.Components.Parameters[name]
				}
			}
			o.pointer = "/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + method
			d.operations[o.ID] = o.operationDescription
		}
	}
	var err error
	d.schemas, err = schemas.NewDocument("rest-api", openAPI)
	return d, err
})

func (d *description) bodyPointer(id string) string {
	return d.operations[id].pointer + "/requestBody/content/application~1json/schema"
}

// checkQuery returns an error if a parameter of the query is not what the document
// says. Others are ignored.
func (d *description) checkQuery(id string, query url.Values) error {
	for _, p := range d.operations[id].Parameters {
		values := query[p.Name]
		if p.In != "query" || len(values) == 0 {
			continue
		}
		if p.Schema.Type != "array" {
			values = values[:1]
		}
		for _, value := range values {
			if want := p.refuses(value); want != "" {
				return jsonapi.Invalid("%s: found %.100q, want %s", p.Name, value, want)
			}
		}
	}
	return nil
}

// refuses returns what is wanted instead of a value, or nothing.
func (p parameter) refuses(value string) string {
	s := p.Schema
	if enum := append(s.Enum, s.Items.Enum...); len(enum) > 0 {
		if !slices.Contains(enum, value) {
			return "one of " + strings.Join(enum, ", ")
		}
		return ""
	}
	switch {
	case s.Type == "integer":
		n, err := strconv.Atoi(value)
		switch {
		case err == nil && (s.Minimum == nil || n >= *s.Minimum) && (s.Maximum == nil || n <= *s.Maximum):
		case s.Minimum != nil && s.Maximum != nil:
			return fmt.Sprintf("a whole number from %d to %d", *s.Minimum, *s.Maximum)
		default:
			return "a whole number"
		}
	case s.Type == "boolean" && value != "true" && value != "false":
		return "true or false"
	case s.Format == "date-time":
		if _, err := parseTime(value); err != nil {
			return "a time such as 2026-06-03T10:00:00Z"
		}
	}
	return ""
}

// parseTime reads a time in the forms of ISO 8601 that clients send.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("rest: %.40q is no time", text)
}
