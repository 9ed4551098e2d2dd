package cli

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/scenarios"
)

// playProgress shows how a play goes on. update is called by one goroutine at
// a time.
type playProgress interface {
	update(scenarios.Update)
	finish()
}

func (a *app) newPlayProgress(f *playFlags, s *scenarios.Scenario) playProgress {
	switch {
	case f.progress == progressNone:
		return noPlayProgress{}
	case a.drawsBar(f.progress):
		return &playBar{bar: bar{a: a}, total: s.Deliveries()}
	default:
		return &playLines{a: a, verbose: f.outputs.verbose, steps: len(s.Steps()), seen: map[string]int{}}
	}
}

type noPlayProgress struct{}

func (noPlayProgress) update(scenarios.Update) {}
func (noPlayProgress) finish()                 {}

// playBar counts the deliveries that are over, and names the step.
type playBar struct {
	bar
	total, done int
	step        string
}

func (b *playBar) update(u scenarios.Update) {
	switch u.Kind {
	case scenarios.Began:
		b.step = u.Step.Number + " " + u.Step.Do
	case scenarios.Ended:
		b.done++
	}
	b.draw(b.done, b.total, b.step)
}

// maxProgressLines is how many deliveries of one step that did not end as
// expected are told of at once; the report has the others.
const maxProgressLines = 3

// playLines writes a line for each step when it begins, and for each delivery
// that did not end as expected.
type playLines struct {
	a       *app
	verbose bool
	steps   int
	seen    map[string]int // by step: deliveries told of
}

func (p *playLines) update(u scenarios.Update) {
	n, begun := p.seen[u.Step.Number]
	switch {
	case u.Kind == scenarios.Began && !begun:
		p.seen[u.Step.Number] = 0
		number := ""
		if strings.Contains(u.Step.Number, ".") {
			number = u.Step.Number + " "
		}
		p.a.logf("rtkmock: [%d/%d] %s%s", len(p.seen), p.steps, number, oneLine(u.Step.Do))
	case u.Kind != scenarios.Ended:
	case u.Status == scenarios.Unmet || u.Status == scenarios.Inconclusive:
		p.seen[u.Step.Number]++
		if n < maxProgressLines || p.verbose {
			p.a.logf("rtkmock: step %s: %s: %s: %s", u.Step.Number, u.Status, told(u.Receipt), oneLine(u.Reason))
		}
	case p.verbose:
		p.a.logf("rtkmock: step %s: %s: %s: %s", u.Step.Number, u.Status, told(u.Receipt), oneLine(u.Reason))
	}
}

func (p *playLines) finish() {}

// told names a delivery.
func told(r mocksender.Receipt) string {
	return fmt.Sprintf("%s %s", r.Delivery.Event.Type, r.Delivery.UUID)
}
