package scenarios

import (
	"fmt"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// tally counts how a play's deliveries end, and reports it.
type tally struct {
	evidence int
	progress func(Update) // may be nil

	mu       sync.Mutex
	result   *Result
	reasons  []map[Status]string // the first of each kind, by step
	answered bool                // the target has ever answered
}

func newTally(s *Scenario, o Options) *tally {
	t := &tally{
		evidence: o.Evidence,
		progress: o.Progress,
		result: &Result{
			Scenario: s.Name, Title: s.Title, URL: o.URL, Seed: o.Payload.Seed, Start: o.Payload.Start.UTC(),
		},
	}
	for _, info := range s.Steps() {
		t.result.Steps = append(t.result.Steps, StepResult{StepInfo: info})
		t.reasons = append(t.reasons, map[Status]string{})
	}
	return t
}

// begin notes that a step begins.
func (t *tally) begin(s *step, meeting int, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := &t.result.Steps[s.index]; r.Status == "" {
		r.Status = NotJudged
	}
	t.report(Update{Kind: Began, Step: s.info, Meeting: meeting, At: at})
}

// attempted reports that an attempt of a delivery is over.
func (t *tally) attempted(d plannedDelivery, meeting int, sent mocksender.Delivery, a mocksender.Attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report(Update{Kind: Attempted, Step: d.step.info, Meeting: meeting, At: d.due, Delivery: sent, Attempt: a})
}

// filtered counts a delivery that the webhook is not subscribed to.
func (t *tally) filtered(s *step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.counts(s.index) {
		c.Filtered++
	}
}

// ended judges and counts a delivery that is over.
func (t *tally) ended(d plannedDelivery, meeting int, g *deliveryGroup, r mocksender.Receipt) {
	s := d.step
	expect := s.expectation(d.mutate)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answered = t.answered || hasAnswered(r)
	v := judge(expect, r, t.answered)
	g.add(s, expect, r, v)
	for _, c := range t.counts(s.index) {
		c.addFate(r)
		c.addStatus(v.status, 1)
	}
	if t.reasons[s.index][v.status] == "" {
		t.reasons[s.index][v.status] = v.reason
	}
	if step := &t.result.Steps[s.index]; v.status == Unmet && len(step.Evidence) < t.evidence {
		step.Evidence = append(step.Evidence, r)
	}
	t.report(Update{
		Kind: Ended, Step: s.info, Meeting: meeting, At: d.due,
		Receipt: r, Expect: expect, Status: v.status, Reason: v.reason,
	})
}

// discount takes back rejections, by step, that prove nothing.
func (t *tally) discount(rejections map[int]int, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for index, n := range rejections {
		for _, c := range t.counts(index) {
			c.Met -= n
			c.Inconclusive += n
		}
		if t.reasons[index][Inconclusive] == "" {
			t.reasons[index][Inconclusive] = reason
		}
	}
}

// withhold counts events that happened and were never sent.
func (t *tally) withhold(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Withheld += n
}

// counts returns the counts of a step and of the whole. The lock is held.
func (t *tally) counts(index int) []*Counts {
	return []*Counts{&t.result.Steps[index].Counts, &t.result.Counts}
}

// report calls the player's Progress. The lock is held, so that calls come one
// at a time.
func (t *tally) report(u Update) {
	if t.progress != nil {
		t.progress(u)
	}
}

// conclude gives each step its status and its reason.
func (t *tally) conclude() {
	for i := range t.result.Steps {
		s := &t.result.Steps[i]
		c := s.Counts
		switch {
		case c.Unmet > 0:
			s.Status, s.Reason = Unmet, share(c.Unmet, c.Sent, t.reasons[i][Unmet])
		case c.Inconclusive > 0:
			s.Status, s.Reason = Inconclusive, share(c.Inconclusive, c.Sent, t.reasons[i][Inconclusive])
		case c.Met > 0:
			s.Status = Met
		case c.Filtered > 0:
			s.Status, s.Reason = Skipped, "the webhook is not subscribed to this event"
		case s.Status == "" || s.Deliveries > 0 && c.Sent == 0:
			s.Status, s.Reason = NotPlayed, "the play ended before"
		}
	}
}

// share says how many of how many deliveries a reason is about.
func share(n, of int, reason string) string {
	if of == 1 {
		return reason
	}
	return fmt.Sprintf("%d of %d deliveries: %s", n, of, reason)
}
