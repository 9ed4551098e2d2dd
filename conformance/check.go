package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// ID names a check: "group/slug". Ids never change their meaning.
type ID string

// Group returns the part of the id before the slash.
func (id ID) Group() string {
	group, _, _ := strings.Cut(string(id), "/")
	return group
}

// GroupTitle says in a few words what a group of the catalogue is about. It is
// empty for any other group.
func GroupTitle(group string) string {
	return map[string]string{
		"ctl":  "the gates that all else rests on",
		"sig":  "only RealtimeKit is let in",
		"key":  "the public key is fetched well",
		"evt":  "every event is understood",
		"dlv":  "at least once, in any order",
		"rsp":  "the answer",
		"http": "the wire",
		"api":  "calls of the REST API",
	}[group]
}

// Level says how important a check's demand is.
type Level int

const (
	// May is good practice only; a violation is a note.
	May Level = iota
	// Should is what the guide recommends ("should"), or what follows from two of
	// its sentences or from an HTTP or JSON standard; a violation is a warning.
	Should
	// Must is what a numbered sentence of the guide demands, or a value that it
	// documents; a violation is a failure.
	Must
	// Gate is what all other verdicts rest on.
	Gate
)

var levelNames = [...]string{"MAY", "SHOULD", "MUST", "gate"}

func (l Level) String() string {
	if l < May || l > Gate {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return levelNames[l]
}

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (l *Level) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLevel(string(b))
	return err
}

// ParseLevel reads a level's name in any case: may, should, must or gate.
func ParseLevel(s string) (Level, error) {
	for i, name := range levelNames {
		if strings.EqualFold(name, s) {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("conformance: unknown level %q, want may, should or must", s)
}

// Basis says how certain a demand is.
type Basis string

const (
	Documented Basis = "documented" // a sentence of the guide says it
	Inferred   Basis = "inferred"   // it follows from two sentences of the guide, or from an HTTP or JSON standard
	Practice   Basis = "practice"   // seen in other public documents or in public receivers
)

// Need is a set of things that a check needs from the target to judge everything
// that it is about. A check whose needs are not met still judges what it can.
type Need uint

const (
	NeedEffects  Need = 1 << iota // the target's own count of effects
	NeedCanaries                  // a target that follows download links
	NeedKeyFetch                  // a target that fetches its key from the harness
	NeedRestart                   // a target that the harness can restart
)

// Descriptions says in words what is needed, one thing at a time.
func (n Need) Descriptions() []string {
	var out []string
	for _, need := range []struct {
		bit  Need
		text string
	}{
		{NeedEffects, "a count of effects (--effects-url, --effects-cmd or --effects-file)"},
		{NeedCanaries, "a receiver that follows download links"},
		{NeedKeyFetch, "a receiver that fetches its key from rtkmock"},
		{NeedRestart, "a receiver that can be restarted (-- COMMAND or --restart-cmd)"},
	} {
		if n&need.bit != 0 {
			out = append(out, need.text)
		}
	}
	return out
}

// Phase is the point of a run at which a check is run.
type Phase int

const (
	InGroup    Phase = iota // with the other checks of its group
	First                   // before everything else; the run ends unless it passes
	AfterGroup              // after each group; the worst verdict counts
	Last                    // once, by itself, after all groups: the target may not work afterwards
	Final                   // once, after all effects have been read: the key is changed, and never changed back
	AtEnd                   // once, on what the whole run has recorded
	Risky                   // once, when all else is known: what no sender sends, so that the target may end
	Wedging                 // once, after these: the target may hang until it is restarted
)

// Check is one thing that is judged.
type Check struct {
	ID    ID
	Title string // what a good receiver does, in one line
	Level Level
	Basis Basis
	From  []string // numbers of the guide's sentences: "S9"
	Doc   string   // why it matters
	Fix   string   // how to fix a receiver that violates it
	Needs Need
	Phase Phase
	// Sends is how far its events are from the guide's samples. An event that is
	// further away is not sent, and the harness has failed.
	Sends Shape
	// Exclusive checks never run beside another check: they read the key
	// endpoint's log, set its faults, or measure.
	Exclusive bool
	// Overall checks judge everything that the run has sent, not only what they
	// send themselves: each shard of a run has them.
	Overall bool
	// Cold checks look at an outage of the key endpoint in a process that holds
	// no key. The first contact can be such an outage.
	Cold bool
	// Production checks only send forgeries, and can be run against a receiver
	// that is configured for the real service.
	Production bool
	Run        func(*Probe)
}

// Status is the result of one check. Only Pass is good.
type Status string

const (
	Pass         Status = "pass"
	Fail         Status = "fail"         // a MUST, or a gate, does not hold
	Warn         Status = "warn"         // a SHOULD does not hold, or a MUST holds in effect only
	Note         Status = "note"         // a MAY does not hold, or something was recorded
	Skip         Status = "skip"         // not applicable, or nothing could be seen; the reason says what to add
	Inconclusive Status = "inconclusive" // it ran, but the answer proves nothing
	Error        Status = "error"        // the harness itself failed
)

// Statuses returns all statuses, worst first.
func Statuses() []Status {
	return []Status{Error, Fail, Inconclusive, Warn, Skip, Note, Pass}
}

// Severity orders statuses from best to worst. One that does not exist is worse
// than all.
func (s Status) Severity() int { return len(Statuses()) - slices.Index(Statuses(), s) }

// violation is the status of a check of level l whose demand does not hold.
func (l Level) violation() Status {
	switch l {
	case May:
		return Note
	case Should:
		return Warn
	default:
		return Fail
	}
}

// softer is the status of a check of level l whose demand holds in effect only.
func (l Level) softer() Status {
	if l >= Must {
		return Warn
	}
	return Note
}

// Shape says how far the events of a check are from the guide's samples. The run
// holds an event to it before it is sent: a verdict on an event that the harness
// itself got wrong would be worse than none.
type Shape int

const (
	AsSampled Shape = iota // the strict reading of the schemas
	Extended               // the open reading: unknown members, and the forms of practice
	Unbound                // any: members are missing that the samples have
)

// validity returns what reports whether an event has the shape, nil if any has. An
// event without a known type is no event, and may have any shape. The user's own
// meeting id need not be a uuid.
func (s Shape) validity(ownMeeting bool) func(rtk.Event) error {
	if s == Unbound {
		return nil
	}
	reading := schemas.Strict
	if s == Extended || ownMeeting {
		reading = schemas.Open
	}
	return func(e rtk.Event) error {
		if !e.Type.Known() {
			return nil
		}
		err := schemas.Validate(string(e.Type), reading, e.Body)
		if err == nil && s == AsSampled {
			err = schemas.CheckTimes(e.Body)
		}
		if err != nil {
			return fmt.Errorf("the event that was made is not valid (%s reading): %s", reading, strings.TrimPrefix(err.Error(), "schemas: "))
		}
		return nil
	}
}
