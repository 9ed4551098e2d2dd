package html

import (
	"fmt"
	"slices"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/report"
)

// section is a part of the page with cards.
type section struct {
	Name, Title string
	Note        string
	Lots        []lot
}

// lot is cards that belong together. They stand by themselves if it has no title.
type lot struct {
	Title, About string
	Folded       bool
	Cards        []*card
}

// maxOpen is how many cards are open from the start. More of them would hide what
// else there is.
const maxOpen = 3

// addChecks adds a card a check.
func (p *page) addChecks(d *report.Document) error {
	cards, err := checkCards(d)
	if err != nil {
		return err
	}
	p.count(cards)
	var standing []*card // those that are not inside another one
	for _, c := range cards {
		if c.Home == nil {
			standing = append(standing, c)
		}
	}
	p.addWorst(standing)
	undecided := 0
	for _, c := range d.NotJudged() {
		if c.Status != conformance.Skip {
			undecided++
		}
	}
	if open := byReason(standing, func(c *card) bool { return c.Kind == string(conformance.Skip) && c.mustNotJudged }); len(open) > 0 {
		s := section{Name: "not-judged", Title: "Not judged", Lots: open}
		if undecided > 0 {
			s.Note = fmt.Sprintf("Beside these, %d MUST stayed undecided: see above.", undecided)
		}
		p.Sections = append(p.Sections, s)
	}
	p.addRest("skipped", "Skipped", byReason(standing, func(c *card) bool { return c.Kind == string(conformance.Skip) && !c.mustNotJudged }))
	p.addRest("notes", "Notes", byGroup(standing, conformance.Note))
	p.addRest("passed", "Passed", byGroup(standing, conformance.Pass))
	return nil
}

// addWorst adds the sections of what is violated or undecided. A card is among the
// worst that is in it.
func (p *page) addWorst(cards []*card) {
	open := 0
	for _, s := range []struct {
		name, title string
		kinds       []string
	}{
		{"failures", "To fix", []string{string(conformance.Error), string(conformance.Fail)}},
		{"undecided", "Undecided", []string{string(conformance.Inconclusive)}},
		{"warnings", "Warnings", []string{string(conformance.Warn)}},
		{"known", "Known violations", []string{report.KindKnown}},
	} {
		var found []*card
		for _, c := range cards {
			if slices.Contains(s.kinds, c.worst()) {
				found = append(found, c)
			}
		}
		if len(found) == 0 {
			continue
		}
		for _, c := range found {
			if s.name == "known" || s.name == "warnings" && open > 0 || open == maxOpen {
				break
			}
			c.Open = true
			open++
		}
		p.Sections = append(p.Sections, section{Name: s.name, Title: s.title, Lots: []lot{{Cards: found}}})
	}
}

// addRest adds a section that is folded away, if there is something in it.
func (p *page) addRest(name, title string, lots []lot) {
	n := 0
	for _, l := range lots {
		n += len(l.Cards)
	}
	if n > 0 {
		p.Rest = append(p.Rest, section{Name: name, Title: fmt.Sprintf("%s: %d", title, n), Lots: lots})
	}
}

// byReason puts the cards that keep chooses together if they have one reason.
func byReason(cards []*card, keep func(*card) bool) []lot {
	var out []lot
	for _, c := range cards {
		if !keep(c) {
			continue
		}
		i := slices.IndexFunc(out, func(l lot) bool { return l.Cards[0].Reason == c.Reason })
		if i < 0 {
			out = append(out, lot{Cards: []*card{c}})
			continue
		}
		l := &out[i]
		l.Cards, l.Title, l.Folded = append(l.Cards, c), c.Reason, true
	}
	return out
}

// byGroup puts the cards of one status together that are of one group.
func byGroup(cards []*card, status conformance.Status) []lot {
	var out []lot
	for _, c := range cards {
		if c.Kind != string(status) {
			continue
		}
		i := slices.IndexFunc(out, func(l lot) bool { return l.Title == c.group })
		if i < 0 {
			i = len(out)
			out = append(out, lot{Title: c.group, About: conformance.GroupTitle(c.group)})
		}
		out[i].Cards = append(out[i].Cards, c)
	}
	return out
}
