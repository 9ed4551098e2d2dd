package schemas_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/schemas"
)

// wants is what a message says about a member of each name, given here by hand
// so that the test does not learn it from the schemas. A status needs its
// parent too.
func wants(event, path string) string {
	steps := strings.Split(path, ".")
	name := steps[len(steps)-1]
	switch {
	case path == "$.status":
		return `"LIVE", "OFFLINE" or "IDLE"`
	case name == "event":
		return `"` + event + `"`
	case name == "reason":
		return `"HOST_ENDED_MEETING" or "ALL_PARTICIPANTS_LEFT"`
	case name == "manualIngest":
		return "true or false"
	case name == "recordingDuration":
		return "a whole number of seconds"
	case slices.Contains([]string{"meeting", "participant", "recording", "organizedBy"}, name):
		return "an object"
	case slices.Contains([]string{"id", "sessionId", "peerId", "meetingId", "recordingId", "organizationId", "roomUUID", "streamId"}, name):
		return "an id such as bbb8940e-1b97-402a-97d6-2708b7feca41"
	case strings.HasSuffix(name, "Url") || name == "ingestServer":
		return "a URL such as https://example.com/"
	case strings.HasSuffix(name, "At") || strings.HasSuffix(name, "Time") || strings.HasSuffix(name, "Expiry"):
		return "a date-time such as 2026-06-03T10:"
	case name == "fileSize":
		return `a string of digits such as "2044680"`
	default:
		return "a string"
	}
}

// walk visits every member below tree, parents first.
func walk(path string, tree map[string]any, visit func(path string, in map[string]any, name string)) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		visit(path+"."+name, tree, name)
		if inner, ok := tree[name].(map[string]any); ok {
			walk(path+"."+name, inner, visit)
		}
	}
}

// eachMember hands each member of each sample to mutate, in both readings, and
// restores it. mutate returns the value that then is there, or absent.
func eachMember(t *testing.T, test func(t *testing.T, event string, r schemas.Reading, path string, try func(value any) error)) {
	for _, event := range schemas.Events() {
		for _, r := range readings() {
			t.Run(event+"/"+r.String(), func(t *testing.T) {
				tree := object(t, sample(t, event))
				walk("$", tree, func(path string, in map[string]any, name string) {
					original := in[name]
					try := func(value any) error {
						in[name] = value
						if value == absent {
							delete(in, name)
						}
						err := schemas.Validate(event, r, encode(t, tree))
						in[name] = original
						return err
					}
					test(t, event, r, path, try)
				})
			})
		}
	}
}

// absent stands for a member that is not there.
var absent = new(int)

// onlyProblem asserts that err has exactly one problem, and which.
func onlyProblem(t *testing.T, err error, event, path, found, want string) {
	t.Helper()
	var e *schemas.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: got %v, want a problem", path, err)
		return
	}
	if e.Schema != event || len(e.Problems) != 1 {
		t.Errorf("%s: got %d problems of %q: %v", path, len(e.Problems), e.Schema, e.Problems)
		return
	}
	p := e.Problems[0]
	if p.Path != path || p.Found != found || !strings.HasPrefix(p.Want, want) {
		t.Errorf("got %s\nwant %s: found %s, want %s…", p, path, found, want)
	}
	if line := err.Error(); line != "schemas: "+event+": "+p.String() || strings.ContainsAny(line, "\n\r") {
		t.Errorf("%s: the line is %q", path, line)
	}
}

func TestEachMemberOfTheSamplesIsRequired(t *testing.T) {
	optional := map[string]string{ // event path reading → reason
		"recording.statusUpdate $.meeting.endedAt open":   "a recording changes its status before the end, too",
		"recording.statusUpdate $.meeting.endedAt strict": "a recording changes its status before the end, too",
		"livestreaming.statusUpdate $.meeting open":       "practice leaves it out",
	}
	seen := map[string]bool{}
	eachMember(t, func(t *testing.T, event string, r schemas.Reading, path string, try func(any) error) {
		key := fmt.Sprint(event, " ", path, " ", r)
		err := try(absent)
		if reason, ok := optional[key]; ok {
			seen[key] = true
			assert.Check(t, err, "%s: %s", key, reason)
			return
		}
		if path == "$.meeting.status" && r == schemas.Strict {
			onlyProblem(t, err, event, path, "nothing", `"LIVE"`)
			return
		}
		if path == "$.recording.status" {
			onlyProblem(t, err, event, path, "nothing", recordingStatuses(r))
			return
		}
		onlyProblem(t, err, event, path, "nothing", wants(event, path))
	})
	assert.Equal(t, len(seen), len(optional), "an exception names nothing")
}

func recordingStatuses(r schemas.Reading) string {
	if r == schemas.Open {
		return `"INVOKED", "RECORDING", "UPLOADING", "UPLOADED" or "ERRORED"`
	}
	return `"RECORDING", "UPLOADING", "UPLOADED" or "ERRORED"`
}

func TestEachWrongTypeIsRefused(t *testing.T) {
	values := []struct {
		kind  string
		value any
		found string
	}{
		{"null", nil, "null"},
		{"boolean", true, "true"},
		{"number", 12, "12"},
		{"fraction", 12.5, "12.5"},
		{"string", "no such value", `"no such value"`},
		{"array", []any{"x"}, "an array of 1 item"},
		{"empty array", []any{}, "an empty array"},
		{"object", map[string]any{"x": 1, "y": 2}, "an object of 2 members"},
	}
	eachMember(t, func(t *testing.T, event string, r schemas.Reading, path string, try func(any) error) {
		want := wants(event, path)
		switch {
		case path == "$.recording.status":
			want = recordingStatuses(r)
		case path == "$.meeting.status" && r == schemas.Strict:
			want = `"LIVE"`
		}
		for _, v := range values {
			err := try(v.value)
			if reason := admits(r, path, want, v.kind); reason != "" {
				assert.Check(t, err, "%s as %s: %s", path, v.kind, reason)
				continue
			}
			if want == "an object" && v.kind == "object" {
				continue // its members are missing, which is another test's business
			}
			onlyProblem(t, err, event, path, v.found, want)
		}
	})
}

// admits returns why a member may be of the kind; empty if it may not.
func admits(r schemas.Reading, path, want, kind string) string {
	switch {
	case kind == "string" && want == "a string":
		return "free text"
	case kind == "string" && r == schemas.Open && strings.HasPrefix(want, "an id"):
		return "no sentence says that ids are UUIDs"
	case kind == "string" && r == schemas.Open && strings.HasPrefix(want, "a URL"):
		return "formats are asserted by the strict reading"
	case kind == "boolean" && want == "true or false", kind == "number" && want == "a whole number of seconds":
		return "the type that it has"
	case kind == "number" && r == schemas.Open && strings.HasSuffix(path, ".fileSize"):
		return "practice has a number"
	case kind == "null" && r == schemas.Open && strings.HasSuffix(path, ".endedAt"):
		return "practice has null"
	}
	return ""
}

func TestEachBadValueIsRefused(t *testing.T) {
	tests := []struct {
		event, path string
		values      []string
		reason      string
	}{
		{"meeting.ended", "$.reason", []string{"", "host_ended_meeting", "HOST_LEFT", "ALL_PARTICIPANTS_LEFT "}, "S19"},
		{"recording.statusUpdate", "$.recording.status", []string{"", "uploaded", "DONE", "LIVE"}, "S20"},
		{"livestreaming.statusUpdate", "$.status", []string{"", "live", "RECORDING", "STOPPED"}, "S21"},
		{"meeting.started", "$.event", []string{"", "meeting.Started", "meeting.ended"}, "S18"},
	}
	for _, tt := range tests {
		eachMember(t, func(t *testing.T, event string, r schemas.Reading, path string, try func(any) error) {
			if event != tt.event || path != tt.path {
				return
			}
			want := wants(event, path)
			if path == "$.recording.status" {
				want = recordingStatuses(r)
			}
			for _, value := range tt.values {
				onlyProblem(t, try(value), event, path, fmt.Sprintf("%q", value), want)
			}
		})
	}
}

func TestEachDocumentedValueIsAccepted(t *testing.T) {
	set := func(event string, change func(tree map[string]any)) {
		tree := object(t, sample(t, event))
		change(tree)
		for _, r := range readings() {
			_, err := schemas.ValidateEvent(encode(t, tree), r)
			assert.Check(t, err, r.String())
		}
	}
	for _, reason := range []string{"HOST_ENDED_MEETING", "ALL_PARTICIPANTS_LEFT"} { // S19
		set("meeting.ended", func(tree map[string]any) { tree["reason"] = reason })
	}
	for _, status := range []string{"LIVE", "OFFLINE", "IDLE"} { // S21
		set("livestreaming.statusUpdate", func(tree map[string]any) { tree["status"] = status })
	}
	for _, status := range []string{"RECORDING", "UPLOADING", "ERRORED"} { // S20; UPLOADED is the sample
		set("recording.statusUpdate", func(tree map[string]any) {
			recording := tree["recording"].(map[string]any)
			recording["status"] = status
			for _, name := range []string{"downloadUrl", "audioDownloadUrl", "downloadUrlExpiry", "stoppedTime", "fileSize", "recordingDuration"} {
				delete(recording, name)
			}
			delete(tree["meeting"].(map[string]any), "endedAt")
		})
	}
	for _, event := range []string{"meeting.participantJoined", "meeting.participantLeft"} { // S22
		set(event, func(tree map[string]any) {
			tree["participant"].(map[string]any)["clientSpecificId"] = "user-123"
		})
	}
}
