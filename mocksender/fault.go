package mocksender

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ErrFault is wrapped by the errors of ParseFault.
var ErrFault = errors.New("mocksender: unusable fault")

// FaultPlan is what goes wrong between the sender and the target during one
// delivery. The target takes no part in it, so any target can be tested with
// any plan. The first fault that fits an attempt is the one that happens.
type FaultPlan []Fault

// Fault is one thing that goes wrong. Exactly one of Before and After is set.
type Fault struct {
	// Attempt is the number of the attempt; 0: every one.
	Attempt int
	// Event restricts the fault to deliveries of one type; empty: all.
	Event rtk.EventType
	// Before happens before the target is reached. The target does not see the
	// attempt, except after a delay.
	Before Before
	// After happens once the target has answered. The target has seen the
	// attempt, and the sender does not see the answer.
	After After
	// Status is what the sender sees under Respond and Replace.
	Status int
	// Wait is how long Delay holds the attempt back.
	Wait time.Duration
	// Chance is the probability, above 0 and at most 1, with which the fault
	// happens; 0 stands for 1. It is drawn from the sender's seed, the
	// delivery's uuid and the attempt, so the same run has the same faults.
	Chance float64
}

// Before is a fault that happens before the target is reached.
type Before string

const (
	Refuse  Before = "refuse"  // the connection is refused
	Reset   Before = "reset"   // the connection is cut before the target gets the request
	Respond Before = "respond" // something in between answers with Status
	Delay   Before = "delay"   // the attempt reaches the target Wait later
)

// After is a fault that happens after the target has answered.
type After string

const (
	LoseResponse After = "lose-response" // the answer is lost, and the sender sees a reset
	Replace      After = "replace"       // something in between answers with Status instead
)

// ParseFault reads one fault as scripts and flags write it: "refuse", "reset",
// "respond 503", "delay 2s", "lose-response", "replace 502". It leaves Attempt
// and Chance to the caller.
func ParseFault(s string) (Fault, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	rest = strings.TrimSpace(rest)
	var f Fault
	wrong := ""
	switch word {
	case string(Refuse), string(Reset):
		f.Before = Before(word)
	case string(LoseResponse):
		f.After = LoseResponse
	case string(Delay):
		wait, err := time.ParseDuration(rest)
		if err != nil || wait < 0 {
			wrong = "want a duration after delay, such as delay 2s"
		}
		f, rest = Fault{Before: Delay, Wait: wait}, ""
	case string(Respond), string(Replace):
		status, err := strconv.Atoi(rest)
		if err != nil || status < 200 || status > 599 {
			wrong = fmt.Sprintf("want a status from 200 to 599 after %s, such as %s 503", word, word)
		}
		f, rest = Fault{Before: Respond, Status: status}, ""
		if word == string(Replace) {
			f = Fault{After: Replace, Status: status}
		}
	default:
		wrong, rest = "want refuse, reset, respond STATUS, delay DURATION, lose-response or replace STATUS", ""
	}
	if rest != "" {
		wrong = "nothing follows " + word
	}
	if wrong != "" {
		return Fault{}, fmt.Errorf("%w: %q: %s", ErrFault, s, wrong)
	}
	return f, nil
}

// String writes the fault as ParseFault reads it.
func (f Fault) String() string {
	text := string(f.Before) + string(f.After)
	switch text {
	case string(Delay):
		return text + " " + f.Wait.String()
	case string(Respond), string(Replace):
		return text + " " + strconv.Itoa(f.Status)
	}
	return text
}

// check refuses a fault that means nothing.
func (f Fault) check() error {
	switch {
	case (f.Before == "") == (f.After == ""):
		return fmt.Errorf("%w: want either something before the target or something after it", ErrFault)
	case f.Attempt < 0:
		return fmt.Errorf("%w: %s: attempt %d, want 1 or more, or 0 for every one", ErrFault, f, f.Attempt)
	case !(f.Chance >= 0 && f.Chance <= 1):
		return fmt.Errorf("%w: %s: chance %v, want above 0 and at most 1", ErrFault, f, f.Chance)
	}
	if g, err := ParseFault(f.String()); err != nil || g.Before != f.Before || g.After != f.After {
		return fmt.Errorf("%w: %s", ErrFault, f)
	}
	return nil
}

func (p FaultPlan) check() error {
	for _, f := range p {
		if err := f.check(); err != nil {
			return err
		}
	}
	return nil
}

// selectFault returns the fault of attempt n of a delivery, a zero one for none.
// The draw depends on the seed, the delivery and the attempt alone, so that
// neither order nor concurrency changes it.
func (p FaultPlan) selectFault(seed uint64, uuid string, event rtk.EventType, n int) Fault {
	for i, f := range p {
		if f.Attempt != 0 && f.Attempt != n || f.Event != "" && f.Event != event {
			continue
		}
		if f.Chance == 0 || f.Chance == 1 || draw(seed, uuid, n, i) < f.Chance {
			return f
		}
	}
	return Fault{}
}

// draw returns a number from 0 up to 1.
func draw(seed uint64, uuid string, attempt, index int) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d %d", uuid, attempt, index)
	return rand.New(rand.NewPCG(seed, h.Sum64())).Float64()
}
