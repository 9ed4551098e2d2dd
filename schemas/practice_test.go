package schemas_test

import (
	"errors"
	"slices"
	"testing"

	"gotest.tools/v3/assert"
	"gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/schemas"
)

func TestPracticeIsAdmittedByTheOpenReadingOnly(t *testing.T) {
	type tree = map[string]any
	in := func(t tree, name string) tree { return t[name].(tree) }
	tests := []struct {
		name   string
		events []string // nil: all nine
		change func(event string, t tree)
		path   string // of the strict reading's first problem
		reason string
	}{
		{"a member beside event", nil, func(_ string, t tree) { t["aaa"] = tree{"x": []any{1}} },
			"$.aaa", "the fields depend on the event type (S18), and more may come"},
		{"a member of organizedBy", nil, func(event string, t tree) {
			if event != "meeting.chatSynced" {
				t = in(t, "meeting")
			}
			in(t, "organizedBy")["extra"] = true
		}, "", "unknown members at every level"},
		{"meeting.roomName", withMeeting(), func(_ string, t tree) { in(t, "meeting")["roomName"] = in(t, "meeting")["id"] },
			"$.meeting.roomName", "practice: equals meeting.id"},
		{"meeting.endedAt null before the end", []string{"meeting.started", "meeting.participantJoined"}, func(_ string, t tree) { in(t, "meeting")["endedAt"] = nil },
			"$.meeting.endedAt", "practice: null instead of absent"},
		{"meeting.endedAt null", []string{"meeting.ended", "meeting.participantLeft", "meeting.transcript", "recording.statusUpdate"}, func(_ string, t tree) { in(t, "meeting")["endedAt"] = nil },
			"$.meeting.endedAt", "practice: null where the samples have a time"},
		{"another meeting.status", []string{"meeting.ended"}, func(_ string, t tree) { in(t, "meeting")["status"] = "OFFLINE" },
			"$.meeting.status", "the guide lists no values"},
		{"stopReason", []string{"recording.statusUpdate"}, func(_ string, t tree) { in(t, "recording")["stopReason"] = "{'reason': 'ALL_PEERS_LEFT'}" },
			"$.recording.stopReason", "practice: something like an object in a string"},
		{"numeric fileSize", []string{"recording.statusUpdate"}, func(_ string, t tree) { in(t, "recording")["fileSize"] = 2044680 },
			"$.recording.fileSize", "practice: a number"},
		{"INVOKED", []string{"recording.statusUpdate"}, func(_ string, t tree) {
			in(t, "recording")["status"] = "INVOKED"
		}, "$.recording.status", "practice: before RECORDING"},
		{"INVOKED without what comes later", []string{"recording.statusUpdate"}, func(_ string, t tree) {
			r := in(t, "recording")
			r["status"] = "INVOKED"
			for _, name := range []string{"downloadUrl", "audioDownloadUrl", "downloadUrlExpiry", "startedTime", "stoppedTime", "fileSize", "recordingDuration"} {
				delete(r, name)
			}
		}, "$.recording.startedTime", "practice: nothing runs yet"},
		{"download members at ERRORED", []string{"recording.statusUpdate"}, func(_ string, t tree) { in(t, "recording")["status"] = "ERRORED" },
			"$.recording.audioDownloadUrl", "the strict reading has them at UPLOADED only"},
		{"spaced timestamps", nil, func(event string, t tree) {
			if event == "meeting.summary" {
				t["summaryDownloadUrlExpiry"] = "2023-04-14 04:46:08.306221Z"
				return
			}
			if event != "meeting.chatSynced" {
				t = in(t, "meeting")
			}
			t["createdAt"] = "2023-04-14 04:46:08.306221Z"
		}, "", "practice: a space and microseconds"},
		{"no meeting", []string{"livestreaming.statusUpdate"}, func(_ string, t tree) { delete(t, "meeting") },
			"$.meeting", "practice: a livestream event without meeting"},
		{"an id that is no UUID", withMeeting(), func(_ string, t tree) { in(t, "meeting")["id"] = "my-meeting" },
			"$.meeting.id", "no sentence says that ids are UUIDs"},
		{"an empty playback URL", []string{"livestreaming.statusUpdate"}, func(_ string, t tree) { t["playbackUrl"] = "" },
			"$.playbackUrl", "no sentence says that there always is one"},
		{"a time without decimals", []string{"meeting.started"}, func(_ string, t tree) { in(t, "meeting")["startedAt"] = "2026-06-03T12:00:00+02:00" },
			"$.meeting.startedAt", "RFC 3339, but not as the samples write it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := tt.events
			if events == nil {
				events = schemas.Events()
			}
			for _, event := range events {
				tree := object(t, sample(t, event))
				tt.change(event, tree)
				body := encode(t, tree)
				_, err := schemas.ValidateEvent(body, schemas.Open)
				assert.Check(t, err, "%s: %s", event, tt.reason)
				_, err = schemas.ValidateEvent(body, schemas.Strict)
				var e *schemas.Error
				if !errors.As(err, &e) {
					t.Errorf("%s: the strict reading says %v (%s)", event, err, tt.reason)
					continue
				}
				if tt.path != "" {
					assert.Check(t, cmp.Equal(e.Problems[0].Path, tt.path), event)
				}
			}
		})
	}
}

// withMeeting lists the events whose samples have a meeting object.
func withMeeting() []string {
	return slices.DeleteFunc(schemas.Events(), func(e string) bool { return e == "meeting.chatSynced" })
}

func TestOpenReadingRefusesWhatIsNoTime(t *testing.T) {
	for _, text := range []string{"", "yesterday", "2026-06-03", "1780480800000", "2026-06-03T10:00:00", "2026-06-03T10:00:00.000Z or so"} {
		tree := object(t, sample(t, "meeting.started"))
		tree["meeting"].(map[string]any)["startedAt"] = text
		_, err := schemas.ValidateEvent(encode(t, tree), schemas.Open)
		assert.ErrorContains(t, err, "$.meeting.startedAt")
		assert.ErrorContains(t, err, "a date-time such as 2026-06-03T10:00:00.000Z")
	}
}

func TestOpenReadingStillRefuses(t *testing.T) {
	tests := []struct {
		event, path, found, want string
		change                   func(tree map[string]any)
		reason                   string
	}{
		{"meeting.started", "$.meeting.id", `""`, "an id such as", func(tree map[string]any) {
			tree["meeting"].(map[string]any)["id"] = ""
		}, "an empty id names nothing"},
		{"recording.statusUpdate", "$.recording.startedTime", "nothing", "a date-time", func(tree map[string]any) {
			recording := tree["recording"].(map[string]any)
			recording["status"] = "RECORDING"
			delete(recording, "startedTime")
		}, "what records has started; only INVOKED has not"},
		{"recording.statusUpdate", "$.recording.fileSize", `"2 MB"`, "a string of digits", func(tree map[string]any) {
			tree["recording"].(map[string]any)["fileSize"] = "2 MB"
		}, "digits only"},
		{"recording.statusUpdate", "$.recording.fileSize", "-1", "a string of digits", func(tree map[string]any) {
			tree["recording"].(map[string]any)["fileSize"] = -1
		}, "no file has such a size"},
		{"recording.statusUpdate", "$.recording.recordingDuration", "-1", "a whole number of seconds", func(tree map[string]any) {
			tree["recording"].(map[string]any)["recordingDuration"] = -1
		}, "no recording has such a length"},
		{"meeting.participantJoined", "$.participant.clientSpecificId", "7", "a string", func(tree map[string]any) {
			tree["participant"].(map[string]any)["clientSpecificId"] = 7
		}, "optional (S22), and still a string"},
		{"meeting.started", "$.meeting.roomName", "7", "a string", func(tree map[string]any) {
			tree["meeting"].(map[string]any)["roomName"] = 7
		}, "practice has a string"},
		{"meeting.started", "$.meeting.endedAt", "7", "a string or null", func(tree map[string]any) {
			tree["meeting"].(map[string]any)["endedAt"] = 7
		}, "practice has null"},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.found, func(t *testing.T) {
			tree := object(t, sample(t, tt.event))
			tt.change(tree)
			_, err := schemas.ValidateEvent(encode(t, tree), schemas.Open)
			onlyProblem(t, err, tt.event, tt.path, tt.found, tt.want)
		})
	}
}

// Asserting formats is a setting of the compiler, so it has a test of its own:
// the pattern of a strict time admits a 31st of June, its format does not.
func TestStrictReadingAssertsFormats(t *testing.T) {
	tests := []struct{ path, value string }{
		{"startedAt", "2026-06-31T10:00:00.000Z"},
		{"id", "not-a-uuid"},
	}
	for _, tt := range tests {
		tree := object(t, sample(t, "meeting.started"))
		tree["meeting"].(map[string]any)[tt.path] = tt.value
		_, err := schemas.ValidateEvent(encode(t, tree), schemas.Strict)
		assert.ErrorContains(t, err, "$.meeting."+tt.path)
		_, err = schemas.ValidateEvent(encode(t, tree), schemas.Open)
		assert.NilError(t, err)
	}
}

// A failing schema beside unevaluatedProperties makes jsonschema forget which
// members it knew.
func TestOneBadMemberDoesNotMakeItsNeighboursUnknown(t *testing.T) {
	tree := object(t, sample(t, "meeting.started"))
	tree["meeting"].(map[string]any)["title"] = 5
	_, err := schemas.ValidateEvent(encode(t, tree), schemas.Strict)
	onlyProblem(t, err, "meeting.started", "$.meeting.title", "5", "a string")
}
