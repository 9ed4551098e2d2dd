package artifacts

import (
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

// No conversation is long enough to show these.
func TestCueTimesCarryIntoMinutesAndHours(t *testing.T) {
	tests := []struct {
		at   time.Duration
		want string
	}{
		{0, "00:00:00,000"},
		{999*time.Millisecond + 999*time.Microsecond, "00:00:00,999"},
		{59*time.Second + 999*time.Millisecond, "00:00:59,999"},
		{time.Minute, "00:01:00,000"},
		{time.Hour - time.Millisecond, "00:59:59,999"},
		{time.Hour + 2*time.Minute + 3*time.Second + 4*time.Millisecond, "01:02:03,004"},
		{100 * time.Hour, "100:00:00,000"},
	}
	for _, tt := range tests {
		assert.Equal(t, cueTime(tt.at, ","), tt.want)
	}
}
