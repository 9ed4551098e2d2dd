package conformance

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rtkmock/rtkmock/mocksender/service/rest"
)

// APICall counts calls of the target to the REST API that were alike.
type APICall struct {
	// Operation names what was called as the official SDK does; empty for what the API
	// does not have.
	Operation string `json:"operation,omitempty"`
	Method    string `json:"method"`
	Path      string `json:"path"`   // below that of the app, with names in place of ids
	Status    int    `json:"status"` // of the answers; 0: there was none
	Count     int    `json:"count"`
}

// maxUnknownPaths bounds how many paths are told apart that the API does not have.
const maxUnknownPaths = 20

// CountCalls counts calls, in the order of their paths.
func CountCalls(visits []rest.Visit) []APICall {
	var out []APICall
	unknown := 0
	for _, v := range visits {
		c := APICall{Operation: v.Operation.ID, Method: v.Method, Path: v.Operation.Path, Status: v.Status}
		if c.Operation == "" {
			c.Path = withoutIDs(v.Path)
		}
		i := slices.IndexFunc(out, func(o APICall) bool {
			c.Count = o.Count
			return o == c
		})
		switch {
		case i >= 0:
			out[i].Count++
			continue
		case c.Operation == "" && unknown >= maxUnknownPaths:
			continue
		case c.Operation == "":
			unknown++
		}
		c.Count = 1
		out = append(out, c)
	}
	sortCalls(out)
	return out
}

func sortCalls(all []APICall) {
	slices.SortStableFunc(all, func(a, b APICall) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status))
	})
}

// withoutIDs returns a path with … for each part that is no plain word.
func withoutIDs(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if !plainWord().MatchString(part) {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

var plainWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([a-z][a-z-]{0,20}|v[0-9]{1,2})?$`) })

// mergedCalls adds up the calls of several runs.
func mergedCalls(runs []*Report) []APICall {
	var out []APICall
	for _, r := range runs {
		for _, c := range r.Calls {
			i := slices.IndexFunc(out, func(o APICall) bool {
				o.Count = c.Count
				return o == c
			})
			if i < 0 {
				out = append(out, c)
			} else {
				out[i].Count += c.Count
			}
		}
	}
	sortCalls(out)
	return out
}
