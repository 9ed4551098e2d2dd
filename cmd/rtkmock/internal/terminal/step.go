package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/muesli/reflow/truncate"

	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
)

// Step is what a bar shows.
type Step struct {
	Done, Total int
	Percent     bool      // Done and Total say nothing to people but their ratio
	ID          string    // what it is about
	Text        string    // more about it
	Until       time.Time // when what is waited for has come at the latest; zero: nobody knows
}

// Part is the step at which so much of the whole is done.
func Part(done, whole int64, text string) Step {
	const parts = 1000
	return Step{Done: int(done * parts / max(whole, 1)), Total: parts, Percent: true, Text: text}
}

// line is the step in width columns. passed and left are of the whole, wait is what is
// left until s.Until; those that are not above zero are not known.
//
// Where there is not enough room, the text goes first, then the bar, the time that is
// left, the count, and the time that has passed. What it is about, and how long that
// takes at most, stay.
func (s Step) line(width int, passed, left, wait time.Duration) string {
	subject := OneLine(s.ID)
	if wait > 0 {
		subject = strings.TrimSpace(subject + " " + clock(max(wait, time.Second)) + " at most")
	}
	subject = clip(subject, width)
	room := width - plaintext.Columns(subject)
	fits := func(part string) string {
		if n := plaintext.Columns(part); n <= room {
			room -= n
			return part
		}
		return ""
	}
	times := fits(clock(passed) + "  ")
	count := fits(s.count() + " ")
	if times != "" && left >= time.Second {
		times = strings.TrimSpace(times) + fits(", "+clock(left)+" left") + "  "
	}
	bar := ""
	if width >= barFrom {
		bar = fits(s.bar(width/6) + " ")
	}
	text := OneLine(s.Text)
	if text != "" && subject != "" {
		subject += ": "
		room -= 2
	}
	if room < leastText {
		text = ""
	}
	return strings.TrimSuffix(count+bar+times+subject+clip(text, room), ": ")
}

const (
	barFrom   = 70 // columns of a line that has room for a bar
	leastText = 8  // columns of text that say anything
)

func (s Step) count() string {
	if s.Percent {
		return fmt.Sprintf("%d%%", s.Done*100/max(s.Total, 1))
	}
	return fmt.Sprintf("%d/%d", s.Done, s.Total)
}

func (s Step) bar(width int) string {
	full := min(s.Done*width/max(s.Total, 1), width)
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

// clip cuts text to so many columns.
func clip(text string, columns int) string {
	if plaintext.Columns(text) <= columns {
		return text
	}
	if columns < 1 {
		return ""
	}
	return truncate.StringWithTail(text, uint(columns), "…")
}
