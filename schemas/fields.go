package schemas

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Field is a member of an event that holds a value of its own, not an object of
// further members.
type Field struct {
	// Path leads to it from the root, with dots: "recording.status".
	Path string `json:"path"`
	// Types are the JSON types that it may have, in the schema's order. Empty:
	// Values alone say.
	Types []string `json:"types,omitempty"`
	// Values are all that it may be, as JSON, where the schema lists them.
	Values []json.RawMessage `json:"values,omitempty"`
	// Title says in a few words what it looks like; Doc what is known of it,
	// and from which sentence of the guide.
	Title string `json:"title,omitempty"`
	Doc   string `json:"doc,omitempty"`
	// Required says that no event of the type lacks it.
	Required bool `json:"required"`
}

// Fields returns the members that an event of the named type has in the strict
// reading, required ones first and otherwise by path: what a form needs to ask
// for. The member "event" is not among them. The error matches ErrUnknownSchema
// if name is none of Events.
func Fields(name string) ([]Field, error) {
	lib, err := embedded()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Events(), name) {
		return nil, fmt.Errorf("%w %q, want one of %s", ErrUnknownSchema, name, strings.Join(Events(), ", "))
	}
	b := newBook(lib, idBase+strictName+suffix)
	fields := b.fields(location{document: idBase + name + suffix}, "", true, maxHops)
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

// fields lists what the schema at the location says of the members below path.
func (b *book) fields(at location, path string, required bool, hops int) []Field {
	if hops == 0 {
		return nil
	}
	members := b.members(at)
	if len(members) == 0 {
		return []Field{b.field(at, path, required)}
	}
	must := b.all(at, "required", maxHops)
	var out []Field
	for _, name := range slices.Sorted(maps.Keys(members)) {
		member := members[name]
		if b.refusesAll(member, maxHops) {
			continue
		}
		below := name
		if path != "" {
			below = path + "." + name
		}
		out = append(out, b.fields(member, below, required && slices.Contains(must, name), hops-1)...)
	}
	return out
}

func (b *book) field(at location, path string, required bool) Field {
	f := Field{
		Path: path, Required: required, Types: b.all(at, "type", maxHops),
		Title: strings.Join(b.all(at, "title", maxHops), "; "),
		Doc:   strings.Join(b.all(at, "description", maxHops), " "),
	}
	for _, value := range b.values(at, maxHops) {
		if data, err := json.Marshal(value); err == nil {
			f.Values = append(f.Values, data)
		}
	}
	return f
}

// all returns the strings that the schema at the location, and those that it
// takes in, have under keyword, each once.
func (b *book) all(at location, keyword string, hops int) []string {
	if hops == 0 || at.document == "" {
		return nil
	}
	out := b.strings(at.at(keyword))
	for _, target := range b.targets(at) {
		for _, s := range b.all(target, keyword, hops-1) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// values returns what an enum or a const lists, here or in what is taken in.
func (b *book) values(at location, hops int) []any {
	if hops == 0 || at.document == "" {
		return nil
	}
	object, _ := b.object(at)
	if list, ok := object["enum"].([]any); ok {
		return list
	}
	if value, ok := object["const"]; ok {
		return []any{value}
	}
	for _, target := range b.targets(at) {
		if list := b.values(target, hops-1); list != nil {
			return list
		}
	}
	return nil
}
