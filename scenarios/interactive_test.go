package scenarios_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/scenarios"
	"github.com/rtkmock/rtkmock/schemas"
)

// interactiveEvent is the part of an event that says what it belongs to.
type interactiveEvent struct {
	Meeting struct {
		ID, SessionID, Title string
		StartedAt            time.Time
	}
	MeetingID   string
	Participant struct{ CustomParticipantID string }
	Recording   struct {
		RecordingID, Status string
	}
	Status string
	Reason string
}

func emit(t *testing.T, m *scenarios.Interactive, r scenarios.Request) interactiveEvent {
	t.Helper()
	if r.At.IsZero() {
		r.At = time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	}
	e, _, err := m.Emit(r)
	assert.NilError(t, err)
	assert.Equal(t, e.Type, r.Event)
	_, err = schemas.ValidateEvent(e.Body, schemas.Strict)
	assert.NilError(t, err, "%s", e.Body)
	var out interactiveEvent
	assert.NilError(t, json.Unmarshal(e.Body, &out))
	return out
}

func set(path, value string) payload.Overrides {
	return payload.Overrides{Set: payload.Assignments{{Path: path, Value: []byte(value)}}}
}

func newInteractive(t *testing.T) *scenarios.Interactive {
	t.Helper()
	seed := uint64(0)
	return scenarios.NewInteractive(scenarios.InteractiveOptions{Begin: func(at time.Time) (*payload.Meeting, error) {
		seed++
		return payload.New(payload.Options{Seed: seed, Start: at})
	}})
}

func TestEveryEventCanComeFirstAndTwice(t *testing.T) {
	for _, event := range rtk.EventTypes() {
		m := newInteractive(t)
		for range 3 {
			emit(t, m, scenarios.Request{Event: event})
		}
	}
}

func TestEventsOneAtATimeComeFromOneMeeting(t *testing.T) {
	m := newInteractive(t)
	started := emit(t, m, scenarios.Request{Event: rtk.MeetingStarted})
	mary := emit(t, m, scenarios.Request{Event: rtk.MeetingParticipantJoined, Who: "mary"})
	assert.Equal(t, mary.Meeting.SessionID, started.Meeting.SessionID)
	left := emit(t, m, scenarios.Request{Event: rtk.MeetingParticipantLeft, Who: "mary"})
	assert.Equal(t, left.Participant.CustomParticipantID, mary.Participant.CustomParticipantID)
	for _, want := range []string{"RECORDING", "UPLOADING", "UPLOADED"} {
		assert.Equal(t, emit(t, m, scenarios.Request{Event: rtk.RecordingStatusUpdate}).Recording.Status, want)
	}
	emit(t, m, scenarios.Request{Event: rtk.MeetingEnded})
	chat := emit(t, m, scenarios.Request{Event: rtk.MeetingChatSynced})
	assert.Equal(t, chat.MeetingID, started.Meeting.ID)
	next := emit(t, m, scenarios.Request{Event: rtk.MeetingParticipantJoined})
	assert.Assert(t, next.Meeting.SessionID != started.Meeting.SessionID, "what has ended does not go on")
}

func TestWhatIsSetDirectsTheMeeting(t *testing.T) {
	m := newInteractive(t)
	status := func(text string) scenarios.Request {
		return scenarios.Request{Event: rtk.RecordingStatusUpdate, Overrides: set("recording.status", text)}
	}
	first := emit(t, m, status(`"UPLOADED"`))
	assert.Equal(t, first.Recording.Status, "UPLOADED")
	ended := emit(t, m, scenarios.Request{Event: rtk.MeetingEnded, Overrides: set("reason", `"HOST_ENDED_MEETING"`)})
	assert.Equal(t, ended.Reason, "HOST_ENDED_MEETING")
	overrides := set("meeting.title", `"Standup"`)
	overrides.Unset = []string{"meeting.status"}
	e, _, err := m.Emit(scenarios.Request{Event: rtk.MeetingStarted, Overrides: overrides})
	assert.NilError(t, err)
	title, err := payload.Get(e.Body, "meeting.title")
	assert.NilError(t, err)
	assert.Equal(t, string(title), `"Standup"`)
	_, err = payload.Get(e.Body, "meeting.status")
	assert.ErrorIs(t, err, payload.ErrPath)
}

func TestTimePassesInAnInteractiveMeeting(t *testing.T) {
	m := newInteractive(t)
	at := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	first := emit(t, m, scenarios.Request{Event: rtk.MeetingStarted, At: at})
	assert.Assert(t, first.Meeting.StartedAt.Equal(at))
	emit(t, m, scenarios.Request{Event: rtk.MeetingParticipantJoined, At: at})
	emit(t, m, scenarios.Request{Event: rtk.MeetingParticipantJoined, At: at.Add(time.Minute)})
	emit(t, m, scenarios.Request{Event: rtk.MeetingParticipantLeft, At: at.Add(2 * time.Minute)})
	// The leave has stated an end that has passed by now.
	late := emit(t, m, scenarios.Request{Event: rtk.MeetingParticipantJoined, At: at.Add(48 * time.Hour)})
	assert.Assert(t, late.Meeting.SessionID != first.Meeting.SessionID)
	assert.Assert(t, late.Meeting.StartedAt.Equal(at.Add(48*time.Hour)))
}

func TestAnInteractiveMeetingSaysWhatIsWrong(t *testing.T) {
	m := newInteractive(t)
	_, _, err := m.Emit(scenarios.Request{Event: "meeting.begun"})
	assert.ErrorContains(t, err, "unknown event")
	var p *scenarios.Problem
	_, _, err = m.Emit(scenarios.Request{Event: rtk.MeetingStarted, Overrides: payload.Overrides{Unset: []string{"meeting.titel"}}})
	assert.Assert(t, errors.As(err, &p), "%v", err)
	assert.Equal(t, p.Hint, `"meeting.title"`)
}

func TestALongInteractiveMeetingBeginsAgain(t *testing.T) {
	m := newInteractive(t)
	sessions := map[string]bool{}
	for range 2 * scenarios.MaxInteractive {
		e, _, err := m.Emit(scenarios.Request{Event: rtk.MeetingParticipantJoined})
		assert.NilError(t, err)
		session, err := payload.Get(e.Body, "meeting.sessionId")
		assert.NilError(t, err)
		sessions[string(session)] = true
	}
	assert.Equal(t, len(sessions), 2)
}
