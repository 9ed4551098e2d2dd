package schemas

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// maxProblems is how many problems an Error holds.
const maxProblems = 100

// explainer turns jsonschema's errors about one document into problems.
type explainer struct {
	schema      string // its name
	doc         any
	definitions *definitions
}

// placed is a problem with what it is sorted by.
type placed struct {
	Problem
	segments []segment
	// decisive: a member of the root that has to have one certain value, such
	// as event, has another. Then the rest is of little interest.
	decisive bool
	missing  bool // the member is not there
	misspelt bool // the member is unknown, and a known one is close
}

// explain returns the problems in e: a decisive one first, the others by path.
func (x *explainer) explain(e *jsonschema.ValidationError) *Error {
	var all []placed
	for _, l := range leavesOf(e, nil) {
		all = append(all, x.problems(l)...)
	}
	all = withoutConsequences(all)
	if len(all) == 0 { // whatever was left out, invalid stays invalid
		all = []placed{{Problem: Problem{Path: "$", Found: show(x.doc), Want: "a valid " + x.schema}}}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		if a.decisive != b.decisive {
			if a.decisive {
				return -1
			}
			return 1
		}
		return cmp.Or(slices.CompareFunc(a.segments, b.segments, compareSegments),
			cmp.Compare(a.Found, b.Found), cmp.Compare(a.Want, b.Want))
	})
	all = slices.CompactFunc(all, func(a, b placed) bool { return a.Problem == b.Problem })
	err := &Error{Schema: x.schema}
	for _, p := range all[:min(len(all), maxProblems)] {
		err.Problems = append(err.Problems, p.Problem)
	}
	err.Omitted = len(all) - len(err.Problems)
	return err
}

func compareSegments(a, b segment) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.index, b.index))
}

// withoutConsequences leaves out missing members of objects that have a
// misspelt one: it is most likely what is missing.
func withoutConsequences(all []placed) []placed {
	misspelt := map[string]bool{}
	for _, p := range all {
		if p.misspelt {
			misspelt[pathOf(p.segments[:len(p.segments)-1])] = true
		}
	}
	return slices.DeleteFunc(all, func(p placed) bool {
		return p.missing && misspelt[pathOf(p.segments[:len(p.segments)-1])]
	})
}

// problems returns what l means; nothing if it only follows from another.
func (x *explainer) problems(l leaf) []placed {
	in := x.instance(l.InstanceLocation)
	s := x.definitions.at(schemaOf(l.ValidationError))
	at := location(l.AbsoluteKeywordLocation)
	switch {
	case l.refusesAll():
		return x.refused(l, s, in)
	case s != nil && l.keyword() == "required":
		return x.missing(l, in, s.Required)
	case s != nil && at.up().up().last() == "dependentRequired":
		return x.missing(l, in, s.DependentRequired[unescape(at.up().last())])
	case s != nil && l.keyword() == "additionalProperties":
		return x.additional(l, s, in)
	}
	p := in.problem(in.shown(l), x.want(l))
	p.decisive = l.keyword() == "const" && len(in.segments) == 1
	if p.Hint = x.valueHint(l, in); p.Hint != "" && s != nil {
		p.Want = cmp.Or(title(s), p.Want) // a list of all values says no more than the hint
	}
	return []placed{p}
}

// want says what the value should be.
func (x *explainer) want(l leaf) string {
	wants := []string{cmp.Or(x.definitions.demand(x.definitions.at(schemaOf(l.ValidationError)), l.keyword()), l.Message)}
	for _, other := range l.others {
		if w := x.want(other); !slices.Contains(wants, w) {
			wants = append(wants, w)
		}
	}
	return orList(wants, func(w string) string { return w })
}

// valueHint returns the value that a misspelt one most likely means: one that
// the schema lists, or one of its examples.
func (x *explainer) valueHint(l leaf, in instance) string {
	word, ok := in.value.(string)
	if !ok || in.isName(l) {
		return ""
	}
	var listed []string
	for _, part := range append([]leaf{l}, l.others...) {
		if s := x.definitions.at(schemaOf(part.ValidationError)); s != nil {
			for _, value := range slices.Concat(s.Enum, s.Examples) {
				if v, ok := value.(string); ok {
					listed = append(listed, v)
				}
			}
		}
	}
	if hint := suggest.Nearest(word, listed); hint != "" && hint != word {
		return Quote(hint)
	}
	return ""
}

// missing gives each missing member a problem of its own.
func (x *explainer) missing(l leaf, in instance, names []string) []placed {
	var all []placed
	for _, name := range names {
		if in.has(name) {
			continue
		}
		p := in.member(name).problem("nothing", cmp.Or(x.describeMember(l, name), "a value"))
		p.missing = true
		all = append(all, p)
	}
	return all
}

// describeMember says what a missing member should be: first as the schema says
// that requires it, then as the schemas around that say of the same object.
func (x *explainer) describeMember(l leaf, name string) string {
	for _, e := range l.chain() {
		if e.InstanceLocation != l.InstanceLocation {
			break
		}
		if s := x.definitions.at(schemaOf(e)); s != nil {
			if member, ok := x.definitions.members(s, false)[name]; ok {
				return x.definitions.describe(member)
			}
		}
	}
	return ""
}

// additional names the members that the additionalProperties of s refuses.
func (x *explainer) additional(l leaf, s *jsonschema.Schema, in instance) []placed {
	var all []placed
	for name := range in.object() {
		if _, ok := s.Properties[name]; ok || matchesPattern(s, name) {
			continue
		}
		all = append(all, x.unknownMember(l, l.InstanceLocation, s, in.member(name)))
	}
	return all
}

func matchesPattern(s *jsonschema.Schema, name string) bool {
	for pattern := range s.PatternProperties {
		if pattern.MatchString(name) {
			return true
		}
	}
	return false
}

// refused explains a schema that admits nothing, mostly an unknown member.
func (x *explainer) refused(l leaf, s *jsonschema.Schema, in instance) []placed {
	if l.keyword() == "not" && s != nil {
		if title := title(s); title != "" {
			return []placed{in.problem(in.shown(l), title)}
		}
		if s.Not.Always == nil {
			return []placed{in.problem(in.shown(l), "a value of another kind")}
		}
	}
	for _, e := range l.chain() {
		for at := location(e.AbsoluteKeywordLocation); !at.isRoot(); at = at.up() {
			switch {
			case at.last() == "unevaluatedProperties":
				owner := x.definitions.at(at.up())
				// When a schema beside it fails, jsonschema forgets that it
				// knew the members, and each counts as unknown.
				if _, ok := x.definitions.members(owner, false)[in.name()]; ok {
					return nil
				}
				// For jsonschema, a member without a name is where its object is.
				object := l.InstanceLocation[:max(strings.LastIndexByte(l.InstanceLocation, '/'), 0)]
				return []placed{x.unknownMember(l, object, owner, in)}
			case at.up().last() == "properties":
				return []placed{in.problem(in.shown(l), x.noSuchMember(x.definitions.at(at.up().up())))}
			}
		}
	}
	return []placed{in.problem(in.shown(l), "nothing")}
}

// unknownMember is the problem of a member that the schema s of the object does
// not know.
func (x *explainer) unknownMember(l leaf, object string, s *jsonschema.Schema, member instance) placed {
	p := member.problem(show(member.value), x.noSuchMember(s))
	possible := x.definitions.names(x.widest(l, object, s), true)
	if slices.Contains(possible, member.name()) {
		// It is spelt well, but belongs to another form of the object.
		p.Want = strings.Replace(p.Want, "no such member", "no such member here", 1)
		return p
	}
	if hint := suggest.Nearest(member.name(), possible); hint != "" {
		p.Want, p.Hint, p.misspelt = "no such member", Quote(hint), true
	}
	return p
}

// widest returns the outermost schema of the object that s speaks of.
func (x *explainer) widest(l leaf, object string, s *jsonschema.Schema) *jsonschema.Schema {
	for _, e := range l.around {
		if e.InstanceLocation == object {
			return cmp.Or(x.definitions.at(schemaOf(e)), s)
		}
	}
	return s
}

func (x *explainer) noSuchMember(s *jsonschema.Schema) string {
	known := x.definitions.names(s, false)
	if len(known) == 0 {
		return "no such member"
	}
	return "no such member (known: " + strings.Join(known, ", ") + ")"
}

// instance is a place in the document.
type instance struct {
	segments []segment
	value    any
}

// instance follows a JSON pointer that jsonschema made.
func (x *explainer) instance(pointer string) instance {
	in := instance{value: x.doc}
	for _, step := range pointerSteps(pointer) {
		if array, ok := in.value.([]any); ok {
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(array) {
				in = instance{append(in.segments, segment{index: i, inArray: true}), array[i]}
				continue
			}
		}
		in = in.member(step)
	}
	return in
}

func (in instance) object() map[string]any {
	object, _ := in.value.(map[string]any)
	return object
}

func (in instance) has(name string) bool {
	_, ok := in.object()[name]
	return ok
}

func (in instance) member(name string) instance {
	return instance{append(slices.Clip(in.segments), segment{name: name}), in.object()[name]}
}

// name returns the name of the member that in is.
func (in instance) name() string {
	if len(in.segments) == 0 {
		return ""
	}
	return in.segments[len(in.segments)-1].name
}

// isName reports whether l is about the member's name, not about its value.
func (in instance) isName(l leaf) bool {
	return slices.Contains(pointerSteps(l.KeywordLocation), "propertyNames")
}

// shown returns what was found.
func (in instance) shown(l leaf) string {
	if in.isName(l) {
		return "the name " + Quote(in.name())
	}
	return show(in.value)
}

func (in instance) problem(found, want string) placed {
	return placed{Problem: Problem{Path: pathOf(in.segments), Found: found, Want: want}, segments: in.segments}
}
