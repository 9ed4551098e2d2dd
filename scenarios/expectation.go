package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
)

// Expectation is how a delivery should end, in the words of a script: one of
// the constants, a status such as "503", or a class of statuses such as "4xx".
type Expectation string

const (
	// Delivered, the default of a genuine delivery: an attempt was answered
	// 2xx. "RealtimeKit treats any 2xx response as a successful delivery." 2xx
	// means the same.
	Delivered Expectation = "delivered"
	// Rejected is for forgeries: the target answered, never 2xx, or closed the
	// connection. A time-out is no rejection. It counts only if genuine
	// deliveries around it were accepted: a target that refuses everything
	// proves nothing.
	Rejected Expectation = "rejected"
	// Lost: a final answer below 500 that is not 2xx, so nobody retries.
	// "RealtimeKit records the delivery as failed and does not retry it."
	Lost Expectation = "lost"
	// Exhausted: every attempt was answered 5xx or ended in a network error.
	Exhausted Expectation = "exhausted"
	// NotTried: the sender, after repeated failures, did not try at all. "After
	// repeated delivery failures, RealtimeKit may temporarily reduce delivery
	// attempts to that webhook URL."
	NotTried Expectation = "not-tried"
	// Any, the default of a delivery with mutations: it is not judged.
	Any Expectation = "any"
)

// Status says whether an expectation was met.
type Status string

const (
	Met          Status = "met"
	Unmet        Status = "unmet"
	Inconclusive Status = "inconclusive" // it could not be judged; the reason says why
	NotJudged    Status = "not-judged"   // nothing was expected
	Skipped      Status = "skipped"      // the webhook is not subscribed to the event
	NotPlayed    Status = "not-played"   // the play ended before
)

// verdict says whether one receipt is as expected.
type verdict struct {
	status Status
	reason string
}

// judge compares a receipt with what was expected. answered says whether the
// target has ever answered during the play. If not, it cannot be judged.
func judge(e Expectation, r mocksender.Receipt, answered bool) verdict {
	switch {
	case e == Any:
		return verdict{NotJudged, describeEnd(r)}
	case r.Fate == mocksender.Abandoned:
		return verdict{Inconclusive, "interrupted before it was over"}
	case e == NotTried:
		return judgeNotTried(r)
	case r.Fate == mocksender.NotTried:
		return verdict{Inconclusive, "the sender had reduced its attempts and did not try"}
	case e == Rejected:
		return judgeRejected(r)
	case met(e, r):
		return verdict{Met, describeEnd(r)}
	case e.wantsSuccess() && !fromTarget(r):
		return verdict{Inconclusive, "the faults of the script kept every answer of the target from the sender: " + describeEnd(r)}
	case !answered && unreachable(r):
		return verdict{Inconclusive, "the target was not reached: " + describeEnd(r)}
	default:
		return verdict{Unmet, describeEnd(r)}
	}
}

// judgeNotTried never finds the expectation unmet: what the sender does is not
// the target's mistake.
func judgeNotTried(r mocksender.Receipt) verdict {
	if r.Fate == mocksender.NotTried {
		return verdict{Met, describeEnd(r)}
	}
	return verdict{Inconclusive, "the sender tried it: " + describeEnd(r)}
}

func judgeRejected(r mocksender.Receipt) verdict {
	seen := false // an answer of the target, or the end of the connection
	for _, a := range r.Attempts {
		o := targetOutcome(a)
		switch {
		case !a.Reached:
		case o.OK():
			return verdict{Unmet, fmt.Sprintf("accepted with %d", o.Status)}
		case o.Err == nil, o.Class == mocksender.ClassReset:
			seen = true
		}
	}
	if seen {
		return verdict{Met, describeEnd(r)}
	}
	return verdict{Inconclusive, "neither accepted nor rejected: " + describeEnd(r)}
}

// met reports whether a receipt is as expected. e is not Any, Rejected or
// NotTried.
func met(e Expectation, r mocksender.Receipt) bool {
	switch e {
	case Delivered:
		return r.Accepted()
	case Lost:
		return r.Fate == mocksender.Failed
	case Exhausted:
		return r.Fate == mocksender.Exhausted
	default:
		return e.answered(r.Last().Outcome.Status)
	}
}

// answered reports whether the final status fits e, a status or a class.
func (e Expectation) answered(status int) bool {
	text := strconv.Itoa(status)
	return string(e) == text || string(e) == text[:1]+"xx"
}

// wantsSuccess reports whether e asks for a 2xx.
func (e Expectation) wantsSuccess() bool { return e == Delivered || strings.HasPrefix(string(e), "2") }

// targetOutcome returns what the target did in an attempt, whatever the sender saw.
func targetOutcome(a mocksender.Attempt) mocksender.Outcome {
	if a.Target != nil {
		return *a.Target
	}
	return a.Outcome
}

// fromTarget reports whether the target's own answer, or its silence, came
// through in some attempt.
func fromTarget(r mocksender.Receipt) bool {
	for _, a := range r.Attempts {
		if a.Reached && a.Target == nil {
			return true
		}
	}
	return false
}

// hasAnswered reports whether the target answered any attempt.
func hasAnswered(r mocksender.Receipt) bool {
	for _, a := range r.Attempts {
		if a.Reached && targetOutcome(a).Status != 0 {
			return true
		}
	}
	return false
}

// unreachable reports whether no attempt that went out got a connection.
func unreachable(r mocksender.Receipt) bool {
	for _, a := range r.Attempts {
		if !a.Reached {
			continue
		}
		switch targetOutcome(a).Class {
		case mocksender.ClassRefused, mocksender.ClassDNS, mocksender.ClassTLS, mocksender.ClassOther:
		default:
			return false
		}
	}
	return true
}

// describeEnd says in a clause how a delivery ended.
func describeEnd(r mocksender.Receipt) string {
	last := r.Last()
	var text string
	switch {
	case r.Fate == mocksender.NotTried:
		return "not tried"
	case len(r.Attempts) == 0:
		return "never attempted"
	case last.Outcome.Err != nil:
		text = last.Outcome.Err.Error()
	default:
		text = fmt.Sprintf("answered %d", last.Outcome.Status)
		if last.Fault != "" && !last.Reached {
			text += " (a fault of the script)"
		}
	}
	if n := len(r.Attempts); n > 1 {
		text += fmt.Sprintf(", attempt %d", n)
	}
	return text
}
