package scenarios

import (
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
)

// suffix ends the names of the files.
const suffix = ".json"

// Scenario is a script that can be played. Make one with Parse or Load. It
// does not change and is safe for concurrent use.
type Scenario struct {
	// Name is the file's name without its folder and ".json".
	Name string
	// Title says in one line what happens.
	Title string
	// Note is the hazard: why receivers get this wrong. It may be empty.
	Note string
	// Expectation says to people what a good receiver does with it. It may be
	// empty.
	Expectation string
	// Reduce says when attempts are reduced. Nil: never.
	Reduce *mocksender.HealthPolicy

	meeting meetingPlan
	steps   []*step
	flat    []*step // all steps, those inside blocks after their block
	total   int     // deliveries
}

// Steps returns all steps in the order of the script, those inside a block
// after the block. The caller owns the slice.
func (s *Scenario) Steps() []StepInfo {
	all := make([]StepInfo, len(s.flat))
	for i, st := range s.flat {
		all[i] = st.info
	}
	return all
}

// Deliveries returns how many deliveries a whole play makes. Retries do not
// count. A webhook that is subscribed to some events only gets fewer.
func (s *Scenario) Deliveries() int { return s.total }

// NeedsKeys reports whether the script changes the key or its endpoint. Then
// Options.Keys has to be there.
func (s *Scenario) NeedsKeys() bool {
	return slices.ContainsFunc(s.flat, func(st *step) bool { return st.Key != "" })
}

// meetingPlan is what a script says about its meetings.
type meetingPlan struct {
	title    string
	duration time.Duration
	forms    []payload.Form
}
