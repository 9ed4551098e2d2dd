package schemas_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/schemas"
)

func FuzzValidate(f *testing.F) {
	for _, event := range schemas.Events() {
		f.Add(sample(f, event))
	}
	key, err := os.ReadFile("testdata/guide-key-document.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key)
	for _, body := range []string{
		"", "null", "[]", `{"event":"meeting.started","meeting":{}}`, `{"event":"meeting.started","event":1}`,
		`{"event":"recording.statusUpdate","recording":{"status":"INVOKED","recordingDuration":1e999999999,"fileSize":-1}}`,
		`{"event":"recording.statusUpdate","recording":{"startedTime":"0001-01-01T00:00:00Z","stoppedTime":"9999-12-31 23:59:59.9z","recordingDuration":1e400}}`,
		`{"event":"recording\nstatusUpdate","recording":{"startedTime":"soon","stoppedTime":"\u001b[31m"}}`,
		"{\"event\":\"\xff\"}", `{"":{}}`, `{"event":"meeting.started","meeting":{"":{"":1}}}`, `{"event":"meeting.ended","meeting":{"a/b~%":[[[]]]},"reason":"\ud800"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, r := range readings() {
			event, err := schemas.ValidateEvent(body, r)
			wellFormed(t, err)
			if err == nil && schemas.Validate(event, r, body) != nil {
				t.Errorf("valid as an event, but not as %s", event)
			}
			wellFormed(t, schemas.Validate("key-document", r, body))
		}
		if _, err := schemas.ValidateEvent(body, schemas.Strict); err == nil {
			if event, err := schemas.ValidateEvent(body, schemas.Open); err != nil {
				t.Errorf("%s is valid strictly, but not openly: %v", event, err)
			}
		}
		wellFormed(t, schemas.CheckTimes(body))
	})
}

// wellFormed checks that err is nil or a bounded line with full problems.
func wellFormed(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var e *schemas.Error
	if !errors.As(err, &e) || len(e.Problems) == 0 {
		t.Fatalf("got %v, want an *Error with problems", err)
	}
	for _, p := range e.Problems {
		if !strings.HasPrefix(p.Path, "$") || p.Found == "" || p.Want == "" {
			t.Errorf("problem %+v is incomplete", p)
		}
	}
	if line := err.Error(); len(line) > 4000 || strings.ContainsAny(line, "\n\r\x1b") || !utf8.ValidString(line) {
		t.Errorf("unfit for a line of output: %q", line)
	}
}
