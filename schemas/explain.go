package schemas

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// maxProblems is how many problems an Error holds.
const maxProblems = 100

// finder turns jsonschema's errors about one body into problems.
type finder struct {
	name string
	doc  any // the body
	book *book
}

func newFinder(l *library, name string, r Reading, doc any) *finder {
	return &finder{name: name, doc: doc, book: newBook(l, address(name, r))}
}

// placed is a problem with what it is sorted by.
type placed struct {
	Problem
	segments []segment
	// decisive: a member of the root that has to have one certain value, such
	// as event, has another. Then the rest is of little interest.
	decisive bool
}

// explain returns an *Error with the problems in e: a decisive one first, the
// others by path.
func (f *finder) explain(e *jsonschema.ValidationError) error {
	var all []placed
	for _, ft := range faultsOf(e, nil) {
		all = append(all, f.problems(ft)...)
	}
	if len(all) == 0 { // whatever the filters dropped, invalid stays invalid
		all = []placed{{Problem: Problem{Path: "$", Found: show(f.doc), Want: "a valid " + f.name}}}
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
	err := &Error{Schema: f.name}
	for _, p := range all[:min(len(all), maxProblems)] {
		err.Problems = append(err.Problems, p.Problem)
	}
	err.Omitted = len(all) - len(err.Problems)
	return err
}

func compareSegments(a, b segment) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.index, b.index))
}

// problems returns what ft means; nothing if it only follows from another.
func (f *finder) problems(ft fault) []placed {
	in := f.instance(ft.InstanceLocation)
	at := ft.location()
	switch keyword := at.keyword(); {
	case ft.refuses():
		return f.refused(ft, in)
	case keyword == "required":
		missing := f.book.strings(at)
		missing = slices.DeleteFunc(missing, in.has)
		return f.missing(ft, in, missing)
	case len(at.path) > 2 && at.path[len(at.path)-3] == "dependentRequired":
		name := f.book.value(at)
		if s, ok := name.(string); ok {
			return f.missing(ft, in, []string{s})
		}
	case keyword == "additionalProperties":
		return f.additional(at.up(1), in)
	}
	p := in.problem(in.shown(ft), f.want(ft))
	p.decisive = at.keyword() == "const" && len(in.segments) == 1
	return []placed{p}
}

// missing gives each missing member a problem of its own.
func (f *finder) missing(ft fault, in instance, names []string) []placed {
	var all []placed
	for _, name := range names {
		want := "a value"
		if m, ok := f.member(ft, name); ok {
			want = cmp.Or(f.book.describe(m), want)
		}
		all = append(all, in.member(name).problem("nothing", want))
	}
	return all
}

// member looks for the schema of a missing member: first where it is required,
// then in the schemas around that speak of the same object.
func (f *finder) member(ft fault, name string) (location, bool) {
	for _, e := range slices.Backward(append(slices.Clip(ft.around), ft.ValidationError)) {
		if e.InstanceLocation != ft.InstanceLocation {
			break
		}
		for at := locate(e.AbsoluteKeywordLocation); ; at = at.up(1) {
			if m, ok := f.book.members(at)[name]; ok {
				return m, true
			}
			if len(at.path) == 0 || leadsInward(at.keyword()) {
				break
			}
		}
	}
	return location{}, false
}

// leadsInward reports whether schemas under keyword speak of a part of the
// value, or of another value.
func leadsInward(keyword string) bool {
	switch keyword {
	case "$defs", "properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "items", "prefixItems", "contains":
		return true
	}
	return false
}

// additional names the members that additionalProperties refuses at owner.
func (f *finder) additional(owner location, in instance) []placed {
	var all []placed
	own := f.book.members(owner)
	for name := range in.object() {
		if _, ok := own[name]; !ok && !f.book.patternMember(owner, name) {
			m := in.member(name)
			all = append(all, m.problem(show(m.value), f.noSuchMember(owner)))
		}
	}
	return all
}

// refused explains a schema that admits nothing, mostly an unknown member.
func (f *finder) refused(ft fault, in instance) []placed {
	problem := func(want string) []placed { return []placed{in.problem(in.shown(ft), want)} }
	at := ft.location()
	if at.keyword() == "not" {
		at = at.up(1)
		if title := f.book.text(at, "title"); title != "" {
			return problem(title)
		}
		if not, ok := f.book.object(at.at("not")); ok && len(not) > 0 {
			return problem("a value of another kind")
		}
	}
	for _, e := range slices.Backward(append(slices.Clip(ft.around), ft.ValidationError)) {
		path := locate(e.AbsoluteKeywordLocation)
		for ; len(path.path) > 0; path = path.up(1) {
			switch owner := path.up(1); {
			case path.keyword() == "unevaluatedProperties":
				// When a schema beside it fails, jsonschema forgets that it
				// knew the members, and each counts as unknown.
				if _, ok := f.book.members(owner)[in.name()]; ok {
					return nil
				}
				return problem(f.noSuchMember(owner))
			case owner.keyword() == "properties":
				return problem(f.noSuchMember(owner.up(1)))
			}
		}
	}
	return problem("nothing")
}

func (f *finder) noSuchMember(owner location) string {
	known := f.book.known(owner)
	if len(known) == 0 {
		return "no such member"
	}
	return "no such member (known: " + strings.Join(known, ", ") + ")"
}

// want says what the value at fault should be.
func (f *finder) want(ft fault) string {
	want := f.book.demand(ft.location())
	if want == "" {
		want = ft.Message
	}
	wants := []string{want}
	for _, other := range ft.others {
		if w := f.want(other); !slices.Contains(wants, w) {
			wants = append(wants, w)
		}
	}
	return orList(wants)
}

// instance is a place in the body.
type instance struct {
	segments []segment
	value    any
}

// instance follows a JSON pointer that jsonschema made.
func (f *finder) instance(pointer string) instance {
	in := instance{value: f.doc}
	for _, step := range pointerPath(pointer) {
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

// shown returns what was found; where a name is at fault, the name.
func (in instance) shown(ft fault) string {
	if slices.Contains(pointerPath(ft.KeywordLocation), "propertyNames") {
		return "the name " + quote(in.name())
	}
	return show(in.value)
}

func (in instance) problem(found, want string) placed {
	return placed{Problem: Problem{pathOf(in.segments), found, want}, segments: in.segments}
}
