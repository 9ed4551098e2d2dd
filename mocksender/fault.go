package mocksender

import (
	"errors"
	"fmt"
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
	// Attempt is the number of the attempt that it befalls; 0: every one.
	Attempt int
	// Event restricts it to deliveries of one type; empty: all.
	Event rtk.EventType
	// Before happens instead of reaching the target: it never sees the
	// attempt, except after a delay.
	Before Before
	// After happens once the target has answered: it has seen the attempt,
	// and the sender does not learn of the answer.
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
// "respond 503", "delay 2s", "lose-response", "replace 502". Attempt and
// Chance are left to the caller.
func ParseFault(s string) (Fault, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	rest = strings.TrimSpace(rest)
	var f Fault
	switch word {
	case string(Refuse), string(Reset):
		f.Before = Before(word)
	case string(LoseResponse):
		f.After = LoseResponse
	case string(Delay):
		wait, err := time.ParseDuration(rest)
		if err != nil || wait < 0 {
			return Fault{}, fmt.Errorf("%w: %q: want a duration after delay, such as delay 2s", ErrFault, s)
		}
		return Fault{Before: Delay, Wait: wait}, nil
	case string(Respond), string(Replace):
		status, err := strconv.Atoi(rest)
		if err != nil || status < 200 || status > 599 {
			return Fault{}, fmt.Errorf("%w: %q: want a status from 200 to 599 after %s, such as %s 503", ErrFault, s, word, word)
		}
		if word == string(Respond) {
			return Fault{Before: Respond, Status: status}, nil
		}
		return Fault{After: Replace, Status: status}, nil
	default:
		return Fault{}, fmt.Errorf("%w: %q: want refuse, reset, respond STATUS, delay DURATION, lose-response or replace STATUS", ErrFault, s)
	}
	if rest != "" {
		return Fault{}, fmt.Errorf("%w: %q: nothing follows %s", ErrFault, s, word)
	}
	return f, nil
}

// String writes the fault as ParseFault reads it.
func (f Fault) String() string {
	switch {
	case f.Before == Delay:
		return fmt.Sprintf("%s %s", Delay, f.Wait)
	case f.Before == Respond:
		return fmt.Sprintf("%s %d", Respond, f.Status)
	case f.After == Replace:
		return fmt.Sprintf("%s %d", Replace, f.Status)
	case f.Before != "":
		return string(f.Before)
	default:
		return string(f.After)
	}
}
