package receivers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// event is a decoded body. Nothing is expected of it: a member that is null,
// missing or of another type reads as the zero value.
type event map[string]any

// errNoEvent means that a body is not a JSON object.
var errNoEvent = errors.New("receivers: the body is not a JSON object")

// parseEvent decodes a body that is one JSON object.
func parseEvent(body []byte) (event, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // a float64 cannot hold every file size
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoEvent, err)
	}
	e, ok := value.(map[string]any)
	if !ok {
		return nil, errNoEvent
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more follows after it", errNoEvent)
	}
	return e, nil
}

// describe says in a few words what happened.
func (e event) describe() string {
	text := string(e.kind())
	for _, path := range []string{"reason", "status", "recording.status"} {
		if value := e.text(path); value != "" {
			text += " " + value
		}
	}
	if size, ok := e.fileSize(); ok {
		text += fmt.Sprintf(" (%d bytes)", size)
	}
	return text
}

// kind is the guide's "event": "All webhook payloads include an event field."
func (e event) kind() rtk.EventType { return rtk.EventType(e.text("event")) }

// session is the id of the event's session. meeting.chatSynced has no meeting
// object, and livestreams have no session.
func (e event) session() string { return cmp.Or(e.text("meeting.sessionId"), e.text("sessionId")) }

// meeting is the id of the event's meeting.
func (e event) meeting() string { return cmp.Or(e.text("meeting.id"), e.text("meetingId")) }

// fileSize reads recording.fileSize. It is a string of digits in the guide's
// sample, and a number elsewhere.
func (e event) fileSize() (bytes int64, ok bool) {
	value, _ := e.at("recording.fileSize")
	bytes, err := strconv.ParseInt(fmt.Sprint(value), 10, 64)
	return bytes, err == nil
}

// age is the time from the latest thing that happened in e until now. It is 0
// if e has no time.
func (e event) age(now time.Time) time.Duration {
	var newest time.Time
	e.anyText(func(name, value string) bool {
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"} {
			if at, err := time.Parse(layout, value); err == nil && isTime(name) && at.After(newest) {
				newest = at
			}
		}
		return false
	})
	if newest.IsZero() {
		return 0
	}
	return now.Sub(newest)
}

// isTime reports whether a member with this name holds the time of something
// that has happened: "startedAt", "stoppedTime".
func isTime(name string) bool {
	return strings.HasSuffix(name, "At") || strings.HasSuffix(name, "Time")
}

func (e event) text(path string) string {
	value, _ := e.at(path)
	text, _ := value.(string)
	return text
}

func (e event) has(path string) bool {
	_, there := e.at(path)
	return there
}

func (e event) hasNull(path string) bool {
	value, there := e.at(path)
	return there && value == nil
}

func (e event) hasObject(path string) bool {
	value, _ := e.at(path)
	_, ok := value.(map[string]any)
	return ok
}

// at returns the value at a dotted path, and whether it is there. A null is
// there.
func (e event) at(path string) (any, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	value, there := e[name]
	if !deeper {
		return value, there
	}
	inner, _ := value.(map[string]any)
	return event(inner).at(rest)
}

// anyText reports whether a text anywhere in e satisfies f, with the name of
// the member that it belongs to.
func (e event) anyText(f func(name, value string) bool) bool {
	return e.anyMember(func(name string, value any) bool {
		text, ok := value.(string)
		return ok && f(name, text)
	})
}

// anyMember reports whether a member anywhere in e satisfies f. The items of a
// list count as members under the name of the list.
func (e event) anyMember(f func(name string, value any) bool) bool {
	for name, value := range e {
		if anyValue(name, value, f) {
			return true
		}
	}
	return false
}

func anyValue(name string, value any, f func(name string, value any) bool) bool {
	if f(name, value) {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		return event(value).anyMember(f)
	case []any:
		for _, item := range value {
			if anyValue(name, item, f) {
				return true
			}
		}
	}
	return false
}
