package schemas_test

import (
	"errors"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/schemas"
)

func TestTimesInDisorderAreNamed(t *testing.T) {
	const at = "2026-06-03T"
	tests := []struct {
		event, path string
		value       any
		problem     string // PATH: want WANT, of one of the problems
		reason      string
	}{
		{"meeting.started", "meeting.createdAt", at + "10:00:00.001Z", `$.meeting.startedAt: want a time not before $.meeting.createdAt, "2026-06-03T10:00:00.001Z"`, "a millisecond counts"},
		{"meeting.ended", "meeting.endedAt", at + "09:59:59.999Z", "$.meeting.endedAt: want a time not before $.meeting.startedAt", ""},
		{"meeting.participantJoined", "participant.joinedAt", at + "09:00:00.000Z", "$.participant.joinedAt: want a time not before $.meeting.startedAt", "the first join starts the session (S17)"},
		{"meeting.participantLeft", "participant.leftAt", at + "10:04:00.000Z", "$.participant.leftAt: want a time not before $.participant.joinedAt", ""},
		{"meeting.participantLeft", "participant.leftAt", at + "10:31:00.000Z", "$.meeting.endedAt: want a time not before $.participant.leftAt", "the sample's end is later than the leave"},
		{"meeting.participantLeft", "participant.joinedAt", at + "10:31:00.000Z", "$.meeting.endedAt: want a time not before $.participant.joinedAt", ""},
		{"meeting.chatSynced", "createdAt", at + "10:01:00.000Z", "$.startedAt: want a time not before $.createdAt", "the flat event"},
		{"meeting.chatSynced", "endedAt", at + "09:01:00.000Z", "$.endedAt: want a time not before $.startedAt", "the flat event"},
		{"meeting.chatSynced", "chatDownloadUrlExpiry", at + "10:30:00.000Z", "$.chatDownloadUrlExpiry: want a time after $.endedAt", "a link that never worked"},
		{"meeting.transcript", "transcriptDownloadUrlExpiry", at + "10:29:00.000Z", "$.transcriptDownloadUrlExpiry: want a time not before $.meeting.endedAt", ""},
		{"recording.statusUpdate", "recording.stoppedTime", at + "09:30:00.000Z", "$.recording.stoppedTime: want a time not before $.recording.startedTime", ""},
		{"recording.statusUpdate", "recording.downloadUrlExpiry", at + "10:30:00.000Z", "$.recording.downloadUrlExpiry: want a time after $.recording.stoppedTime", ""},
		{"recording.statusUpdate", "recording.recordingDuration", 1801, "$.recording.recordingDuration: want 1800, the seconds from startedTime to stoppedTime", ""},
		{"recording.statusUpdate", "recording.recordingDuration", 0, "$.recording.recordingDuration: want 1800, the seconds", "practice, and not what the sample shows"},
		{"recording.statusUpdate", "recording.recordingDuration", 1800000, "$.recording.recordingDuration: want 1800, the seconds", "milliseconds"},
		{"meeting.started", "meeting.startedAt", "2026-02-30T10:00:00.000Z", "$.meeting.startedAt: want a date-time such as", "no such day"},
		{"meeting.started", "meeting.startedAt", "2026-06-03T12:00:00.000+03:00", "$.meeting.startedAt: want a time not before $.meeting.createdAt", "zones are minded"},
		{"meeting.started", "meeting.startedAt", "2026-06-03 09:59:59.999999Z", "$.meeting.startedAt: want a time not before $.meeting.createdAt", "the spaced form is read"},
	}
	for _, tt := range tests {
		t.Run(tt.event+" "+tt.path, func(t *testing.T) {
			err := schemas.CheckTimes(with(t, tt.event, tt.path, tt.value))
			var e *schemas.Error
			assert.Assert(t, errors.As(err, &e), "%v (%s)", err, tt.reason)
			assert.Equal(t, e.Schema, tt.event)
			var all []string
			for _, p := range e.Problems {
				all = append(all, p.Path+": want "+p.Want)
			}
			text := strings.Join(all, "\n")
			assert.Assert(t, strings.Contains(text, tt.problem), "%s\nwant %s (%s)", text, tt.problem, tt.reason)
		})
	}
}

func TestTimesInOrderAndAbsentTimesPass(t *testing.T) {
	tests := []struct {
		event, path string
		value       any
		reason      string
	}{
		{"meeting.ended", "meeting.endedAt", nil, "null is practice"},
		{"meeting.ended", "meeting.endedAt", 5, "a wrong type is the schema's business"},
		{"meeting.ended", "meeting", []any{}, "a wrong type is the schema's business"},
		{"meeting.ended", "meeting.startedAt", "2026-06-03 10:00:00.000000Z", "the spaced form, and equal to createdAt"},
		{"meeting.participantLeft", "participant.leftAt", "2026-06-03T10:30:00.000Z", "left at the very end"},
		{"meeting.participantJoined", "participant.joinedAt", "2026-06-03T10:00:00.000Z", "the first to join"},
		{"recording.statusUpdate", "recording.stoppedTime", "2026-06-03T10:30:00.900Z", "a fraction of a second aside"},
		{"recording.statusUpdate", "recording.recordingDuration", "1800", "a wrong type is the schema's business"},
		{"meeting.summary", "summaryDownloadUrlExpiry", "1999-01-01T00:00:00.000Z", "the sample has no time to compare with"},
		{"livestreaming.statusUpdate", "meeting.createdAt", "9999-12-31T23:59:59.999Z", "nor here"},
	}
	for _, tt := range tests {
		assert.NilError(t, schemas.CheckTimes(with(t, tt.event, tt.path, tt.value)), "%s %s: %s", tt.event, tt.path, tt.reason)
	}
	for _, body := range []string{"null", "[]", "{}", "5", `{"meeting":5,"participant":null}`} {
		assert.NilError(t, schemas.CheckTimes([]byte(body)))
	}
}

func TestUnknownEventIsNotRepeatedAsASchema(t *testing.T) {
	err := schemas.CheckTimes([]byte(`{"event":"x\ny","startedAt":"soon"}`))
	assert.ErrorContains(t, err, `schemas: $.startedAt: found "soon"`)
}

// One bad time is one problem, however many rules it takes part in.
func TestUnreadableTimeIsNamedOnce(t *testing.T) {
	err := schemas.CheckTimes(with(t, "meeting.participantLeft", "meeting.endedAt", "soon"))
	assert.Error(t, err, `schemas: meeting.participantLeft: $.meeting.endedAt: found "soon", want a date-time such as 2026-06-03T10:00:00.000Z`)
}

// with returns an event's sample with the member at a dotted path replaced.
func with(t *testing.T, event, path string, value any) []byte {
	t.Helper()
	tree := object(t, sample(t, event))
	in := tree
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		in = in[step].(map[string]any)
	}
	in[steps[len(steps)-1]] = value
	return encode(t, tree)
}
