package scenarios

import (
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
)

// verdict is what one receipt says about one expectation.
type verdict struct {
	status Status
	reason string
}

// judge holds a receipt against what was expected. answered says whether the
// target has ever answered during the play: if not, nothing about it can be
// said.
func judge(e Expectation, r mocksender.Receipt, answered bool) verdict {
	switch {
	case e == Any:
		return verdict{NotJudged, told(r)}
	case r.Fate == mocksender.Abandoned:
		return verdict{Inconclusive, "interrupted before it was over"}
	case e == NotTried:
		return judgeNotTried(r)
	case r.Fate == mocksender.NotTried:
		return verdict{Inconclusive, "the sender had reduced its attempts and did not try"}
	case e == Rejected:
		return judgeRejected(r)
	case met(e, r):
		return verdict{Met, told(r)}
	case e.wantsSuccess() && !fromTarget(r):
		return verdict{Inconclusive, "the faults of the script kept every answer of the target from the sender: " + told(r)}
	case !answered && unreachable(r):
		return verdict{Inconclusive, "the target was not reached: " + told(r)}
	default:
		return verdict{Unmet, told(r)}
	}
}

// judgeNotTried: what the sender does is no fault of the target, so that the
// expectation cannot be unmet.
func judgeNotTried(r mocksender.Receipt) verdict {
	if r.Fate == mocksender.NotTried {
		return verdict{Met, told(r)}
	}
	return verdict{Inconclusive, "the sender tried it: " + told(r)}
}

func judgeRejected(r mocksender.Receipt) verdict {
	seen := false // an answer of the target, or the end of the connection
	for _, a := range r.Attempts {
		o := targets(a)
		switch {
		case !a.Reached:
		case o.OK():
			return verdict{Unmet, fmt.Sprintf("accepted with %d", o.Status)}
		case o.Err == nil, o.Class == mocksender.ClassReset:
			seen = true
		}
	}
	if seen {
		return verdict{Met, told(r)}
	}
	return verdict{Inconclusive, "neither accepted nor rejected: " + told(r)}
}

// met reports whether a receipt is as expected, which is neither Any nor
// Rejected nor NotTried.
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

// wantsSuccess reports whether e asks for a 2xx.
func (e Expectation) wantsSuccess() bool { return e == Delivered || strings.HasPrefix(string(e), "2") }

// targets returns what the target did in an attempt, whatever the sender saw.
func targets(a mocksender.Attempt) mocksender.Outcome {
	if a.Target != nil {
		return *a.Target
	}
	return a.Outcome
}

// fromTarget reports whether the target itself had a chance to be accepted as
// it answered: in some attempt its answer, or its silence, came through.
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
		if a.Reached && targets(a).Status != 0 {
			return true
		}
	}
	return false
}

// unreachable reports whether no attempt that went out got as far as a
// connection.
func unreachable(r mocksender.Receipt) bool {
	for _, a := range r.Attempts {
		if !a.Reached {
			continue
		}
		switch targets(a).Class {
		case mocksender.ClassRefused, mocksender.ClassDNS, mocksender.ClassTLS, mocksender.ClassOther:
		default:
			return false
		}
	}
	return true
}

// told says in a clause how a delivery ended.
func told(r mocksender.Receipt) string {
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
