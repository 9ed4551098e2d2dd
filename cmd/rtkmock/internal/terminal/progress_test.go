package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

func TestBarLeavesRoomForItsClock(t *testing.T) {
	for columns, want := range map[int]string{
		80: "1:15, 2:00 left  a/check",
		40: "1:15, 2:00 left …",
		30: "1:15",
	} {
		var out bytes.Buffer
		term := New(Streams{Err: &out, ErrIsTTY: true, Columns: func() int { return columns }}, nil)
		p := term.NewProgress(ProgressAuto)
		p.Clock(time.Now().Add(-75*time.Second), 2*time.Minute)
		p.Step(1, 9, "a/check")
		p.Finish()
		assert.Check(t, strings.Contains(out.String(), want), "%d columns: %q", columns, out.String())
		for _, line := range strings.Split(strings.NewReplacer("\x1b[0K", "", "\x1b[2K", "").Replace(out.String()), "\r") {
			assert.Check(t, utf8.RuneCountInString(strings.TrimRight(line, " \n")) <= columns, "%d columns: %q", columns, line)
		}
	}
}
