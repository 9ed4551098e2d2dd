package exchange

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
)

// RateAskedFor returns how many requests a second an answer asks for that limits the
// rate: by RateLimit-Policy, of the IETF draft "RateLimit header fields for HTTP" in its
// forms "100;w=60" and "\"name\";q=100;w=60", by the older RateLimit-Limit and
// RateLimit-Reset, with or without X- before them, or by Retry-After.
func RateAskedFor(h http.Header, now time.Time) (perSecond float64, ok bool) {
	if quota, window := policy(h.Get("RateLimit-Policy")); quota > 0 && window > 0 {
		return quota / window, true
	}
	if wait, ok := mocksender.RetryAfter(h, now); ok && wait > 0 {
		return 1 / wait.Seconds(), true
	}
	for _, prefix := range []string{"", "X-"} {
		quota, reset := number(h.Get(prefix+"RateLimit-Limit")), number(h.Get(prefix+"RateLimit-Reset"))
		if reset > float64(now.Unix())/2 { // a time, not a duration
			reset -= float64(now.Unix())
		}
		if quota > 0 && reset > 0 {
			return min(quota, 1) / reset, true // one after the reset is certain, and no more
		}
	}
	return 0, false
}

// policy reads the first quota of a RateLimit-Policy, and its window in seconds.
func policy(value string) (quota, window float64) {
	value, _, _ = strings.Cut(value, ",")
	for i, part := range strings.Split(value, ";") {
		name, text, named := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case i == 0 && !named:
			quota = number(name)
		case name == "q":
			quota = number(text)
		case name == "w":
			window = number(text)
		}
	}
	return quota, window
}

// number reads a positive number. It is 0 for anything else.
func number(text string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(n > 0) || n > 1<<53 {
		return 0
	}
	return n
}
