package receivers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// object is a decoded JSON object. Nothing is expected of it: a member that is
// null, missing or of another type reads as the zero value.
type object map[string]any

// errNoEvent means that a body is no JSON object.
var errNoEvent = errors.New("receivers: the body is no JSON object")

// parseObject decodes a body that is one JSON object.
func parseObject(body []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // a double holds not every file size
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoEvent, err)
	}
	o, ok := value.(map[string]any)
	if !ok {
		return nil, errNoEvent
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more follows after it", errNoEvent)
	}
	return o, nil
}

// at returns the value at a dotted path, and whether it is there. A null is.
func (o object) at(path string) (any, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	value, there := o[name]
	if !deeper {
		return value, there
	}
	inner, _ := value.(map[string]any)
	return object(inner).at(rest)
}

func (o object) text(path string) string {
	value, _ := o.at(path)
	s, _ := value.(string)
	return s
}

// kind is the guide's "event": "All webhook payloads include an event field."
func (o object) kind() rtk.EventType { return rtk.EventType(o.text("event")) }

// session names the session that the event belongs to. meeting.chatSynced has
// no meeting object, and livestreams have no session.
func (o object) session() string {
	for _, path := range []string{"meeting.sessionId", "sessionId"} {
		if id := o.text(path); id != "" {
			return id
		}
	}
	return ""
}

// meeting names the event's meeting.
func (o object) meeting() string {
	if id := o.text("meeting.id"); id != "" {
		return id
	}
	return o.text("meetingId")
}

// links returns the download links that the guide's samples have.
func (o object) links() []string {
	var links []string
	for _, path := range []string{
		"recording.downloadUrl", "recording.audioDownloadUrl",
		"chatDownloadUrl", "transcriptDownloadUrl", "summaryDownloadUrl",
	} {
		if link := o.text(path); link != "" {
			links = append(links, link)
		}
	}
	return links
}

// fileSize reads recording.fileSize: a string of digits in the guide's sample,
// a number elsewhere.
func (o object) fileSize() (bytes int64, ok bool) {
	value, _ := o.at("recording.fileSize")
	var digits string
	switch value := value.(type) {
	case string:
		digits = value
	case json.Number:
		digits = value.String()
	}
	bytes, err := strconv.ParseInt(digits, 10, 64)
	return bytes, err == nil
}

// describe says in a few words what happened.
func (o object) describe() string {
	text := string(o.kind())
	for _, path := range []string{"reason", "status", "recording.status"} {
		if value := o.text(path); value != "" {
			text += " " + value
		}
	}
	if size, ok := o.fileSize(); ok {
		text += fmt.Sprintf(" (%d bytes)", size)
	}
	return text
}

// strings calls f for every string value of o, with the name of the member
// that it belongs to, until f returns false.
func (o object) strings(f func(name, value string) bool) {
	var walk func(name string, value any) bool
	walk = func(name string, value any) bool {
		switch value := value.(type) {
		case string:
			return f(name, value)
		case []any:
			for _, item := range value {
				if !walk(name, item) {
					return false
				}
			}
		case map[string]any:
			for name, item := range value {
				if !walk(name, item) {
					return false
				}
			}
		}
		return true
	}
	walk("", map[string]any(o))
}

// anyString reports whether a string value of o, with its name, satisfies f.
func (o object) anyString(f func(name, value string) bool) bool {
	found := false
	o.strings(func(name, value string) bool {
		found = f(name, value)
		return !found
	})
	return found
}
