package report

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"sync"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender"
)

// Bounds of what the page tells of exchanges. Those of the worst checks come
// first; what does not fit is counted, and the JSON report holds it.
const (
	maxPageEvidence = 6 << 20 // bytes of HTML
	maxPageBeside   = 5       // exchanges of one check beside the decisive one
)

// pageGroup is a group of checks.
type pageGroup struct {
	Name, About string
	Worst       string // status
	Counts      string
	Checks      []*pageCheck
}

// pageCheck is one check and what came of it.
type pageCheck struct {
	Anchor         string
	Link           template.URL // to the anchor
	ID, Title      string
	Kind           string // by which it is coloured and filtered
	Status, Weight string
	Reason         string
	Took           string
	Guide          []conformance.Sentence
	Why, Mend      string
	Known          string // why a shortfall is accepted
	Exchanges      []template.HTML
	Left           int    // exchanges that are left out
	More           string // and in words
}

// pageChecks fills p with the groups. The exchanges are made first, the worst
// checks' before the others', and the decisive ones before those beside them.
func (v *view) pageChecks(t *template.Template, p *htmlPage) error {
	verdicts := v.worstFirst()
	checks := make([]*pageCheck, len(verdicts))
	made := map[*conformance.Check][]*pageCheck{}
	anchors := map[string]bool{}
	for i, verdict := range verdicts {
		checks[i] = v.pageCheck(verdict)
		checks[i].Anchor = anchor(verdict.Check.ID, i, anchors)
		checks[i].Link = template.URL("#" + checks[i].Anchor) // harmless as it is; the template would escape the slash
		made[verdict.Check] = append(made[verdict.Check], checks[i])
	}
	for _, verdict := range v.report.NotJudged() {
		c := made[verdict.Check][0]
		p.Open = append(p.Open, pageLink{c.Link, c.ID, c.Reason})
	}
	left := budget(maxPageEvidence)
	for _, decisive := range []bool{true, false} {
		for i, verdict := range verdicts {
			if err := v.pageExchanges(t, checks[i], verdict, decisive, &left); err != nil {
				return err
			}
		}
	}
	for _, g := range v.groups {
		out := pageGroup{Name: g.name, About: conformance.GroupTitle(g.name), Worst: kindOf(g.verdicts[0]), Counts: g.counts()}
		for _, verdict := range g.verdicts {
			queue := made[verdict.Check] // one check may stand in a report more than once
			out.Checks = append(out.Checks, queue[0])
			made[verdict.Check] = queue[1:]
		}
		p.Groups = append(p.Groups, out)
	}
	return nil
}

// kindOf is the status by which a check is coloured and filtered. One that is
// not known counts as the worst.
func kindOf(v conformance.Verdict) string {
	switch {
	case v.Known != nil:
		return knownKind
	case badness(v.Status) < 0:
		return string(conformance.Error)
	default:
		return string(v.Status)
	}
}

func (v *view) pageCheck(verdict conformance.Verdict) *pageCheck {
	c := verdict.Check
	out := &pageCheck{
		ID:     name(string(c.ID)),
		Title:  v.tell(c.Title),
		Kind:   kindOf(verdict),
		Status: name(status(verdict)),
		Weight: name(weight(c)),
		Reason: v.reason(verdict),
		Why:    v.tell(c.Doc),
		Mend:   v.tell(c.Fix),
		Known:  v.known(verdict),
	}
	if verdict.NotApplicable {
		out.Status = "not applicable"
	}
	if verdict.Took > 0 {
		out.Took = short(verdict.Took)
	}
	for _, no := range c.From {
		if s, ok := conformance.SentenceOf(no); ok {
			out.Guide = append(out.Guide, s)
		}
	}
	return out
}

// pageExchanges puts the decisive exchange of a check on the page, or those
// beside it. When left is spent, the decisive one is told in a line.
func (v *view) pageExchanges(t *template.Template, c *pageCheck, verdict conformance.Verdict, decisive bool, left *budget) error {
	receipts := evidence(verdict)
	first := min(len(receipts), 1)
	these := receipts[first:]
	if decisive {
		these = receipts[:first]
	}
	for i, r := range these {
		if !decisive && i >= maxPageBeside {
			c.leaveOut(len(these) - i)
			return nil
		}
		made, err := v.pageExchangeHTML(t, r, decisive, left)
		if err != nil {
			return err
		}
		if made == "" {
			c.leaveOut(len(these) - i)
			if decisive {
				short, err := render(t, v.exchangeInShort(r))
				c.Exchanges = append(c.Exchanges, short)
				return err
			}
			return nil
		}
		c.Exchanges = append(c.Exchanges, made)
	}
	return nil
}

// pageExchangeHTML returns one exchange in full; empty if left does not suffice
// for it, and then left is spent.
func (v *view) pageExchangeHTML(t *template.Template, r mocksender.Receipt, open bool, left *budget) (template.HTML, error) {
	if *left <= 0 {
		return "", nil
	}
	x, err := v.exchange(r, open)
	if err != nil {
		return "", err
	}
	made, err := render(t, x)
	if !left.take(len(made)) {
		*left, made = 0, ""
	}
	return made, err
}

// render returns what the template, which escapes, makes of an exchange.
func render(t *template.Template, x pageExchange) (template.HTML, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "exchange.html", x); err != nil {
		return "", fmt.Errorf("report: html: %w", err)
	}
	return template.HTML(b.String()), nil
}

// leaveOut says that n more exchanges are not on the page.
func (c *pageCheck) leaveOut(n int) {
	c.Left += n
	c.More = "left out to keep this page small: " + counted(c.Left, "exchange") + " in full, which the JSON report holds"
}

// harmlessID is an id that can be a part of a URL as it is.
// Like every expression of this package it is compiled when it is first used:
// no command should start later for a report that it may never write.
var harmlessID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$`)
})

// anchor is where the check number n stands on the page, its id if possible.
// It is entered into taken.
func anchor(id conformance.ID, n int, taken map[string]bool) string {
	out := string(id)
	if !harmlessID().MatchString(out) || taken[out] {
		out = fmt.Sprintf("check-%d", n)
	}
	taken[out] = true
	return out
}
