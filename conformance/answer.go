package conformance

import (
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// Answer is what the attempts of one delivery come to.
type Answer int

const (
	// Unanswered: the run ended before there was an answer.
	Unanswered Answer = iota
	// Accepted: an attempt was answered 2xx.
	Accepted
	// Refused: a status below 500 that is not 2xx; the real sender gives up.
	Refused
	// Failing: 5xx to the last.
	Failing
	// Cut: the connection was refused, closed or made no sense, to the last.
	Cut
	// Silent: no answer within the time-out.
	Silent
	// Limited: 429, or 503 with Retry-After, however long the sender backed off.
	Limited
	// Faulted: a fault that the user asked for befell the last attempt, so that
	// its end says nothing about the target.
	Faulted
)

// AnswerOf sums the attempts of a receipt up.
func AnswerOf(r mocksender.Receipt) Answer {
	last := r.Last().Outcome
	switch {
	case r.Fate == mocksender.Abandoned, len(r.Attempts) == 0:
		return Unanswered
	case r.Accepted():
		return Accepted
	case r.Last().Fault != "":
		return Faulted
	case limited(last):
		return Limited
	case last.Class == mocksender.ClassCanceled:
		return Unanswered
	case last.Class == mocksender.ClassTimeout:
		return Silent
	case last.Err != nil:
		return Cut
	case last.Status >= 500:
		return Failing
	default:
		return Refused
	}
}

// Rejected reports an answer that keeps a delivery out: a status other than
// 2xx, or a closed connection. Silence is no rejection.
func (a Answer) Rejected() bool { return a == Refused || a == Failing || a == Cut }

// limited reports an answer that asks the sender to come back later for
// reasons that have nothing to do with the delivery.
func limited(o mocksender.Outcome) bool {
	return o.Status == 429 || o.Status == 503 && o.Header.Get("Retry-After") != ""
}

// Describe says how the attempts of a receipt were answered: "answered 401",
// "answered 503 (4 attempts)", "connection refused".
func Describe(r mocksender.Receipt) string {
	text := describeOutcome(r.Last().Outcome)
	if n := len(r.Attempts); n > 1 {
		text = fmt.Sprintf("%s (%d attempts)", text, n)
	}
	return text
}

func describeOutcome(o mocksender.Outcome) string {
	switch {
	case o.Err != nil && o.Class == mocksender.ClassTimeout:
		return fmt.Sprintf("no answer within %s", o.Took.Round(10*time.Millisecond))
	case o.Err != nil:
		return o.Err.Error()
	case o.Status == 0:
		return "not answered"
	default:
		return fmt.Sprintf("answered %d", o.Status)
	}
}

// genuineRetry is the retry policy of genuine deliveries in a run: that of the
// profile, and longer where the target asks for time. Silence costs a whole
// time-out, so it is tried twice only.
type genuineRetry struct {
	profile mocksender.RetryPolicy
	unit    time.Duration // of backing off from a rate limit
	limited int           // attempts against one
	now     func() time.Time
}

// Attempts against a rate limit, and the longest wait between two of them.
const (
	limitedGenuine = 7
	limitedForged  = 4
	limitedMaxWait = 2 * time.Second
	backOffUnit    = 100 * time.Millisecond
)

func (p genuineRetry) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	switch {
	case limited(o):
		return p.backOff(attempt, o), attempt < p.limited
	case o.Class == mocksender.ClassTimeout && attempt >= 2:
		return 0, false
	default:
		return p.profile.Next(attempt, o)
	}
}

// backOff is the wait that the target asks for, or one that doubles.
func (p genuineRetry) backOff(attempt int, o mocksender.Outcome) time.Duration {
	wait := p.unit << min(attempt, limitedGenuine)
	if asked, ok := mocksender.RetryAfter(o.Header, p.now()); ok {
		wait = max(asked, p.unit)
	}
	return min(wait, limitedMaxWait)
}

// forgeryRetry is the retry policy of forged deliveries: a 5xx is asked for
// again, so that a receiver which fails now and then is not taken for one that
// answers forgeries 5xx, and so that a forgery which gets in on its second try
// is seen.
type forgeryRetry struct{ genuineRetry }

// How often a 5xx to a forgery is asked for again, and how much later each time:
// one that fails now and then is not to do so by chance, nor in step with that.
const (
	suspiciousAttempts = 6
	suspiciousStep     = 10 * time.Millisecond
)

func (s forgeryRetry) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	switch {
	case limited(o):
		return s.genuineRetry.Next(attempt, o)
	case o.Status >= 500 && attempt < suspiciousAttempts:
		return time.Duration(attempt) * suspiciousStep, true
	default:
		return 0, false
	}
}
