package schemas

import (
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// fault is one leaf of jsonschema's tree of errors.
type fault struct {
	*jsonschema.ValidationError
	// around are the errors that contain it, outermost first.
	around []*jsonschema.ValidationError
	// others are equal faults of the other branches of an anyOf or oneOf.
	others []fault
}

// faultsOf flattens the tree below e to what a reader can act on.
func faultsOf(e *jsonschema.ValidationError, around []*jsonschema.ValidationError) []fault {
	if len(e.Causes) == 0 || strings.HasSuffix(e.AbsoluteKeywordLocation, "/minContains") {
		return []fault{{ValidationError: e, around: around}}
	}
	around = append(slices.Clip(around), e)
	branches := make([][]fault, len(e.Causes))
	for i, cause := range e.Causes {
		branches[i] = faultsOf(cause, around)
	}
	// These two texts are jsonschema's own; a schema's words never get there.
	if e.Message == "anyOf failed" || e.Message == "oneOf failed" {
		return bestBranch(e.InstanceLocation, branches)
	}
	return slices.Concat(branches...)
}

// bestBranch returns the faults of the branch that the value at location most
// likely was meant for: the one with the fewest faults in its shape, and of
// those the one with the fewest faults. If all branches object to the value
// itself, one fault stands for all.
func bestBranch(location string, branches [][]fault) []fault {
	alike := true
	for _, b := range branches {
		alike = alike && len(b) == 1 && b[0].InstanceLocation == branches[0][0].InstanceLocation && b[0].rejectsValue()
	}
	if alike {
		merged := branches[0][0]
		for _, b := range branches[1:] {
			merged.others = append(merged.others, b[0])
		}
		return []fault{merged}
	}
	best := slices.MinFunc(branches, func(a, b []fault) int {
		if d := shapeFaults(location, a) - shapeFaults(location, b); d != 0 {
			return d
		}
		return len(a) - len(b)
	})
	return best
}

func (f fault) rejectsValue() bool {
	switch f.location().keyword() {
	case "type", "enum", "const", "format", "pattern":
		return true
	}
	return false
}

// shapeFaults counts the faults that say that the value at location is of
// another kind than the branch: wrong type, members missing or unknown, or a
// member that distinguishes the branch.
func shapeFaults(location string, faults []fault) int {
	n := 0
	for _, f := range faults {
		parent, _, _ := cutLast(f.InstanceLocation)
		here := f.InstanceLocation == location
		switch keyword := f.location().keyword(); {
		case here && (keyword == "type" || keyword == "required" || keyword == "additionalProperties"),
			!here && parent == location && (keyword == "const" || f.refuses()):
			n++
		}
	}
	return n
}

// refuses reports whether the fault is that nothing at all is admitted.
func (f fault) refuses() bool {
	return f.Message == "not allowed" || f.location().keyword() == "not"
}

func (f fault) location() location { return locate(f.AbsoluteKeywordLocation) }

// location is a place in a schema document.
type location struct {
	document string
	path     []string
}

// locate splits a URL with a JSON pointer as its fragment.
func locate(address string) location {
	document, pointer, _ := strings.Cut(address, "#")
	return location{document, pointerPath(pointer)}
}

// keyword returns the last step, the keyword at fault.
func (l location) keyword() string {
	if len(l.path) == 0 {
		return ""
	}
	return l.path[len(l.path)-1]
}

// up returns the place n steps further out.
func (l location) up(n int) location {
	return location{l.document, l.path[:max(len(l.path)-n, 0)]}
}

func (l location) at(steps ...string) location {
	return location{l.document, slices.Concat(l.path, steps)}
}

func (l location) String() string { return l.document + "#" + strings.Join(l.path, "/") }

// pointerPath splits a JSON pointer as jsonschema writes it: percent-encoded.
func pointerPath(pointer string) []string {
	if pointer == "" || pointer == "/" {
		return nil
	}
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, step := range steps {
		if decoded, err := url.PathUnescape(step); err == nil {
			step = decoded
		}
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
	}
	return steps
}

func cutLast(pointer string) (before, last string, found bool) {
	i := strings.LastIndexByte(pointer, '/')
	if i < 0 {
		return "", "", false
	}
	return pointer[:i], pointer[i+1:], true
}
