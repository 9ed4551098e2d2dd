package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// Group is the checks of one group.
type Group struct {
	Name   string
	Checks []*CheckResult
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
func (d *Document) WorstFirst() []*CheckResult {
	out := d.filter(func(*CheckResult) bool { return true })
	slices.SortStableFunc(out, byRank)
	return out
}

// Nesting says which checks are shown under another one, which they follow from.
type Nesting struct {
	home      map[*CheckResult]*CheckResult
	followers map[*CheckResult][]*CheckResult
}

// Nesting returns the nesting of the checks of d. A check that is not in d, that is
// known to be violated, or that follows from another one itself, has nothing under it.
func (d *Document) Nesting() Nesting {
	byID := map[conformance.ID]*CheckResult{}
	for i := range d.Checks {
		byID[d.Checks[i].ID] = &d.Checks[i]
	}
	n := Nesting{map[*CheckResult]*CheckResult{}, map[*CheckResult][]*CheckResult{}}
	for i := range d.Checks {
		c := &d.Checks[i]
		if len(c.FollowsFrom) == 0 {
			continue
		}
		home := byID[c.FollowsFrom[0].Check]
		if home == nil || len(home.FollowsFrom) > 0 || home.Known != nil && c.Known == nil {
			continue
		}
		n.home[c] = home
		n.followers[home] = append(n.followers[home], c)
	}
	return n
}

// Home returns the check that c is shown under, nil if it stands by itself.
func (n Nesting) Home(c *CheckResult) *CheckResult { return n.home[c] }

// Followers returns the checks that are shown under c, alike ones together: of one
// status, for one reason.
func (n Nesting) Followers(c *CheckResult) []Followers {
	var out []Followers
	for _, f := range n.followers[c] {
		because := strings.TrimPrefix(f.Follows(), "follows from "+printable.Name(string(c.ID))+": ")
		i := slices.IndexFunc(out, func(o Followers) bool { return o.Because == because && o.Checks[0].StatusWords() == f.StatusWords() })
		if i < 0 {
			i = len(out)
			out = append(out, Followers{Because: because})
		}
		out[i].Checks = append(out[i].Checks, f)
	}
	slices.SortStableFunc(out, func(a, b Followers) int { return byRank(a.Checks[0], b.Checks[0]) })
	return out
}

// Followers are checks that follow from another one for the same reason.
type Followers struct {
	Because string
	Checks  []*CheckResult
}
