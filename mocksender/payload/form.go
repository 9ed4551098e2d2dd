package payload

import (
	"fmt"
	"slices"
	"strings"
)

// Form names one way in which real events differ from the guide's samples.
type Form string

// The forms. The guide documents the first. The others are practice: other
// public documents and public receivers show them.
const (
	FormClientSpecificID         Form = "client-specific-id"
	FormRoomName                 Form = "room-name"
	FormEndedAtNull              Form = "ended-at-null"
	FormInvoked                  Form = "invoked"
	FormStopReason               Form = "stop-reason"
	FormNumericFileSize          Form = "numeric-filesize"
	FormZeroDuration             Form = "zero-duration"
	FormRecordingMeetingID       Form = "recording-meeting-id-differs"
	FormLivestreamWithoutMeeting Form = "livestream-without-meeting"
	FormSpacedTimestamps         Form = "spaced-timestamps"
)

type formInfo struct {
	form Form
	doc  string
}

func formTable() []formInfo {
	return []formInfo{
		{FormClientSpecificID, `participants also carry clientSpecificId, equal to customParticipantId ("included for compatibility with older integrations")`},
		{FormRoomName, "meeting objects also carry roomName, equal to meeting.id"},
		{FormEndedAtNull, "meeting.endedAt is null until the session has ended, instead of missing"},
		{FormInvoked, "a recording announces the status INVOKED before RECORDING"},
		{FormStopReason, "a stopped recording carries stopReason, a string that holds an object in single quotes"},
		{FormNumericFileSize, "recording.fileSize is a number instead of a string of digits"},
		{FormZeroDuration, "recording.recordingDuration is 0 whatever the recording's length"},
		{FormRecordingMeetingID, "recording.meetingId is another id than meeting.id, as in the guide's sample"},
		{FormLivestreamWithoutMeeting, "livestream events have no meeting object"},
		{FormSpacedTimestamps, "timestamps are written with a space and microseconds: 2026-06-03 10:00:00.000000Z"},
	}
}

// Forms returns all forms. The caller owns the slice.
func Forms() []Form {
	table := formTable()
	forms := make([]Form, len(table))
	for i, info := range table {
		forms[i] = info.form
	}
	return forms
}

// ParseForm returns the form that s names exactly. The error lists the known
// names.
func ParseForm(s string) (Form, error) {
	if f := Form(s); slices.Contains(Forms(), f) {
		return f, nil
	}
	names := make([]string, 0, len(Forms()))
	for _, f := range Forms() {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("payload: unknown form %q, want one of %s", s, strings.Join(names, ", "))
}

// Doc says in one clause what the form changes; it is empty for an unknown
// form.
func (f Form) Doc() string {
	for _, info := range formTable() {
		if info.form == f {
			return info.doc
		}
	}
	return ""
}

// Documented reports whether the guide itself states the form. The others are
// practice, and no receiver has to support them.
func (f Form) Documented() bool { return f == FormClientSpecificID }
