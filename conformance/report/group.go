package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// Group is the checks of one group.
type Group struct {
	Name   string
	Checks []*Check
}

// Groups returns the groups in the order of the catalogue.
func (d *Document) Groups() []Group {
	var out []Group
	for i := range d.Checks {
		c := &d.Checks[i]
		name := printable.Name(c.ID.Group())
		at := slices.IndexFunc(out, func(g Group) bool { return g.Name == name })
		if at < 0 {
			at = len(out)
			out = append(out, Group{Name: name})
		}
		out[at].Checks = append(out[at].Checks, c)
	}
	return out
}

// GroupsWorstFirst returns the groups, and the checks of each, the worst first.
func (d *Document) GroupsWorstFirst() []Group {
	out := d.Groups()
	for _, g := range out {
		slices.SortStableFunc(g.Checks, byRank)
	}
	slices.SortStableFunc(out, func(a, b Group) int { return byRank(a.Checks[0], b.Checks[0]) })
	return out
}

// Counts says how often each status occurs, the worst first: "2 fail, 9 pass".
func (g Group) Counts() string {
	checks := slices.Clone(g.Checks)
	slices.SortStableFunc(checks, byRank)
	var words []string
	count := map[string]int{}
	for _, c := range checks {
		word := c.StatusWords()
		if count[word]++; count[word] == 1 {
			words = append(words, word)
		}
	}
	for i, word := range words {
		words[i] = fmt.Sprintf("%d %s", count[word], word)
	}
	return strings.Join(words, ", ")
}

// WorstFirst returns the checks, the worst first, else in the order of the
// document.
func (d *Document) WorstFirst() []*Check {
	out := d.filter(func(*Check) bool { return true })
	slices.SortStableFunc(out, byRank)
	return out
}
