package scenarios

import (
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// Result says what happened in one play. Its size depends on the script, not on
// the number of deliveries.
type Result struct {
	// Scenario and Title are those of the script.
	Scenario, Title string
	URL             string
	// Seed and Start fix what was sent, together with the key and the base URL.
	Seed  uint64
	Start time.Time
	// Complete says that every step was played. It is false if the context or an
	// error ended the play before.
	Complete bool
	// Steps are all steps in the order of Scenario.Steps.
	Steps []StepResult
	// Counts are the sums over all steps.
	Counts Counts
	// Withheld is how many events happened and never reached the target, because
	// no step asked for them or sent them.
	Withheld int
	// Took is how long the play took.
	Took time.Duration
}

// StepResult says what happened in one step, over all its rounds and meetings.
type StepResult struct {
	StepInfo
	// Status is Unmet if one delivery did not end as expected, else
	// Inconclusive if one could not be judged, else Met.
	Status Status
	// Reason says why it is not Met, and with how many deliveries. It is empty
	// for Met.
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
	// By their fate. AcceptedLate counts those of Delivered that took more than
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

// Outcome is Unmet if a step is. Otherwise it is Inconclusive if a step is, or if
// nothing was judged. Otherwise it is Met. An interrupted play has the outcome of
// what was played; see Complete.
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
	// Step is the step in which it happens.
	Step StepInfo
	// Meeting is the number of the meeting inside a parallel block, from 1; 0
	// outside.
	Meeting int
	// At is the meeting's time.
	At time.Time
	// Delivery and Attempt are there for Attempted.
	Delivery mocksender.Delivery
	Attempt  mocksender.Attempt
	// Receipt is there for Ended, with the verdict so far. A rejection of a
	// forgery may still turn out to be Inconclusive, if genuine deliveries around
	// it are refused too.
	Receipt mocksender.Receipt
	Expect  Expectation
	Status  Status
	Reason  string
}
