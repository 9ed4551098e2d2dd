package mocksender

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryPolicy decides after each attempt whether and when to try again. It is
// a pure function of its arguments.
type RetryPolicy interface {
	// Next is called after attempt number attempt (1 for the first) ended in o,
	// unless that was a 2xx or the caller gave up. It returns whether to try
	// again, and how long to wait before.
	Next(attempt int, o Outcome) (wait time.Duration, again bool)
}

// NoRetry makes one attempt.
type NoRetry struct{}

// Next returns false.
func (NoRetry) Next(int, Outcome) (time.Duration, bool) { return 0, false }

// Retry tries again after each of Waits in turn, as the guide has it: after "a
// 5xx response or … a network error". "If your endpoint returns a non-2xx
// response below 500, RealtimeKit records the delivery as failed and does not
// retry it." How often and how far apart the real service retries is not
// documented, so any Waits are an assumption.
type Retry struct {
	Waits []time.Duration
}

// Next returns the wait after the given attempt.
func (r Retry) Next(attempt int, o Outcome) (time.Duration, bool) {
	if o.OK() || !o.Retryable() || o.Class == ClassCanceled {
		return 0, false
	}
	if attempt < 1 || attempt > len(r.Waits) {
		return 0, false
	}
	return r.Waits[attempt-1], true
}

// MaxRetryAfter is the longest wait that RetryAfter returns.
const MaxRetryAfter = time.Hour

// RetryAfter returns how long the Retry-After field of a response asks to
// wait, counted from now: a number of seconds, or the time until a date.
// A date in the past is no wait, and a wait beyond MaxRetryAfter is cut to it. It
// returns false if the field is missing or neither of the two.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseUint(value, 10, 32)
		if err != nil || seconds > uint64(MaxRetryAfter/time.Second) {
			return MaxRetryAfter, true // more digits than fit
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(date.Sub(now), 0), MaxRetryAfter), true
}

// RetryUUID says which rtk-uuid a retry carries. The guide calls the header
// "Unique ID for the webhook delivery", which reads as: the same. No capture of
// a retry is public, and receivers assume both.
type RetryUUID string

const (
	SameUUID RetryUUID = "same" // the default
	NewUUID  RetryUUID = "new"
)

// ParseRetryUUID reads same or new.
func ParseRetryUUID(s string) (RetryUUID, error) {
	switch u := RetryUUID(s); u {
	case SameUUID, NewUUID:
		return u, nil
	}
	return "", fmt.Errorf("mocksender: unknown choice %q, want same or new", s)
}
