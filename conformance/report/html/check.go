package html

import (
	"fmt"
	"html/template"
	"regexp"
	"sync"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// Bounds of the exchanges on the page. Those of the worst checks come first. The
// page counts the others, and the JSON report holds them.
const (
	maxExchanges = 6 << 20 // bytes of HTML
	maxBeside    = 5       // exchanges of one check beside the decisive one
)

// group is a group of checks.
type group struct {
	report.Group
	About  string
	Checks []*check
}

// Worst is the kind of its worst check.
func (g group) Worst() string { return g.Checks[0].Kind() }

// check is one check.
type check struct {
	*report.CheckResult
	Anchor    string
	Link      template.URL // to the anchor
	Exchanges []template.HTML
	Left      int         // exchanges that are not among them in full
	Home      *check      // that this one follows from, nil if it stands by itself
	Followers []followers // from this one
}

// followers are checks that follow from another one for the same reason.
type followers struct {
	Status, Because string
	Checks          []*check
}

// newGroups returns the groups, and the checks among them that were not judged.
// It makes the exchanges first: the worst checks' before the others', and the
// decisive ones before those beside them.
func newGroups(d *report.Document) (groups []group, open []*check, err error) {
	worst := d.WorstFirst()
	made := make(map[*report.CheckResult]*check, len(worst))
	anchors := map[string]bool{}
	for i, c := range worst {
		a := anchor(c.ID, i, anchors)
		made[c] = &check{CheckResult: c, Anchor: a, Link: template.URL("#" + a)} // it is harmless; the template would escape the slash
	}
	left := maxExchanges
	for _, decisive := range []bool{true, false} {
		for _, c := range worst {
			if err := made[c].addExchanges(decisive, &left); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, c := range d.NotJudged() {
		open = append(open, made[c])
	}
	nest(d.Nesting(), made)
	for _, g := range d.GroupsWorstFirst() {
		out := group{Group: g, About: conformance.GroupTitle(g.Name)}
		for _, c := range g.Checks {
			out.add(made[c])
		}
		groups = append(groups, out)
	}
	return groups, open, nil
}

// nest links what follows from another check with that.
func nest(n report.Nesting, made map[*report.CheckResult]*check) {
	for c, on := range made {
		if home := n.Home(c); home != nil {
			on.Home = made[home]
		}
		for _, f := range n.Followers(c) {
			list := followers{Status: f.Checks[0].StatusWords(), Because: f.Because}
			for _, follower := range f.Checks {
				list.Checks = append(list.Checks, made[follower])
			}
			on.Followers = append(on.Followers, list)
		}
	}
}

// add adds a check, and below it what follows from it in the same group.
func (g *group) add(c *check) {
	if c.Home != nil && c.Home.ID.Group() == c.ID.Group() {
		return // it is below that
	}
	g.Checks = append(g.Checks, c)
	for _, f := range c.Followers {
		for _, follower := range f.Checks {
			if follower.ID.Group() == c.ID.Group() {
				g.Checks = append(g.Checks, follower)
			}
		}
	}
}

// addExchanges adds the decisive exchange of a check, or those beside it, while
// left bytes suffice. A decisive one that does not fit takes one line.
func (c *check) addExchanges(decisive bool, left *int) error {
	first := min(len(c.Evidence), 1)
	list := c.Evidence[first:]
	if decisive {
		list = c.Evidence[:first]
	}
	for i := range list {
		if *left > 0 && (decisive || i < maxBeside) {
			full, err := execute("exchange.html", newExchange(&list[i], decisive))
			if err != nil {
				return err
			}
			if len(full) <= *left {
				*left -= len(full)
				c.Exchanges = append(c.Exchanges, template.HTML(full))
				continue
			}
			*left = 0
		}
		c.Left += len(list) - i
		if !decisive {
			return nil
		}
		short, err := execute("exchange.html", newExchangeInShort(&list[i]))
		if err != nil {
			return err
		}
		c.Exchanges = append(c.Exchanges, template.HTML(short))
	}
	return nil
}

// harmlessID is an id that can be a part of a URL as it is.
var harmlessID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$`)
})

// anchor is where check number n stands on the page, its id if possible. It is
// added to taken.
func anchor(id conformance.ID, n int, taken map[string]bool) string {
	out := string(id)
	if !harmlessID().MatchString(out) || taken[out] {
		out = fmt.Sprintf("check-%d", n)
	}
	taken[out] = true
	return out
}
