package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

func TestClockShowsMinutesAndHours(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 12400 * time.Millisecond: "0:12", 75 * time.Second: "1:15", time.Hour + 2*time.Minute + 3*time.Second: "1:02:03",
	} {
		assert.Equal(t, clock(d), want)
	}
}

// What somebody at a narrow terminal needs most stays, and nothing is wider than it.
func TestALineOfProgressFitsTheTerminal(t *testing.T) {
	recovers := Step{Done: 42, Total: 185, ID: "key/recovers", Text: "deliveries are accepted again after an outage of the key endpoint"}
	long := Step{Done: 42, Total: 185, ID: "evt/accept-meeting.participantJoined", Text: "it is accepted"}
	const s = time.Second
	for _, c := range []struct {
		step       Step
		width      int
		left, wait time.Duration
		want, why  string
	}{
		{recovers, 120, 30 * s, 18 * s, "42/185 ████░░░░░░░░░░░░░░░░ 0:12, 0:30 left  key/recovers 0:18 at most: deliveries are accepted again after an outage o…", "all"},
		{recovers, 80, 30 * s, 18 * s, "42/185 ██░░░░░░░░░░░ 0:12, 0:30 left  key/recovers 0:18 at most: deliveries are…", "the text is cut first"},
		{recovers, 80, 0, 0, "42/185 ██░░░░░░░░░░░ 0:12  key/recovers: deliveries are accepted again after an…", "nobody knows how long"},
		{recovers, 60, 30 * s, 18 * s, "42/185 0:12, 0:30 left  key/recovers 0:18 at most: deliveri…", "then the bar"},
		{recovers, 40, 30 * s, 18 * s, "42/185 0:12  key/recovers 0:18 at most", "then what is left"},
		{recovers, 33, 30 * s, 18 * s, "0:12  key/recovers 0:18 at most", "then the count"},
		{recovers, 26, 30 * s, 18 * s, "key/recovers 0:18 at most", "then the time that has passed"},
		{recovers, 10, 30 * s, 18 * s, "key/recov…", "no terminal is that narrow"},
		{recovers, 0, 0, 0, "", "or has no width"},
		{long, 39, 0, 0, "evt/accept-meeting.participantJoined", "a long id stays whole"},
		{long, 60, 0, 300 * time.Millisecond, "0:12  evt/accept-meeting.participantJoined 0:01 at most", "a wait that is nearly over"},
		{Part(1, 3, "12 requests"), 40, 0, 0, "33% 0:12  12 requests", "no id"},
		{Step{Total: 3, ID: "step 2", Text: "日本語日本語日本語"}, 30, 0, 0, "0/3 0:12  step 2: 日本語日本…", "wide letters"},
		{Step{Total: 3, ID: "step 2"}, 30, 0, 0, "0/3 0:12  step 2", "no text"},
	} {
		got := c.step.line(c.width, 12*s, c.left, c.wait)
		assert.Check(t, got == c.want, "%s:\n%q, want\n%q", c.why, got, c.want)
		assert.Check(t, plaintext.Columns(got) <= c.width, c.why)
	}
}

func TestABarIsDrawnOverAndLeavesNothing(t *testing.T) {
	var out bytes.Buffer
	term := New(Streams{Err: &out, ErrIsTTY: true, Columns: func() int { return 60 }}, nil)
	p := term.NewProgress(ProgressAuto)
	p.Step(Step{Done: 1, Total: 9, ID: "a/check"})
	term.Notef("a line")
	p.Finish()
	p.Step(Step{Done: 2, Total: 9, ID: "too/late"})
	assert.Equal(t, screen(out.String()), "rtkmock: a line\n")
	assert.Assert(t, strings.Contains(out.String(), "1/9 0:00  a/check"), "%q", out.String())
	for _, r := range out.String() {
		assert.Assert(t, r >= ' ' || r == '\r' || r == '\n', "no codes: a terminal may know none: %q", out.String())
	}
}

// screen is what a terminal shows after text, without blanks at the ends of lines.
func screen(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		var shown []rune
		for part := range strings.SplitSeq(line, "\r") {
			for i, r := range []rune(part) {
				if i == len(shown) {
					shown = append(shown, r)
				}
				shown[i] = r
			}
		}
		lines = append(lines, strings.TrimRight(string(shown), " "))
	}
	return strings.Join(lines, "\n")
}

func TestProgressInLinesDrawsNothing(t *testing.T) {
	for mode, want := range map[string]string{ProgressAuto: "rtkmock: one\n", ProgressPlain: "rtkmock: one\n", ProgressNone: ""} {
		var out bytes.Buffer
		p := New(Streams{Err: &out}, nil).NewProgress(mode)
		p.Step(Step{Done: 1, Total: 9, ID: "a/check"})
		p.Linef("one")
		p.Finish()
		assert.Equal(t, out.String(), want, mode)
	}
}
