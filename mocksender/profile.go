package mocksender

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Profile is one documented idea of how the service retries. None of them is
// certain: the guide says what is retried, but not how often, how far apart, or
// how long an answer may take.
type Profile struct {
	Name    string
	Doc     string          // where it comes from, and what in it is assumed
	Timeout time.Duration   // of one attempt
	Waits   []time.Duration // before each retry in turn
	// final are the outcomes besides a 2xx that are not retried.
	final func(Outcome) bool
}

// The names of the retry profiles.
const (
	ProfileCloudflare = "cloudflare"
	ProfileDyteFAQ    = "dyte-faq"
	ProfileDyteGuide  = "dyte-guide"
)

// ErrProfile is wrapped by the error of ParseProfile.
var ErrProfile = errors.New("mocksender: unknown retry profile")

// Profiles returns the retry profiles, the default first. The caller owns the
// slice.
func Profiles() []Profile {
	waits := func(n int) []time.Duration { return slices.Repeat([]time.Duration{time.Second}, n) }
	return []Profile{
		{
			Name:    ProfileCloudflare,
			Doc:     "the guide: 5xx and network errors are retried, all else is final; 3 retries 1 s apart and a time-out of 3 s are assumed",
			Timeout: DefaultTimeout,
			Waits:   waits(3),
			final:   func(o Outcome) bool { return !o.Retryable() },
		},
		{
			Name:    ProfileDyteFAQ,
			Doc:     "the predecessor's FAQ: time-outs and 5xx are retried 3 times, 1 s apart; a time-out of 3 s is assumed",
			Timeout: DefaultTimeout,
			Waits:   waits(3),
			final:   func(o Outcome) bool { return o.Status < 500 && o.Class != ClassTimeout },
		},
		{
			Name:    ProfileDyteGuide,
			Doc:     "the predecessor's guide: whatever is not answered 2xx within 3 s is retried up to 5 times, 3xx and 4xx too; 1 s apart is assumed",
			Timeout: DefaultTimeout,
			Waits:   waits(5),
			final:   func(Outcome) bool { return false },
		},
	}
}

// ParseProfile returns the profile that name names. The error, which matches
// ErrProfile, lists the names.
func ParseProfile(name string) (Profile, error) {
	all := Profiles()
	names := make([]string, len(all))
	for i, p := range all {
		if names[i] = p.Name; p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("%w %q, want one of %s", ErrProfile, name, strings.Join(names, ", "))
}

// Next implements RetryPolicy.
func (p Profile) Next(attempt int, o Outcome) (time.Duration, bool) {
	switch {
	case o.OK(), o.Class == ClassCanceled, p.final == nil || p.final(o):
		return 0, false
	case attempt < 1 || attempt > len(p.Waits):
		return 0, false
	}
	return p.Waits[attempt-1], true
}

// Scaled returns p with its waits multiplied by scale; 0 removes them. What is
// retried, and how often, stays. Time-outs are not scaled: they measure the
// target.
func (p Profile) Scaled(scale float64) Profile {
	waits := make([]time.Duration, len(p.Waits))
	for i, w := range p.Waits {
		waits[i] = time.Duration(float64(w) * scale)
	}
	p.Waits = waits
	return p
}
