package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// order says that one time of a body is not later than another. The members
// are those of the guide's samples (S18), the order follows from what their
// names and the triggers of the events (S17) say.
type order struct {
	earlier, later string // paths below the root
	strictly       bool   // a link expires after, not at
}

func orders() []order {
	return []order{
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

// CheckTimes reports whether the times in an event's body are in order:
// createdAt, startedAt, endedAt; startedAt, joinedAt, leftAt, endedAt;
// startedTime, stoppedTime; a link's expiry after endedAt or stoppedTime; and
// whether recordingDuration is stoppedTime less startedTime, in seconds, a
// fraction aside. All else is the schemas' business: members that are absent,
// null or of another type are passed over, and times may be written as the
// open reading admits them.
//
// Like the strict reading it goes by the samples: of the forms of practice,
// it refuses a recordingDuration of 0 for a recording that has a length.
//
// The error is an *Error; it matches ErrNotJSON as that of Validate does.
func CheckTimes(body []byte) error {
	doc, err := decode(body)
	if err != nil {
		return err
	}
	c := &clock{doc: doc, times: map[string]instant{}}
	for _, o := range orders() {
		c.check(o)
	}
	c.checkDuration()
	if len(c.problems) == 0 {
		return nil
	}
	invalid := &Error{Problems: c.problems}
	if event, ok := c.member("event").(string); ok && slices.Contains(Events(), event) {
		invalid.Schema = event
	}
	return invalid
}

// clock reads the times of one body.
type clock struct {
	doc      any
	times    map[string]instant
	problems []Problem
}

type instant struct {
	time.Time
	ok bool // whether it is a time
}

// member returns the value at a dotted path below the root, nil if there is
// none.
func (c *clock) member(path string) any {
	value := c.doc
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// time returns the time at path. A string that is no time is a problem, once.
func (c *clock) time(path string) instant {
	if t, ok := c.times[path]; ok {
		return t
	}
	text, ok := c.member(path).(string)
	if !ok {
		return instant{}
	}
	t := parseTime(text)
	if !t.ok {
		c.add(path, "a date-time such as 2026-06-03T10:00:00.000Z")
	}
	c.times[path] = t
	return t
}

// parseTime reads RFC 3339, also with a space or in lower case.
func parseTime(s string) instant {
	s = strings.ToUpper(s)
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	t, err := time.Parse(time.RFC3339, s)
	return instant{t, err == nil}
}

func (c *clock) check(o order) {
	earlier, later := c.time(o.earlier), c.time(o.later)
	if !earlier.ok || !later.ok {
		return
	}
	bound := fmt.Sprintf("$.%s, %s", o.earlier, show(c.member(o.earlier)))
	switch {
	case later.Before(earlier.Time):
		c.add(o.later, "a time not before "+bound)
	case o.strictly && later.Equal(earlier.Time):
		c.add(o.later, "a time after "+bound)
	}
}

func (c *clock) checkDuration() {
	const path = "recording.recordingDuration"
	started, stopped := c.time("recording.startedTime"), c.time("recording.stoppedTime")
	number, ok := c.member(path).(json.Number)
	if !started.ok || !stopped.ok || !ok || stopped.Before(started.Time) {
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

func (c *clock) add(path, want string) {
	c.problems = append(c.problems, Problem{Path: "$." + path, Found: show(c.member(path)), Want: want})
}
