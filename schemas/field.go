package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Field is a member of an event that holds a plain value, not an object.
type Field struct {
	// Path leads to it from the root, with dots: "recording.status".
	Path string `json:"path"`
	// Types are the JSON types that it may have, in the schema's order. It is
	// empty where Values says all.
	Types []string `json:"types,omitempty"`
	// Values are all that it may be, as JSON, where the schema lists them.
	Values []json.RawMessage `json:"values,omitempty"`
	// Title says in a few words what it looks like. Doc says what is known of
	// it, and the sentence of the guide that says so.
	Title string `json:"title,omitempty"`
	Doc   string `json:"doc,omitempty"`
	// Required says that every event of the type has it.
	Required bool `json:"required"`
}

// Fields returns the members that an event of the named type has in the strict
// reading: what a form needs to ask for. Required ones come first, and otherwise
// they are ordered by path. The member "event" is not among them. The error
// matches ErrUnknownSchema if name is none of Events.
func Fields(name string) ([]Field, error) {
	if !rtk.EventType(name).Known() {
		return nil, fmt.Errorf("%w %q, want one of %s", ErrUnknownSchema, name, strings.Join(Events(), ", "))
	}
	c, err := embedded().schemas[schemaKey{name, Strict}]()
	if err != nil {
		return nil, err
	}
	fields := c.definitions().fields(c.schema, "", true)
	fields = slices.DeleteFunc(fields, func(f Field) bool { return f.Path == "event" })
	slices.SortStableFunc(fields, func(a, b Field) int {
		if a.Required != b.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Path, b.Path)
	})
	return fields, nil
}

// fields lists what schema s says of the members below path.
func (d *definitions) fields(s *jsonschema.Schema, path string, required bool) []Field {
	names := d.names(s, false)
	if len(names) == 0 {
		return []Field{d.field(s, path, required)}
	}
	members := d.members(s, false)
	must := collect(d.related(s, false), func(r *jsonschema.Schema) []string { return r.Required })
	var out []Field
	for _, name := range names {
		below := name
		if path != "" {
			below = path + "." + name
		}
		out = append(out, d.fields(members[name], below, required && slices.Contains(must, name))...)
	}
	return out
}

func (d *definitions) field(s *jsonschema.Schema, path string, required bool) Field {
	related := d.related(s, false)
	one := func(text string) []string {
		return slices.DeleteFunc([]string{text}, func(t string) bool { return t == "" })
	}
	f := Field{
		Path: path, Required: required,
		Types: collect(related, func(r *jsonschema.Schema) []string { return r.Types }),
		Title: strings.Join(collect(related, func(r *jsonschema.Schema) []string { return one(r.Title) }), "; "),
		Doc:   strings.Join(collect(related, func(r *jsonschema.Schema) []string { return one(r.Description) }), " "),
	}
	for _, r := range related {
		if values := slices.Concat(r.Constant, r.Enum); len(values) > 0 {
			for _, value := range values {
				if data, err := json.Marshal(value); err == nil {
					f.Values = append(f.Values, data)
				}
			}
			break
		}
	}
	return f
}

// collect returns the strings that get gives for the schemas, each once.
func collect(from []*jsonschema.Schema, get func(*jsonschema.Schema) []string) []string {
	var out []string
	for _, s := range from {
		for _, text := range get(s) {
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}
