package payload_test

import (
	"encoding/json"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestARestoredMeetingGoesOnWithNewIDs(t *testing.T) {
	o := payload.Options{Seed: 7, OpenEnded: true, RecordingSize: 42}
	m, err := payload.New(o)
	assert.NilError(t, err)
	mary := payload.Participant{Name: "Mary", CustomID: "u-1"}
	first, err := m.Join(mary)
	assert.NilError(t, err)
	recording, _, err := m.StartRecording()
	assert.NilError(t, err)
	assert.NilError(t, recording.Pause(true))
	data, err := json.Marshal(m.State())
	assert.NilError(t, err)
	next := func() *payload.Meeting {
		var s payload.State
		assert.NilError(t, json.Unmarshal(data, &s))
		again, err := payload.Restore(o, s)
		assert.NilError(t, err)
		return again
	}
	a, b := next(), next()
	assert.Equal(t, a.SessionID(), m.SessionID())
	assert.DeepEqual(t, a.Present(), m.Present())
	_, err = a.Join(mary)
	assert.ErrorIs(t, err, payload.ErrPresent)
	joined, err := a.Join(payload.Participant{Name: "Bob", CustomID: "u-2"})
	assert.NilError(t, err)
	assert.Assert(t, member(t, joined[0], "participant.peerId") != member(t, first[1], "participant.peerId"))
	same, err := b.Join(payload.Participant{Name: "Bob", CustomID: "u-2"})
	assert.NilError(t, err)
	assert.DeepEqual(t, same, joined)
	restored := a.Session().Recordings[0]
	assert.Equal(t, restored.Status(), payload.RecordingPaused)
	_, err = restored.Update(payload.RecordingUploading)
	assert.NilError(t, err)
	uploaded, err := restored.Update(payload.RecordingUploaded)
	assert.NilError(t, err)
	assert.Equal(t, member(t, uploaded[0], "recording.fileSize"), "42")
	assert.Equal(t, member(t, uploaded[0], "recording.id"), recording.ID())
}

// Nobody knows the end of an open-ended session: the stated one is a plan.
func TestAnOpenEndedSessionOutlivesItsPlan(t *testing.T) {
	m, err := payload.New(payload.Options{OpenEnded: true})
	assert.NilError(t, err)
	mary, bob := payload.Participant{Name: "Mary", CustomID: "u-1"}, payload.Participant{Name: "Bob", CustomID: "u-2"}
	for _, p := range []payload.Participant{mary, bob} {
		_, err = m.Join(p)
		assert.NilError(t, err)
	}
	_, err = m.Finish()
	assert.ErrorIs(t, err, payload.ErrPresent)
	left, err := m.Leave(mary)
	assert.NilError(t, err)
	assert.Equal(t, member(t, left[0], "meeting.endedAt"), "2026-06-03T10:30:00.000Z")
	assert.NilError(t, m.Advance(time.Hour))
	left, err = m.Depart(bob, 10*time.Minute)
	assert.NilError(t, err)
	assert.Equal(t, len(left), 1)
	assert.Equal(t, member(t, left[0], "meeting.endedAt"), "2026-06-03T11:10:00.000Z")
	assert.Assert(t, m.Live())
	assert.NilError(t, m.Advance(10*time.Minute))
	ended, err := m.Finish()
	assert.NilError(t, err)
	assert.Equal(t, member(t, ended[0], "meeting.endedAt"), "2026-06-03T11:10:00.000Z")
	before := m.Session()
	assert.NilError(t, m.NextSession())
	late, err := m.Announce(rtk.MeetingTranscript, before)
	assert.NilError(t, err)
	assert.Equal(t, member(t, late[0], "meeting.sessionId"), before.ID)
	_, err = m.Announce(rtk.MeetingTranscript, before)
	assert.ErrorIs(t, err, payload.ErrRepeated)
}
