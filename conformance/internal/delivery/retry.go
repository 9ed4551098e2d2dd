package delivery

import (
	"fmt"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
)

// genuineRetry is the retry policy of genuine deliveries: the profile's, and
// longer where the target asks for time. Silence costs a whole time-out, so it is
// tried only twice.
type genuineRetry struct {
	profile mocksender.RetryPolicy
	unit    time.Duration // of backing off from a rate limit
	limited int           // attempts against a rate limit
	pace    *pacer        // knows what is a rate limit; nil: what says so
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
	case p.pace.limits(o):
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
	if asked, ok := mocksender.RetryAfter(o.Header, time.Now()); ok {
		wait = max(asked, p.unit)
	}
	return min(wait, limitedMaxWait)
}

// forgeryRetry is the retry policy of forgeries. A 5xx is tried again: a receiver
// that fails now and then must not pass for one that answers forgeries 5xx, and a
// forgery that gets in on its second attempt must be seen.
type forgeryRetry struct {
	genuineRetry
	pause time.Duration // before the last attempt, if the others were answered 503
}

// How often a forgery is tried that is answered 5xx, and how much longer the wait
// is each time, so that a receiver that fails now and then does not do so in step.
const (
	forgeryAttempts = 6
	forgeryStep     = 10 * time.Millisecond
	// keyPause is a little longer than receivers do not fetch their key again. Meanwhile
	// some answer 503, since it may have changed. Genuine twins show that they work; where
	// none can be sent, only a 4xx after that does.
	keyPause = 1200 * time.Millisecond
)

// MoreAttempts says in words which deliveries are tried more often than the sender's
// profile has it, and why.
func MoreAttempts() string {
	return fmt.Sprintf("a forgery that is answered 5xx has up to %d attempts, to tell a receiver that fails now and then from one that always does; "+
		"what is asked to come back later (429, Retry-After) has up to %d, or %d if it is a forgery", forgeryAttempts, limitedGenuine, limitedForged)
}

func (p forgeryRetry) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	switch {
	case p.pace.limits(o) && !p.pace.asksForTime(exchange.Forgery, o):
		return p.genuineRetry.Next(attempt, o)
	case o.Status == http.StatusServiceUnavailable && attempt == forgeryAttempts-1:
		return max(p.pause, time.Duration(attempt)*forgeryStep), true
	case o.Status >= 500 && attempt < forgeryAttempts:
		return time.Duration(attempt) * forgeryStep, true
	default:
		return 0, false
	}
}

// warmUpRetry is the retry policy of the first contact: a target that is still
// starting refuses connections, or a proxy answers 5xx for it.
type warmUpRetry struct {
	within time.Duration
	end    func() bool // whether a target that goes on answering 5xx is waited for no longer; nil: never
}

// Waits for a target that is still starting.
const (
	warmUpFirstWait = 100 * time.Millisecond
	warmUpMaxWait   = time.Second
	warmUpLeast     = 2 * time.Second // what answers 5xx for longer is up, more likely than not
)

func (p warmUpRetry) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	if !o.Retryable() && !exchange.RateLimited(o) {
		return 0, false
	}
	switch o.Class {
	case "", mocksender.ClassRefused, mocksender.ClassReset:
	default:
		return 0, false
	}
	var waited time.Duration
	wait := warmUpFirstWait
	for range attempt - 1 {
		waited += wait
		wait = min(2*wait, warmUpMaxWait)
	}
	if waited+wait > p.within || o.Status >= 500 && waited >= warmUpLeast && p.end != nil && p.end() {
		return 0, false
	}
	return wait, true
}

// pacedRetry is a retry policy that keeps to the rate of the run.
type pacedRetry struct {
	mocksender.RetryPolicy
	pace *pacer
}

func (p pacedRetry) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	wait, again := p.RetryPolicy.Next(attempt, o)
	if again {
		wait = p.pace.reserve(wait)
	}
	return wait, again
}

// untilExit is a retry policy that ends with the target's process: nobody answers
// any more.
type untilExit struct {
	mocksender.RetryPolicy
	exited func() string
}

func (p untilExit) Next(attempt int, o mocksender.Outcome) (time.Duration, bool) {
	if p.exited() != "" {
		return 0, false
	}
	return p.RetryPolicy.Next(attempt, o)
}
