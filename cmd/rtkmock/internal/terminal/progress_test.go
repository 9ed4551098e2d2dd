package terminal

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestClockShowsWhatIsLeftIfThatIsKnown(t *testing.T) {
	for _, tc := range []struct {
		passed, left time.Duration
		want, reason string
	}{
		{12400 * time.Millisecond, 30 * time.Second, "0:12, 0:30 left", "both are known"},
		{75 * time.Second, 2 * time.Minute, "1:15, 2:00 left", "minutes"},
		{time.Second, -time.Hour, "0:01", "nobody knows, or it takes longer than that"},
	} {
		assert.Equal(t, clock(tc.passed, tc.left), tc.want, tc.reason)
	}
}
