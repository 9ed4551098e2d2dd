package html

import (
	"fmt"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/scenarios"
)

// addSteps adds a card a step.
func (p *page) addSteps(d *report.PlayDocument) error {
	var cards []*card
	for _, kind := range kinds() { // those to look at have their exchanges first
		for i := range d.Steps {
			if c := newStepCard(&d.Steps[i]); c.Kind == kind {
				cards = append(cards, c)
			}
		}
	}
	if err := finish(cards); err != nil {
		return err
	}
	p.count(cards)
	p.addWorst(cards)
	p.addRest("skipped", "Not judged", byReason(cards, func(c *card) bool { return c.Kind == string(conformance.Skip) }))
	p.addRest("passed", "Met", byGroup(cards, conformance.Pass))
	return nil
}

func newStepCard(s *report.Step) *card {
	c := &card{
		Kind: string(stepStatus(s.Status)), Badge: printable.Line(string(s.Status)),
		Name: "step " + s.Number, id: "step/" + s.Number, Weight: string(s.Expect),
		Title: s.Do, Reason: printable.Text(s.Reason), Note: s.Note, evidence: s.Evidence,
	}
	if more := s.Counts.Unmet - len(s.Evidence); more > 0 && len(s.Evidence) > 0 {
		c.Left = more
	}
	if s.Expect != "" {
		c.Weight = "expected: " + string(s.Expect)
	}
	if c.Kind == string(conformance.Pass) && s.Deliveries > 1 {
		c.Reason = fmt.Sprintf("%s, all as expected", report.Deliveries(s.Deliveries))
	}
	return c
}

// stepStatus is the status of a check that means as much.
func stepStatus(s scenarios.Status) conformance.Status {
	switch s {
	case scenarios.Met:
		return conformance.Pass
	case scenarios.Unmet:
		return conformance.Fail
	case scenarios.Inconclusive:
		return conformance.Inconclusive
	default:
		return conformance.Skip
	}
}
