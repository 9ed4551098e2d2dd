package mocksender

import (
	"context"
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

// selectFault returns the fault that befalls attempt n of a delivery, or nil. The
// draw depends on the seed, the delivery and the attempt alone, so that neither
// order nor concurrency changes it.
func (p FaultPlan) selectFault(seed uint64, uuid string, event rtk.EventType, n int) *Fault {
	for i := range p {
		f := &p[i]
		if f.Attempt != 0 && f.Attempt != n || f.Event != "" && f.Event != event {
			continue
		}
		if f.Chance > 0 && f.Chance < 1 && draw(seed, uuid, n, i) >= f.Chance {
			continue
		}
		return f
	}
	return nil
}

// draw returns a number from 0 up to 1.
func draw(seed uint64, uuid string, attempt, index int) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d %d", uuid, attempt, index)
	return rand.New(rand.NewPCG(seed, h.Sum64())).Float64()
}

// attempt makes one attempt under fault, which may be nil, and fills a in.
func (p *Prepared) attempt(ctx context.Context, fault *Fault, a *Attempt) {
	start := time.Now()
	if fault == nil {
		fault = new(Fault)
	}
	a.Fault = fault.String()
	if fault.Before != "" {
		if o, over := p.before(ctx, fault, start); over {
			a.Outcome = o
			return
		}
	}
	a.Reached = true
	res := p.s.client.Do(ctx, p.wire)
	a.Outcome, a.Resent = newOutcome(res), res.Resent
	if fault.Before == Delay {
		a.Outcome.Took = time.Since(start)
	}
	if fault.After == "" || a.Outcome.Err != nil {
		return
	}
	hidden := a.Outcome
	a.Target = &hidden
	if fault.After == Replace {
		a.Outcome = Outcome{Status: fault.Status, Took: hidden.Took}
		return
	}
	a.Outcome = failed(ClassReset, "the answer was lost (a fault of the script)", hidden.Took)
}

// before returns what the sender sees of an attempt that does not reach the
// target, and whether that is so.
func (p *Prepared) before(ctx context.Context, fault *Fault, start time.Time) (o Outcome, over bool) {
	fail := func(c Class, msg string) (Outcome, bool) { return failed(c, msg, time.Since(start)), true }
	switch fault.Before {
	case Refuse:
		return fail(ClassRefused, "the connection was refused (a fault of the script)")
	case Reset:
		return fail(ClassReset, "the connection was cut (a fault of the script)")
	case Respond:
		return Outcome{Status: fault.Status, Took: time.Since(start)}, true
	}
	limit := p.s.o.Timeout
	pause(ctx, min(fault.Wait, limit))
	switch {
	case ctx.Err() != nil:
		return fail(ClassCanceled, "the delivery was given up while it was held back")
	case fault.Wait >= limit:
		return fail(ClassTimeout, fmt.Sprintf("%s did not answer within %v (held back by the script)", p.wire.Target.Addr, limit))
	}
	return Outcome{}, false
}

func failed(c Class, msg string, took time.Duration) Outcome {
	return Outcome{Err: &NetError{Class: c, Msg: msg}, Class: c, Took: took}
}
