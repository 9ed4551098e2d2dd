package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// CallsText says in short what the target called of the REST API. It is empty if it
// made no calls.
func (d *Document) CallsText() string { return callsText(d.Calls) }

// CallsByPath says how the calls to the REST API were answered, one line a kind.
func (d *Document) CallsByPath() []Fact { return callsByPath(d.Calls) }

// CallsByPath is that of a Document.
func (d *PlayDocument) CallsByPath() []Fact { return callsByPath(d.Calls) }

func callsText(calls []conformance.APICall) string {
	all, failed := 0, 0
	var paths []string
	for _, c := range calls {
		all += c.Count
		if c.Status < 200 || c.Status > 299 {
			failed += c.Count
		}
		if path := c.Method + " " + c.Path; !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	if all == 0 {
		return ""
	}
	text := fmt.Sprintf("%s to the REST API, of %s", printable.Count(all, "call"), printable.Count(len(paths), "kind"))
	if failed > 0 {
		text += fmt.Sprintf(", %d without success", failed)
	}
	return text
}

func callsByPath(calls []conformance.APICall) []Fact {
	var out []Fact
	for _, c := range calls {
		name, text := printable.Line(c.Method+" "+c.Path), fmt.Sprintf("%s (%d×)", answerText(c), c.Count)
		if n := len(out); n > 0 && out[n-1].Name == name {
			out[n-1].Value += ", " + text
		} else {
			out = append(out, Fact{name, text})
		}
	}
	return out
}

func answerText(c conformance.APICall) string {
	if c.Status == 0 {
		return "no answer"
	}
	return strconv.Itoa(c.Status)
}
