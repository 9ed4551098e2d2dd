package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// retyping is one way in which parsing and writing again changes a value that is no
// object.
type retyping struct {
	id ID
	// undo returns what n may have been, as written; "": not this one.
	undo func(n *node) string
}

func retypings() []retyping {
	return []retyping{
		{BodyNumbers, func(n *node) string { return unless(shortest(n), string(n.raw)) }},
		{BodyNumbers, func(n *node) string {
			if n.isNumber() && !strings.ContainsAny(string(n.raw), ".eE") {
				return string(n.raw) + ".0"
			}
			return ""
		}},
		{BodyNumbers, func(n *node) string {
			if text := (&node{raw: []byte(n.text)}); n.kind == '"' && n.text == shortest(text) {
				return n.text
			}
			return ""
		}},
		{BodyNumbers, func(n *node) string {
			if n.isNumber() {
				return `"` + string(n.raw) + `"`
			}
			return ""
		}},
		{BodyNulls, func(n *node) string {
			if string(n.raw) == "null" {
				return `""`
			}
			return ""
		}},
		{BodyNulls, func(n *node) string {
			if string(n.raw) == `""` {
				return "null"
			}
			return ""
		}},
	}
}

func unless(text, same string) string {
	if text == same {
		return ""
	}
	return text
}

func (n *node) isNumber() bool {
	return n.kind == 0 && len(n.raw) > 0 && (n.raw[0] == '-' || n.raw[0] >= '0' && n.raw[0] <= '9')
}

// shortest is how JavaScript writes a number. It returns "" for what is none, and for
// those that need an exponent.
func shortest(n *node) string {
	x, err := strconv.ParseFloat(string(n.raw), 64)
	size := math.Abs(x)
	switch {
	case !n.isNumber() || err != nil || size >= 1e21 || size < 1e-6 && x != 0:
		return ""
	case x == 0:
		return "0" // not -0
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// maxSingled is up to how many places are tried in all combinations. Beyond it, one
// at a time and all at once are.
const maxSingled = 4

// place is a value in a body, and what it may have been.
type place struct {
	*node
	path, was string
}

// retyped returns bodies like b in which values have another type or another form, by
// up to two retypings.
func retyped(b []byte) []unwrappedBody {
	root := parse(b)
	if root == nil {
		return nil
	}
	var whole, some []unwrappedBody // all places, some of them
	for _, r := range retypings() {
		places := r.places(root, "")
		if len(places) == 0 {
			continue
		}
		whole = append(whole, r.body(root, places))
		for _, part := range parts(places) {
			some = append(some, r.body(root, part))
		}
	}
	for _, u := range slices.Clone(whole) {
		second := parse(u.body)
		for _, r := range retypings() {
			if places := r.places(second, ""); len(places) > 0 && r.id != u.findings[0].ID {
				both := r.body(second, places)
				both.findings = slices.Concat(u.findings, both.findings)
				some = append(some, both)
			}
		}
	}
	return append(whole, some...)
}

// places returns where r may have happened below n.
func (r retyping) places(n *node, path string) []place {
	var out []place
	if was := r.undo(n); was != "" && n.kind != '{' && n.kind != '[' {
		out = append(out, place{n, path, was})
	}
	for i, m := range n.members {
		name := m.key
		if n.kind == '[' {
			name = strconv.Itoa(i)
		}
		out = append(out, r.places(m, join(path, name))...)
	}
	return out
}

// parts returns the combinations of places that are tried, but for all of them.
func parts(places []place) [][]place {
	var out [][]place
	if n := len(places); n <= maxSingled {
		for set := 1; set < 1<<n-1; set++ {
			var part []place
			for i, p := range places {
				if set>>i&1 == 1 {
					part = append(part, p)
				}
			}
			out = append(out, part)
		}
		return out
	}
	for i := range places {
		out = append(out, places[i:i+1])
	}
	return out
}

// body writes root with other values in some places.
func (r retyping) body(root *node, places []place) unwrappedBody {
	detail := fmt.Sprintf("%s: %.40s here, %.40s when it was signed", places[0].path, places[0].raw, places[0].was)
	if more := len(places) - 1; more > 0 {
		detail += fmt.Sprintf(", and %d more like it", more)
	}
	found := make([]string, len(places))
	for i, p := range places {
		found[i] = string(p.raw)
		p.raw = []byte(p.was)
	}
	w := writer{order: sameOrder, layout: layout{comma: ",", asFound: true}, text: spelling{asFound: true}}
	w.value(root, "", 0)
	for i, p := range places {
		p.raw = []byte(found[i])
	}
	return unwrappedBody{w.b, []Finding{finding(r.id, detail)}}
}
