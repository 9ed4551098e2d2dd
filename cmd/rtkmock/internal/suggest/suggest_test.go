package suggest

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestNearestMeansWhatWasMeant(t *testing.T) {
	words := []string{"test", "send", "serve", "receive", "checks", "meeting.started", "sig/raw-bytes"}
	for _, c := range []struct{ typed, want, reason string }{
		{"tset", "test", "two letters swapped"},
		{"TEST", "test", "another case"},
		{"sned", "send", "two letters swapped"},
		{"recieve", "receive", "as many write it"},
		{"meeting.strated", "meeting.started", "a long word bears more"},
		{"raw-bytes", "sig/raw-bytes", "the end is what one remembers"},
		{"started", "meeting.started", "the end is what one remembers"},
		{"meeting", "meeting.started", "the start is there"},
		{"xyzzy", "", "nothing is near"},
		{"", "", "nothing was typed"},
	} {
		assert.Equal(t, Nearest(c.typed, words), c.want, c.reason)
	}
}
