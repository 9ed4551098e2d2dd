package payload_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// changed lists, over all events of a meeting, the paths whose presence or
// value a form changes.
func changed(t *testing.T, plain, formed []rtk.Event) []string {
	t.Helper()
	var paths []string
	assert.Equal(t, len(plain), len(formed))
	for i := range plain {
		both := slices.Concat(members(t, plain[i].Body), members(t, formed[i].Body))
		for _, path := range both {
			before, _ := payload.Get(plain[i].Body, path)
			after, _ := payload.Get(formed[i].Body, path)
			leaf := len(before) == 0 || len(after) == 0 || before[0] != '{'
			if string(before) != string(after) && leaf && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	slices.Sort(paths)
	return paths
}

func TestFormsChangeWhatTheySay(t *testing.T) {
	for form, want := range map[payload.Form][]string{
		payload.FormClientSpecificID:   {"participant.clientSpecificId"},
		payload.FormRoomName:           {"meeting.roomName"},
		payload.FormEndedAtNull:        {"meeting.endedAt"},
		payload.FormStopReason:         {"recording.stopReason"},
		payload.FormNumericFileSize:    {"recording.fileSize"},
		payload.FormZeroDuration:       {"recording.recordingDuration"},
		payload.FormRecordingMeetingID: {"recording.meetingId"},
		payload.FormLivestreamWithoutMeeting: {
			"meeting", "meeting.createdAt", "meeting.id", "meeting.organizedBy", "meeting.organizedBy.id",
			"meeting.organizedBy.name", "meeting.status", "meeting.title",
		},
		payload.FormSpacedTimestamps: {
			"chatDownloadUrlExpiry", "createdAt", "endedAt", "meeting.createdAt", "meeting.endedAt", "meeting.startedAt",
			"participant.joinedAt", "participant.leftAt",
			"recording.downloadUrlExpiry", "recording.startedTime", "recording.stoppedTime", "startedAt",
			"summaryDownloadUrlExpiry", "transcriptDownloadUrlExpiry",
		},
	} {
		t.Run(string(form), func(t *testing.T) {
			plain, err := payload.Lifecycle(payload.Options{})
			assert.NilError(t, err)
			formed, err := payload.Lifecycle(payload.Options{Forms: []payload.Form{form}})
			assert.NilError(t, err)
			assert.DeepEqual(t, changed(t, plain, formed), want)
		})
	}
}

func TestFormsHaveTheFormsTheySay(t *testing.T) {
	for _, c := range []struct {
		form   payload.Form
		want   string
		reason string
	}{
		{payload.FormClientSpecificID, `"customParticipantId":"user-109","clientSpecificId":"user-109"`, "equal in practice"},
		{payload.FormRoomName, `"meeting":{"id":"room-7","roomName":"room-7"`, "equal to meeting.id"},
		{payload.FormEndedAtNull, `"endedAt":null,"organizedBy"`, "until it has ended"},
		{payload.FormInvoked, `"status":"INVOKED","startedTime"`, "before RECORDING"},
		{payload.FormStopReason, `"stopReason":"{'reason'`, "single quotes in a string"},
		{payload.FormNumericFileSize, `"fileSize":2`, "no quotes"},
		{payload.FormZeroDuration, `"recordingDuration":0,`, "present and zero"},
		{payload.FormSpacedTimestamps, `"startedAt":"2026-06-03 10:00:00.000000Z"`, "a space and microseconds"},
	} {
		events, err := payload.Lifecycle(payload.Options{MeetingID: "room-7", Forms: []payload.Form{c.form}})
		assert.NilError(t, err)
		assert.Assert(t, strings.Contains(text(events), c.want), "%s: %s: %s is missing", c.form, c.reason, c.want)
	}
}

func TestInvokedComesBeforeRecording(t *testing.T) {
	m := newMeeting(t, payload.Options{Forms: []payload.Form{payload.FormInvoked}})
	must(t)(m.Join(m.NewParticipant()))
	r, events, err := m.StartRecording()
	assert.NilError(t, err)
	assert.Equal(t, len(events), 2)
	assert.Equal(t, member(t, events[0], "recording.status"), string(payload.RecordingInvoked))
	assert.Equal(t, member(t, events[1], "recording.status"), string(payload.RecordingRecording))
	assert.Equal(t, r.Status(), payload.RecordingRecording)
}

func TestEveryFormIsAdmittedByTheOpenReading(t *testing.T) {
	all := [][]payload.Form{payload.Forms()}
	for _, form := range payload.Forms() {
		all = append(all, []payload.Form{form})
	}
	for _, forms := range all {
		events, err := payload.Lifecycle(payload.Options{Forms: forms})
		assert.NilError(t, err)
		for _, event := range events {
			assert.NilError(t, schemas.Validate(string(event.Type), schemas.Open, event.Body), "%v: %s", forms, event.Body)
			if !slices.Contains(forms, payload.FormZeroDuration) { // which is wrong about its times by design
				assert.NilError(t, schemas.CheckTimes(event.Body), "%v: %s", forms, event.Body)
			}
		}
	}
}

// A documented form must pass the strict reading; a practice form that did
// would not need to be one.
func TestOnlyDocumentedFormsPassTheStrictReading(t *testing.T) {
	for _, form := range payload.Forms() {
		events, err := payload.Lifecycle(payload.Options{Forms: []payload.Form{form}})
		assert.NilError(t, err)
		var refused error
		for _, event := range events {
			if err := schemas.Validate(string(event.Type), schemas.Strict, event.Body); err != nil {
				refused = err
			}
		}
		switch {
		case form.Documented():
			assert.NilError(t, refused, "%s", form)
		case form == payload.FormRecordingMeetingID || form == payload.FormZeroDuration:
			// Values of the documented type: no schema can see the difference.
		default:
			assert.Assert(t, refused != nil, "%s passes", form)
		}
	}
}

func TestFormsAreDocumentedAndParse(t *testing.T) {
	for _, form := range payload.Forms() {
		assert.Assert(t, form.Doc() != "", form)
		parsed, err := payload.ParseForm(string(form))
		assert.NilError(t, err)
		assert.Equal(t, parsed, form)
	}
	_, err := payload.ParseForm("roomName")
	for _, form := range payload.Forms() {
		assert.ErrorContains(t, err, string(form))
	}
	assert.Equal(t, payload.Form("roomName").Doc(), "")
}

func TestNumericFileSizeIsTheSameNumber(t *testing.T) {
	size := func(forms ...payload.Form) json.Number {
		event, err := payload.Sample(rtk.RecordingStatusUpdate, payload.Options{Forms: forms})
		assert.NilError(t, err)
		raw, err := payload.Get(event.Body, "recording.fileSize")
		assert.NilError(t, err)
		return json.Number(strings.Trim(string(raw), `"`))
	}
	assert.Equal(t, size(), size(payload.FormNumericFileSize))
}

func TestEscapedIsAnotherSpellingOfTheSameString(t *testing.T) {
	for s, want := range map[string]string{
		"plain": `"plain"`,
		"é週":    `"\u00e9\u9031"`,
		"😀!":    `"\ud83d\ude00!"`,
	} {
		assert.Equal(t, payload.Escaped(s), want)
		var back string
		assert.NilError(t, json.Unmarshal([]byte(payload.Escaped(s)), &back))
		assert.Equal(t, back, s)
	}
}
