package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// Scenario is a script that can be played. Make one with Parse or Load. It
// does not change and is safe for concurrent use.
type Scenario struct {
	// Name is the file's name without its folder and ".json".
	Name string
	// Title says in one line what happens.
	Title string
	// Note is the hazard: why receivers get this wrong. It may be empty.
	Note string
	// Expectation says for people what a good receiver makes of it. It may be
	// empty.
	Expectation string

	meeting plan
	reduce  *mocksender.HealthPolicy // nil: attempts are never reduced
	steps   []*step
	flat    []*step // all steps, those inside blocks after their block
	total   int     // deliveries
}

// StepInfo says what one step of a script does.
type StepInfo struct {
	// Number is "3" for the third step, "3.1" for the first step inside it.
	Number string
	// Do is the step in short: "emit meeting.participantJoined mary".
	Do string
	// Note is the script's word for people, or empty.
	Note string
	// Expect is how the step's deliveries should end. Empty where the step
	// delivers nothing.
	Expect Expectation
	// Deliveries is how many deliveries the step makes in a whole play, over
	// all rounds and meetings.
	Deliveries int
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

// Deliveries returns how many deliveries a whole play makes, each counted
// once however often it is retried. A play for a subscription to some events
// only makes fewer.
func (s *Scenario) Deliveries() int { return s.total }

// NeedsKeys reports whether the script does something to the key or its
// endpoint, so that Options.Keys has to be there.
func (s *Scenario) NeedsKeys() bool {
	for _, st := range s.flat {
		if st.verb == doKey {
			return true
		}
	}
	return false
}

// plan is what a script says about its meetings.
type plan struct {
	title    string
	duration time.Duration
	forms    []payload.Form
}

type verb string

const (
	doEmit    verb = "emit"
	doRepeat  verb = "repeat"
	doSend    verb = "send"
	doKey     verb = "key"
	doSession verb = "session"
	doBlock   verb = "steps"
	doPause   verb = ""
)

// pace is how the deliveries of one step, or of a block that is gathered,
// follow each other.
type pace int

const (
	paceFree     pace = iota // up to the player's concurrency at a time
	paceTogether             // released at one instant
	paceSerial               // one after the other
)

type keyAction struct {
	rotate bool
	fault  wellknown.Fault // where rotate is false; None restores
}

// assignment is one member of set.
type assignment struct {
	path  string
	value []byte // JSON
}

// step is one step of a script, checked.
type step struct {
	info  StepInfo
	index int // in Scenario.flat
	verb  verb
	after time.Duration

	event  rtk.EventType // emit
	who    string
	which  string
	sets   []assignment
	unsets []string
	as     string
	later  bool

	name    string // of repeat and send
	newUUID bool

	times      int
	pace       pace
	background bool
	faults     mocksender.FaultPlan
	mutate     []string
	hasMutate  bool
	expect     Expectation // as written

	key keyAction

	steps    []*step
	parallel int
	shuffle  bool
}

// delivers reports whether the step itself makes deliveries.
func (s *step) delivers() bool {
	return s.verb == doRepeat || s.verb == doSend || s.verb == doEmit && !s.later
}

// gathered reports whether the block's deliveries are collected before the
// first goes out.
func (s *step) gathered() bool {
	return s.verb == doBlock && (s.shuffle || s.pace == paceTogether)
}

// describe returns the step in short.
func (s *step) describe(key string) string {
	var words []string
	switch s.verb {
	case doEmit:
		words = append(words, "emit", string(s.event))
		for _, w := range []string{s.who, s.which} {
			if w != "" {
				words = append(words, w)
			}
		}
		if s.later {
			words = append(words, "(later)")
		}
	case doRepeat, doSend:
		words = append(words, string(s.verb), s.name)
	case doKey:
		words = append(words, "key", key)
	case doSession:
		words = append(words, "session next")
	case doBlock:
		switch {
		case s.parallel > 0:
			words = append(words, fmt.Sprintf("%d meetings", s.parallel))
		case s.shuffle:
			words = append(words, "shuffle")
		default:
			words = append(words, "block")
		}
	case doPause:
		words = append(words, "wait", brief(s.after))
	}
	if s.times > 1 {
		words = append(words, fmt.Sprintf("×%d", s.times))
	}
	if s.pace == paceTogether {
		words = append(words, "together")
	}
	if len(s.mutate) > 0 {
		words = append(words, "as "+strings.Join(s.mutate, ", "))
	}
	return strings.Join(words, " ")
}
