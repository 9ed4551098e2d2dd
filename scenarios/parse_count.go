package scenarios

import (
	"fmt"
)

// count settles how many deliveries each step makes when everything around it
// is played rounds times, and returns the sum. Steps that deliver nothing
// count towards the limit as well, as they cost time.
func (p *parser) count(steps []*step, rounds int) (deliveries, actions int) {
	for _, s := range steps {
		n := min(rounds*s.times, maxActions+1)
		actions += n
		switch {
		case s.verb == doBlock:
			d, a := p.count(s.steps, min(n*max(s.parallel, 1), maxActions+1))
			deliveries, actions = deliveries+d, actions+a
			if limit := gatherLimit(s); limit > 0 && d > limit*n {
				p.add(Problem{Step: s.info.Number, Field: "steps", Found: fmt.Sprintf("%d deliveries", d/n), Want: fmt.Sprintf("at most %d in a block whose order changes", limit)})
			}
		case s.delivers():
			s.info.Deliveries = n
			deliveries += n
		}
		if actions > maxActions {
			if len(p.all) == 0 {
				p.add(Problem{Step: s.info.Number, Found: fmt.Sprintf("more than %d steps to play up to here", maxActions), Want: "fewer rounds"})
			}
			return deliveries, maxActions + 1
		}
	}
	return deliveries, actions
}

func gatherLimit(s *step) int {
	switch {
	case s.shuffle:
		return maxGathered
	case s.pace == paceTogether:
		return maxTogether
	default:
		return 0
	}
}
