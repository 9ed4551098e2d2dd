package schemas

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// definitions looks things up in the schemas that judge one document, to say in
// words what they ask for. What is not there is empty, never an error: the
// words get poorer, and the verdict stays.
type definitions struct {
	root string // the address of the schema that validation enters
	at   func(location) *jsonschema.Schema
}

// names lists the members that an object may have, sorted. With branches, they
// are those of all its forms.
func (d *definitions) names(s *jsonschema.Schema, branches bool) []string {
	members := d.members(s, branches)
	maps.DeleteFunc(members, func(_ string, m *jsonschema.Schema) bool { return d.refusesAll(m) })
	return slices.Sorted(maps.Keys(members))
}

// members returns the schemas of an object's members, by name.
func (d *definitions) members(s *jsonschema.Schema, branches bool) map[string]*jsonschema.Schema {
	all := map[string]*jsonschema.Schema{}
	for _, r := range d.related(s, branches) {
		for name, member := range r.Properties {
			if _, ok := all[name]; !ok {
				all[name] = member
			}
		}
	}
	return all
}

func (d *definitions) refusesAll(s *jsonschema.Schema) bool {
	return slices.ContainsFunc(d.related(s, false), func(r *jsonschema.Schema) bool {
		return r.Always != nil && !*r.Always || r.Not != nil && r.Not.Always != nil && *r.Not.Always
	})
}

// related returns s and the schemas that say more of the same value: those that
// it refers to and the parts of its allOf. With branches, also those that say it
// only of some values: then, else, anyOf and oneOf.
func (d *definitions) related(s *jsonschema.Schema, branches bool) []*jsonschema.Schema {
	var all []*jsonschema.Schema
	var add func(...*jsonschema.Schema)
	add = func(list ...*jsonschema.Schema) {
		for _, s := range list {
			if s == nil || slices.Contains(all, s) {
				continue
			}
			all = append(all, s)
			add(s.Ref, d.dynamicRef(s))
			add(s.AllOf...)
			if branches {
				add(s.Then, s.Else)
				add(s.AnyOf...)
				add(s.OneOf...)
			}
		}
	}
	add(s)
	return all
}

// dynamicRef returns what the $dynamicRef of s leads to: the definition of that
// name in the schema that validation enters, if it has one.
func (d *definitions) dynamicRef(s *jsonschema.Schema) *jsonschema.Schema {
	if s.DynamicRef == nil || s.DynamicRef.DynamicAnchor == "" {
		return s.DynamicRef
	}
	if own := d.at(location(d.root + "#" + s.DynamicRef.DynamicAnchor)); own != nil {
		return own
	}
	return s.DynamicRef
}
