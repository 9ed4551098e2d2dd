package mocksender

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

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

// attemptWithFault makes one attempt of q under f, which may be nil, and fills a in.
func (s *Sender) attemptWithFault(ctx context.Context, q *request, f *Fault, a *Attempt) {
	start := time.Now()
	if f != nil {
		a.Fault = f.String()
	}
	if f != nil && f.Before != "" {
		if o, over := s.before(ctx, q, f, start); over {
			a.Outcome = o
			return
		}
	}
	a.Reached = true
	a.Outcome, a.Resent = s.attempt(ctx, q)
	if f != nil && f.Before == Delay {
		a.Outcome.Took = time.Since(start)
	}
	if f == nil || f.After == "" || a.Outcome.Err != nil {
		return
	}
	seen := a.Outcome
	a.Target = &seen
	a.Outcome = Outcome{Took: seen.Took}
	if f.After == Replace {
		a.Outcome.Status = f.Status
		return
	}
	a.Outcome.Err = &NetError{ClassReset, "the answer was lost (a fault of the script)", nil}
	a.Outcome.Class = ClassReset
}

// before returns what the sender sees of an attempt that never reaches the
// target, and whether that is so.
func (s *Sender) before(ctx context.Context, q *request, f *Fault, start time.Time) (o Outcome, over bool) {
	fail := func(c Class, msg string) (Outcome, bool) {
		e := &NetError{Class: c, Msg: msg}
		return Outcome{Err: e, Class: c, Took: time.Since(start)}, true
	}
	switch f.Before {
	case Refuse:
		return fail(ClassRefused, "the connection was refused (a fault of the script)")
	case Reset:
		return fail(ClassReset, "the connection was cut (a fault of the script)")
	case Respond:
		return Outcome{Status: f.Status, Took: time.Since(start)}, true
	default:
		pause(ctx, min(f.Wait, s.o.Timeout))
		switch {
		case ctx.Err() != nil:
			return fail(ClassCanceled, "the delivery was given up while it was held back")
		case f.Wait >= s.o.Timeout:
			return fail(ClassTimeout, fmt.Sprintf("%s did not answer within %v (held back by the script)", q.addr, s.o.Timeout))
		}
		return Outcome{}, false
	}
}
