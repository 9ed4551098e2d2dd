package scenarios

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// Status says what became of an expectation.
type Status string

const (
	Met          Status = "met"
	Unmet        Status = "unmet"
	Inconclusive Status = "inconclusive" // it could not be judged; the reason says why
	NotJudged    Status = "not-judged"   // nothing was expected
	Skipped      Status = "skipped"      // the webhook is not subscribed to the event
	NotPlayed    Status = "not-played"   // the play ended before
)

// Result is the account of one play. Its size depends on the script, not on
// the number of deliveries.
type Result struct {
	// Scenario and Title are those of the script.
	Scenario, Title string
	URL             string
	// Seed and Start fix what was sent, with the key and the base URL.
	Seed  uint64
	Start time.Time
	// Complete says that every step was played. It is false when the context
	// ended first, or an error did.
	Complete bool
	// Steps are all steps in the order of Scenario.Steps.
	Steps []StepResult
	// Counts are the sums over all steps.
	Counts Counts
	// Withheld is how many events happened that no step asked for or sent:
	// they never reach the target.
	Withheld int
	// Took is how long the play took.
	Took time.Duration
}

// StepResult is the account of one step, over all its rounds and meetings.
type StepResult struct {
	StepInfo
	// Status is Unmet if one delivery did not end as expected, else
	// Inconclusive if one could not be judged, else Met.
	Status Status
	// Reason says why it is not Met, with how many deliveries; it is empty for
	// Met.
	Reason string
	Counts Counts
	// Evidence holds the receipts of the first deliveries that did not end as
	// expected, as many as Options.Evidence allows.
	Evidence []mocksender.Receipt
}

// Counts counts deliveries.
type Counts struct {
	// Sent is how many deliveries were made. It is the sum of the fates.
	Sent int `json:"sent"`
	// Attempts is how many times the target was tried for them.
	Attempts int `json:"attempts"`
	// By their fate. AcceptedLate are those of Delivered that took more than
	// one attempt.
	Delivered    int `json:"delivered"`
	AcceptedLate int `json:"accepted_late"`
	Failed       int `json:"failed"`
	Exhausted    int `json:"exhausted"`
	NotTried     int `json:"not_tried"`
	Abandoned    int `json:"abandoned"`
	// By the expectation's status.
	Met          int `json:"met"`
	Unmet        int `json:"unmet"`
	Inconclusive int `json:"inconclusive"`
	NotJudged    int `json:"not_judged"`
	// Filtered is how many were not made because the webhook is not subscribed
	// to their event.
	Filtered int `json:"filtered"`
}

func (c *Counts) addFate(r mocksender.Receipt) {
	c.Sent++
	c.Attempts += len(r.Attempts)
	switch r.Fate {
	case mocksender.Delivered:
		c.Delivered++
		if len(r.Attempts) > 1 {
			c.AcceptedLate++
		}
	case mocksender.Failed:
		c.Failed++
	case mocksender.Exhausted:
		c.Exhausted++
	case mocksender.NotTried:
		c.NotTried++
	default:
		c.Abandoned++
	}
}

func (c *Counts) addStatus(s Status, n int) {
	switch s {
	case Met:
		c.Met += n
	case Unmet:
		c.Unmet += n
	case Inconclusive:
		c.Inconclusive += n
	default:
		c.NotJudged += n
	}
}

// Outcome sums the steps up: Unmet if one is, else Inconclusive if one is or
// if nothing was judged, else Met. An interrupted play has the outcome of what
// was played; see Complete.
func (r *Result) Outcome() Status {
	switch {
	case r.Counts.Unmet > 0:
		return Unmet
	case r.Counts.Inconclusive > 0 || r.Counts.Met == 0:
		return Inconclusive
	default:
		return Met
	}
}

// conclude settles the statuses and the reasons of the steps, given the first
// reason of each kind by step.
func (r *Result) conclude(reasons []map[Status]string) {
	for i := range r.Steps {
		s := &r.Steps[i]
		c := s.Counts
		switch {
		case c.Unmet > 0:
			s.Status, s.Reason = Unmet, share(c.Unmet, c.Sent, reasons[i][Unmet])
		case c.Inconclusive > 0:
			s.Status, s.Reason = Inconclusive, share(c.Inconclusive, c.Sent, reasons[i][Inconclusive])
		case c.Met > 0:
			s.Status = Met
		case c.Filtered > 0:
			s.Status, s.Reason = Skipped, "the webhook is not subscribed to this event"
		case s.Status == "" || s.Deliveries > 0 && c.Sent == 0:
			s.Status, s.Reason = NotPlayed, "the play ended before"
		}
	}
}

// share says how many of how many a reason is about.
func share(n, of int, reason string) string {
	if of == 1 {
		return reason
	}
	return fmt.Sprintf("%d of %d deliveries: %s", n, of, reason)
}

// UpdateKind says what an Update is about.
type UpdateKind string

const (
	Began     UpdateKind = "began"     // a step begins
	Attempted UpdateKind = "attempted" // an attempt of a delivery is over
	Ended     UpdateKind = "ended"     // a delivery is over
)

// Update is one thing that happens during a play.
type Update struct {
	Kind UpdateKind
	// Step is the step that it belongs to.
	Step StepInfo
	// Meeting is the number of the meeting inside a parallel block, from 1; 0
	// outside.
	Meeting int
	// At is the meeting's time.
	At time.Time
	// Delivery and Attempt are there for Attempted.
	Delivery mocksender.Delivery
	Attempt  mocksender.Attempt
	// Receipt is there for Ended, with what is to be said about it so far: that
	// a forgery was rejected counts only once genuine deliveries around it were
	// accepted.
	Receipt mocksender.Receipt
	Expect  Expectation
	Status  Status
	Reason  string
}
