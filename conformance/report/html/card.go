package html

import (
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"sync"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// Bounds of the exchanges on the page. Those of the worst cards come first. The
// page counts the others, and the JSON report holds them.
const (
	maxExchanges = 6 << 20 // bytes of HTML
	maxBeside    = 5       // exchanges of one card beside the decisive one
)

// card is one check, or one step of a play. Its texts may be the target's.
type card struct {
	Anchor string
	Link   template.URL // to the anchor
	Kind   string       // what it is coloured and filtered by
	Open   bool

	Badge, Name, Weight string
	Took                ledger.Millis
	Title, Reason, Note string
	Known               string
	Seen, Fixes         []string
	Next                string // a command
	Doc                 string
	Guide               []conformance.Sentence

	Decisive template.HTML
	Beside   []template.HTML
	Left     int // exchanges that are not among them in full

	Home      *card  // that this one follows from, nil if it stands by itself
	Follows   string // from what else, and why
	Followers []followers

	id            string
	group         string
	mustNotJudged bool
	evidence      []report.Evidence
}

// followers are cards that follow from another one for the same reason.
type followers struct {
	Because string
	Cards   []*card
}

// Inside is how many cards are inside this one.
func (c *card) Inside() int {
	n := 0
	for _, f := range c.Followers {
		n += len(f.Cards)
	}
	return n
}

// worst is the worst kind among this card and those inside.
func (c *card) worst() string {
	out := c.Kind
	for _, f := range c.Followers {
		for _, inside := range f.Cards {
			if slices.Index(kinds(), inside.Kind) < slices.Index(kinds(), out) {
				out = inside.Kind
			}
		}
	}
	return out
}

// checkCards returns the cards of all checks, the worst first.
func checkCards(d *report.Document) ([]*card, error) {
	var out []*card
	made := map[*report.CheckResult]*card{}
	for _, c := range d.WorstFirst() {
		made[c] = newCheckCard(c)
		out = append(out, made[c])
	}
	nest(d.Nesting(), made)
	return out, finish(out)
}

func newCheckCard(c *report.CheckResult) *card {
	out := &card{
		Kind: c.Kind(), Badge: c.StatusWords(), Name: string(c.ID), Weight: c.Weight(), Took: c.Took,
		Title: c.Title, Known: c.KnownReason(), Follows: c.Follows(),
		Seen: c.Seen(), Fixes: c.Fixes(), Next: c.NextCommand(), Doc: c.Doc, Guide: c.Guide(),
		id: string(c.ID), group: printable.Name(c.ID.Group()), mustNotJudged: c.MustNotJudged(), evidence: c.Evidence,
	}
	if c.NotApplicable {
		out.Badge = "not applicable"
	}
	if c.Status != conformance.Pass || c.Reason != "" {
		out.Reason = c.ReasonText()
	}
	return out
}

// nest puts what follows from another check inside that. What is worse than the
// check that it follows from is shown there all the same.
func nest(n report.Nesting, made map[*report.CheckResult]*card) {
	for c, on := range made {
		if home := n.Home(c); home != nil {
			on.Home = made[home]
		}
		for _, f := range n.Followers(c) {
			list := followers{Because: f.Because}
			for _, follower := range f.Checks {
				list.Cards = append(list.Cards, made[follower])
			}
			on.Followers = append(on.Followers, list)
		}
	}
}

// finish gives each card its place on the page and its exchanges: the worst ones'
// before the others', and the decisive ones before those beside them.
func finish(cards []*card) error {
	anchors := map[string]bool{}
	for i, c := range cards {
		c.Anchor = anchor(c.id, i, anchors)
		c.Link = template.URL("#" + c.Anchor) // it is harmless; the template would escape the slash
	}
	left := maxExchanges
	for _, c := range cards {
		if err := c.addDecisive(&left); err != nil {
			return err
		}
	}
	for _, c := range cards {
		if err := c.addBeside(&left); err != nil {
			return err
		}
	}
	return nil
}

// addDecisive adds the exchange that the verdict rests on. If left bytes do not
// suffice, it takes one line.
func (c *card) addDecisive(left *int) error {
	if len(c.evidence) == 0 {
		return nil
	}
	e := &c.evidence[0]
	full, err := fits("decisive", newExchange(e), left)
	if err != nil {
		return err
	}
	if full == "" {
		c.Left++
		if full, err = executeHTML("decisive", newExchangeInShort(e)); err != nil {
			return err
		}
	}
	c.Decisive = full
	return nil
}

// addBeside adds further exchanges while left bytes suffice.
func (c *card) addBeside(left *int) error {
	list := c.evidence[min(len(c.evidence), 1):]
	for i := range list {
		full := template.HTML("")
		if i < maxBeside {
			var err error
			if full, err = fits("beside", newExchange(&list[i]), left); err != nil {
				return err
			}
		}
		if full == "" {
			c.Left += len(list) - i
			return nil
		}
		c.Beside = append(c.Beside, full)
	}
	return nil
}

// fits returns an exchange in full, or nothing if left bytes do not suffice. Then
// none are left for any other.
func fits(template string, e exchange, left *int) (template.HTML, error) {
	if *left <= 0 {
		return "", nil
	}
	full, err := executeHTML(template, e)
	if err != nil {
		return "", err
	}
	if *left -= len(full); *left < 0 {
		return "", nil
	}
	return full, nil
}

func executeHTML(name string, data any) (template.HTML, error) {
	out, err := execute(name, data)
	return template.HTML(out), err
}

// harmlessID is an id that can be a part of a URL as it is, and that no other part of
// the page has: those are without a slash.
var harmlessID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,49}/[A-Za-z0-9._/-]{1,99}$`)
})

// anchor is where card number n stands on the page, its id if possible. It is added
// to taken.
func anchor(id string, n int, taken map[string]bool) string {
	if !harmlessID().MatchString(id) || taken[id] {
		id = fmt.Sprintf("card-%d", n)
	}
	taken[id] = true
	return id
}
