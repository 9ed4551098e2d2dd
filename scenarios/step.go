package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// StepInfo says what one step of a script does.
type StepInfo struct {
	// Number is "3" for the third step, "3.1" for the first step inside it.
	Number string
	// Do is the step in short: "emit meeting.participantJoined mary".
	Do string
	// Note is what the script says about the step to people, or empty.
	Note string
	// After is how long the step waits, as the script writes it.
	After string
	// Background says that the next step does not wait for this one's retries.
	Background bool
	// Faults are what goes wrong with its deliveries.
	Faults mocksender.FaultPlan
	// Expect is how the step's deliveries should end. It is empty for a step
	// that delivers nothing.
	Expect Expectation
	// Deliveries is how many deliveries the step makes in a whole play, over
	// all rounds and meetings.
	Deliveries int
}

// step is one step of a script. The exported fields are what the script says,
// and the others follow from it.
type step struct {
	Note  string
	After string

	Emit       rtk.EventType
	Who, Which string
	Set        payload.Assignments
	Unset      []string
	As         string
	Later      bool

	Repeat, UUID string
	Send         string
	Key          string
	API          string
	Session      string

	Steps    []*step
	Parallel int
	Shuffle  bool

	Times      int
	Together   *bool
	Background bool
	Faults     []fault
	Mutate     []string // nil: the script does not say
	Expect     Expectation

	info      StepInfo
	index     int           // in Scenario.flat
	wait      time.Duration // After
	pace      pace
	faultPlan mocksender.FaultPlan
}

// fault is one of a step's faults.
type fault struct {
	Attempt       int
	Event         rtk.EventType
	Before, After string
	Chance        *float64
}

// pace is how the deliveries of one step, or of a block that is sent as a
// batch, follow each other.
type pace int

const (
	paceFree     pace = iota // up to the player's concurrency at a time
	paceTogether             // released at one instant
	paceSerial               // one after the other
)

// findPace returns how the step's deliveries follow each other.
func (s *step) findPace() pace {
	switch {
	case s.Together != nil && *s.Together:
		return paceTogether
	case s.Together != nil || s.isBlock():
		return paceSerial
	default:
		return paceFree
	}
}

// isBlock reports whether the step has steps inside. The schema admits one of
// emit, repeat, send, key, api, session and steps; a step without one only waits.
func (s *step) isBlock() bool { return len(s.Steps) > 0 }

// delivers reports whether the step itself makes deliveries.
func (s *step) delivers() bool {
	return s.Repeat != "" || s.Send != "" || s.Emit != "" && !s.Later
}

// batched reports whether the block's events all happen before the first is
// delivered.
func (s *step) batched() bool {
	return s.isBlock() && (s.Shuffle || s.pace == paceTogether)
}

// expectation returns how a delivery of the step should end, if it goes out
// with these mutations.
func (s *step) expectation(mutate []string) Expectation {
	switch {
	case s.Expect != "":
		return s.Expect
	case len(mutate) > 0:
		return Any
	default:
		return Delivered
	}
}

// describe returns the step in short.
func (s *step) describe() string {
	var words []string
	switch {
	case s.Emit != "":
		words = []string{"emit", string(s.Emit), s.Who, s.Which}
		if s.Later {
			words = append(words, "(later)")
		}
	case s.Repeat != "":
		words = []string{"repeat", s.Repeat}
	case s.Send != "":
		words = []string{"send", s.Send}
	case s.Key != "":
		words = []string{"key", s.Key}
	case s.API != "":
		words = []string{"api", s.API}
	case s.Session != "":
		words = []string{"session", s.Session}
	case s.Parallel > 0:
		words = []string{fmt.Sprintf("%d meetings", s.Parallel)}
	case s.Shuffle:
		words = []string{"shuffle"}
	case s.isBlock():
		words = []string{"block"}
	default:
		words = []string{"wait", shortDuration(s.wait)}
	}
	if s.Times > 1 {
		words = append(words, fmt.Sprintf("×%d", s.Times))
	}
	if s.pace == paceTogether {
		words = append(words, "together")
	}
	if len(s.Mutate) > 0 {
		words = append(words, "as "+strings.Join(s.Mutate, ", "))
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// shortDuration writes a duration as a script would: 10m, not 10m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
