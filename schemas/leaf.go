package schemas

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// leaf is one leaf of jsonschema's tree of errors: a keyword that a value does
// not satisfy.
type leaf struct {
	*jsonschema.ValidationError
	// around are the errors that contain it, outermost first.
	around []*jsonschema.ValidationError
	// others are the leaves of the other branches of an anyOf or oneOf, where
	// all branches refuse the value itself.
	others []leaf
}

// leavesOf flattens the tree below e to what a reader can act on.
func leavesOf(e *jsonschema.ValidationError, around []*jsonschema.ValidationError) []leaf {
	if len(e.Causes) == 0 || strings.HasSuffix(e.AbsoluteKeywordLocation, "/minContains") {
		return []leaf{{ValidationError: e, around: around}}
	}
	around = append(slices.Clip(around), e)
	branches := make([][]leaf, len(e.Causes))
	for i, cause := range e.Causes {
		branches[i] = leavesOf(cause, around)
	}
	// These two texts are jsonschema's own. No text of a schema gets there.
	if e.Message == "anyOf failed" || e.Message == "oneOf failed" {
		return bestBranch(e.InstanceLocation, branches)
	}
	return slices.Concat(branches...)
}

// bestBranch returns the leaves of the branch that the value at instance is
// most likely meant for: the one with the fewest errors about the value's
// shape, and of those the one with the fewest errors. If all branches refuse
// the value itself, one leaf stands for all.
func bestBranch(instance string, branches [][]leaf) []leaf {
	aboutValue := func(b []leaf) bool {
		return len(b) == 1 && b[0].InstanceLocation == branches[0][0].InstanceLocation && b[0].refusesValue()
	}
	if !slices.ContainsFunc(branches, func(b []leaf) bool { return !aboutValue(b) }) {
		merged := branches[0][0]
		for _, b := range branches[1:] {
			merged.others = append(merged.others, b[0])
		}
		return []leaf{merged}
	}
	return slices.MinFunc(branches, func(a, b []leaf) int {
		if d := shapeErrors(instance, a) - shapeErrors(instance, b); d != 0 {
			return d
		}
		return len(a) - len(b)
	})
}

// shapeErrors counts the leaves that say that the value at instance is of
// another kind than the branch: it has another type, members are missing or
// unknown, or a member that tells the branches apart has another value.
func shapeErrors(instance string, leaves []leaf) int {
	n := 0
	for _, l := range leaves {
		here := l.InstanceLocation == instance
		member := strings.HasPrefix(l.InstanceLocation, instance+"/") && strings.Count(l.InstanceLocation[len(instance):], "/") == 1
		switch keyword := l.keyword(); {
		case here && (keyword == "type" || keyword == "required" || keyword == "additionalProperties"),
			member && (keyword == "const" || l.refusesAll()):
			n++
		}
	}
	return n
}

func (l leaf) refusesValue() bool {
	return slices.Contains([]string{"type", "enum", "const", "format", "pattern"}, l.keyword())
}

// refusesAll reports whether the schema admits nothing at all.
func (l leaf) refusesAll() bool { return l.Message == "not allowed" || l.keyword() == "not" }

func (l leaf) keyword() string { return location(l.AbsoluteKeywordLocation).last() }

// chain returns the leaf's error and those around it, innermost first.
func (l leaf) chain() []*jsonschema.ValidationError {
	all := append(slices.Clip(l.around), l.ValidationError)
	slices.Reverse(all)
	return all
}

// location is a place in a schema: an address with a JSON pointer as its
// fragment, as jsonschema writes it.
type location string

// schemaOf returns where the schema stands that e is about.
func schemaOf(e *jsonschema.ValidationError) location {
	l := location(e.AbsoluteKeywordLocation)
	if e.KeywordLocation == "" || e.Message == "" || e.Message == "not allowed" {
		return l // the error names no keyword
	}
	if _, err := strconv.Atoi(l.last()); err != nil {
		return l.up()
	}
	if l.up().up().last() == "dependentRequired" { // dependentRequired/NAME/INDEX
		return l.up().up().up()
	}
	return l.up().up() // allOf/INDEX
}

func (l location) isRoot() bool { return strings.HasSuffix(string(l), "#") }

// up returns the place one step further out.
func (l location) up() location {
	if l.isRoot() || l == "" {
		return l
	}
	return l[:strings.LastIndexByte(string(l), '/')]
}

// last returns the last step of the pointer, or "" at the root.
func (l location) last() string {
	if l.isRoot() || l == "" {
		return ""
	}
	return string(l[strings.LastIndexByte(string(l), '/')+1:])
}

// pointerSteps splits a JSON pointer as jsonschema writes it: percent-encoded.
func pointerSteps(pointer string) []string {
	if pointer == "" || pointer == "/" {
		return nil
	}
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, step := range steps {
		steps[i] = unescape(step)
	}
	return steps
}

// unescape decodes one step of a JSON pointer.
func unescape(step string) string {
	if decoded, err := url.PathUnescape(step); err == nil {
		step = decoded
	}
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
}
