package exchange

import (
	"net/http"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestRateIsReadFromWhatAnAnswerSays(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, tc := range []struct {
		reason string
		header http.Header
		want   float64
	}{
		{"nothing is said", http.Header{}, 0},
		{"one request a wait is certain", http.Header{"Retry-After": {"4"}}, 0.25},
		{"a wait of nothing says nothing", http.Header{"Retry-After": {"0"}}, 0},
		{"a policy is exact", http.Header{"Ratelimit-Policy": {"100;w=50"}, "Retry-After": {"4"}}, 2},
		{"in its newer form too", http.Header{"Ratelimit-Policy": {`"default";q=10;w=1, "day";q=1000;w=86400`}}, 10},
		{"a policy without a window says nothing", http.Header{"Ratelimit-Policy": {"100"}}, 0},
		{"nor does one that is none", http.Header{"Ratelimit-Policy": {"-1;w=NaN"}}, 0},
		{"what is left until the reset is not known", http.Header{"Ratelimit-Limit": {"100"}, "Ratelimit-Reset": {"5"}}, 0.2},
		{"a reset may be a time", http.Header{"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Reset": {"1800000010"}}, 0.1},
		{"a reset that is over says nothing", http.Header{"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Reset": {"1799999990"}}, 0},
	} {
		got, ok := RateAskedFor(tc.header, now)
		assert.Equal(t, got, tc.want, tc.reason)
		assert.Equal(t, ok, tc.want > 0, tc.reason)
	}
}
