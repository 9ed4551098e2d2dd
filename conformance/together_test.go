package conformance

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestWhatStoppedAllPartsIsToldOnce(t *testing.T) {
	for _, tc := range []struct {
		want string
		why  []string
	}{
		{"", []string{"", ""}},
		{"interrupted", []string{"interrupted", "interrupted"}},
		{"interrupted", []string{"", "interrupted"}},
		{"", []string{"interrupted", "the control was not accepted"}},
	} {
		var parts []*Report
		for _, why := range tc.why {
			parts = append(parts, &Report{Stopped: why})
		}
		assert.Equal(t, stoppedAll(parts), tc.want, "%q", tc.why)
	}
}
