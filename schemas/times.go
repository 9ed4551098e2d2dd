package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// CheckTimes reports whether the times in an event's body are in order:
// createdAt, startedAt, endedAt; startedAt, joinedAt, leftAt, endedAt;
// startedTime, stoppedTime; a link expires after endedAt or stoppedTime. And
// recordingDuration has to be stoppedTime less startedTime in seconds, a fraction
// aside. Members that are absent, null or of another type are left to the
// schemas, and times may be written as the open reading admits them.
//
// Like the strict reading, it follows the samples. Practice also has a
// recordingDuration of 0 for a recording that has a length: that is refused.
//
// The error is an *Error. It matches ErrNotJSON as the error of Validate does.
func CheckTimes(body []byte) error {
	doc, err := decode("", body)
	if err != nil {
		return err
	}
	c := &timeChecker{doc: doc, unreadable: map[string]bool{}}
	for _, o := range timeOrders() {
		c.check(o)
	}
	c.checkDuration()
	if len(c.problems) == 0 {
		return nil
	}
	invalid := &Error{Problems: c.problems}
	if event, ok := c.member("event").(string); ok && rtk.EventType(event).Known() {
		invalid.Schema = event
	}
	return invalid
}

// timeOrder says that one time of a body is not later than another. The members
// are those of the guide's samples (S18). The order follows from their names and
// from the triggers of the events (S17).
type timeOrder struct {
	earlier, later string // paths below the root
	strictly       bool   // a link expires after, not at
}

func timeOrders() []timeOrder {
	return []timeOrder{
		{earlier: "createdAt", later: "startedAt"},
		{earlier: "startedAt", later: "endedAt"},
		{earlier: "endedAt", later: "chatDownloadUrlExpiry", strictly: true},
		{earlier: "meeting.createdAt", later: "meeting.startedAt"},
		{earlier: "meeting.startedAt", later: "meeting.endedAt"},
		{earlier: "meeting.startedAt", later: "participant.joinedAt"},
		{earlier: "participant.joinedAt", later: "participant.leftAt"},
		{earlier: "participant.joinedAt", later: "meeting.endedAt"},
		{earlier: "participant.leftAt", later: "meeting.endedAt"},
		{earlier: "meeting.endedAt", later: "transcriptDownloadUrlExpiry", strictly: true},
		{earlier: "recording.startedTime", later: "recording.stoppedTime"},
		{earlier: "recording.stoppedTime", later: "recording.downloadUrlExpiry", strictly: true},
	}
}

// timeChecker checks the times of one body.
type timeChecker struct {
	doc        any
	unreadable map[string]bool // paths of strings that are no times
	problems   []Problem
}

func (c *timeChecker) check(o timeOrder) {
	earlier, known := c.time(o.earlier)
	later, both := c.time(o.later)
	if !known || !both {
		return
	}
	bound := fmt.Sprintf("$.%s, %s", o.earlier, show(c.member(o.earlier)))
	switch {
	case later.Before(earlier):
		c.add(o.later, "a time not before "+bound)
	case o.strictly && later.Equal(earlier):
		c.add(o.later, "a time after "+bound)
	}
}

func (c *timeChecker) checkDuration() {
	const path = "recording.recordingDuration"
	started, known := c.time("recording.startedTime")
	stopped, both := c.time("recording.stoppedTime")
	number, ok := c.member(path).(json.Number)
	if !known || !both || !ok || stopped.Before(started) {
		return
	}
	seconds, err := number.Float64()
	if err != nil {
		return
	}
	// Not Sub: it saturates at 292 years.
	length := float64(stopped.Unix()-started.Unix()) + float64(stopped.Nanosecond()-started.Nanosecond())/1e9
	if off := seconds - length; off <= -1 || off >= 1 {
		c.add(path, fmt.Sprintf("%.0f, the seconds from startedTime to stoppedTime", length))
	}
}

// time returns the time at path: RFC 3339, also with a space or in lower case. A
// string that is no time is a problem, once.
func (c *timeChecker) time(path string) (time.Time, bool) {
	text, ok := c.member(path).(string)
	if !ok {
		return time.Time{}, false
	}
	text = strings.ToUpper(text)
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil && !c.unreadable[path] {
		c.unreadable[path] = true
		c.add(path, "a date-time such as 2026-06-03T10:00:00.000Z")
	}
	return t, err == nil
}

func (c *timeChecker) add(path, want string) {
	c.problems = append(c.problems, Problem{Path: "$." + path, Found: show(c.member(path)), Want: want})
}

// member returns the value at a dotted path below the root, nil if there is
// none.
func (c *timeChecker) member(path string) any {
	value := c.doc
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}
