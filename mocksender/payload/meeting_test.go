package payload_test

import (
	"encoding/json"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func newMeeting(t testing.TB, o payload.Options) *payload.Meeting {
	t.Helper()
	m, err := payload.New(o)
	assert.NilError(t, err)
	return m
}

// must returns what a step caused.
func must(t testing.TB) func([]rtk.Event, error) []rtk.Event {
	return func(events []rtk.Event, err error) []rtk.Event {
		t.Helper()
		assert.NilError(t, err)
		return events
	}
}

func advance(t testing.TB, m *payload.Meeting, d time.Duration) {
	t.Helper()
	assert.NilError(t, m.Advance(d))
}

// member returns the string at path.
func member(t testing.TB, event rtk.Event, path string) string {
	t.Helper()
	raw, err := payload.Get(event.Body, path)
	assert.NilError(t, err, "%s", event.Body)
	var s string
	assert.NilError(t, json.Unmarshal(raw, &s))
	return s
}

func TestFirstJoinStartsAndLastLeaveEnds(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{}), must(t)
	a, b := m.NewParticipant(), m.NewParticipant()
	advance(t, m, time.Minute)

	first := ok(m.Join(a))
	assert.DeepEqual(t, types(first), []rtk.EventType{rtk.MeetingStarted, rtk.MeetingParticipantJoined})
	assert.Equal(t, member(t, first[0], "meeting.createdAt"), "2026-06-03T10:00:00.000Z", "created before anyone joined")
	assert.Equal(t, member(t, first[0], "meeting.startedAt"), "2026-06-03T10:01:00.000Z")
	assert.DeepEqual(t, types(ok(m.Join(b))), []rtk.EventType{rtk.MeetingParticipantJoined})
	assert.Assert(t, m.Live())

	advance(t, m, time.Minute)
	left := ok(m.Leave(a))
	assert.DeepEqual(t, types(left), []rtk.EventType{rtk.MeetingParticipantLeft})
	assert.Equal(t, member(t, left[0], "participant.leftAt"), "2026-06-03T10:02:00.000Z")
	assert.Equal(t, member(t, left[0], "meeting.endedAt"), "2026-06-03T10:31:00.000Z", "as planned: half an hour after the start")

	last := ok(m.Leave(b))
	assert.DeepEqual(t, types(last), []rtk.EventType{rtk.MeetingParticipantLeft, rtk.MeetingEnded})
	assert.Equal(t, member(t, last[1], "reason"), string(payload.AllParticipantsLeft))
	assert.Equal(t, member(t, last[1], "meeting.endedAt"), "2026-06-03T10:31:00.000Z", "as the first leave has stated")
	assert.Equal(t, m.Now().Format(time.TimeOnly), "10:31:00", "the clock has moved to the end")
	assert.Assert(t, !m.Live())
}

func TestHostEndsTheMeetingAfterAllHaveLeft(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{}), must(t)
	var names []string
	for range 5 {
		p := m.NewParticipant()
		names = append(names, p.Name)
		ok(m.Join(p))
	}
	advance(t, m, 10*time.Minute)
	events := ok(m.End())
	assert.Equal(t, len(events), 6)
	for i, name := range names {
		assert.Equal(t, member(t, events[i], "participant.userDisplayName"), name, "in the order in which they joined")
		assert.Equal(t, member(t, events[i], "participant.leftAt"), "2026-06-03T10:10:00.000Z")
		assert.Equal(t, member(t, events[i], "meeting.endedAt"), "2026-06-03T10:10:01.000Z")
	}
	assert.Equal(t, member(t, events[5], "reason"), string(payload.HostEndedMeeting))
	assert.Equal(t, member(t, events[5], "meeting.endedAt"), "2026-06-03T10:10:01.000Z")
	assert.Equal(t, len(m.Present()), 0)
}

func TestTheStatedEndIsKept(t *testing.T) {
	type meeting = *payload.Meeting
	for _, c := range []struct {
		name    string
		leaveAt time.Duration // the first leave
		end     func(m meeting, rest []payload.Participant) ([]rtk.Event, error)
		leftAt  string // the last leave
		endedAt string
		reason  string
	}{
		{"host ends early", 5 * time.Minute, func(m meeting, _ []payload.Participant) ([]rtk.Event, error) { return m.End() },
			"2026-06-03T10:29:59.000Z", "2026-06-03T10:30:00.000Z", "a leave has said 10:30 before the host could end it"},
		{"overrun", 40 * time.Minute, func(m meeting, _ []payload.Participant) ([]rtk.Event, error) { return m.End() },
			"2026-06-03T10:59:59.000Z", "2026-06-03T11:00:00.000Z", "half an hour has passed, so another is planned"},
		{"overrun to the moment", 30 * time.Minute, func(m meeting, rest []payload.Participant) ([]rtk.Event, error) { return m.Leave(rest[0]) },
			"2026-06-03T10:31:00.000Z", "2026-06-03T11:00:00.000Z", "the end must lie after the leave, not at it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, ok := newMeeting(t, payload.Options{}), must(t)
			a, b := m.NewParticipant(), m.NewParticipant()
			ok(m.Join(a))
			ok(m.Join(b))
			advance(t, m, c.leaveAt)
			left := ok(m.Leave(a))
			assert.Equal(t, member(t, left[0], "meeting.endedAt"), c.endedAt, c.reason)
			advance(t, m, time.Minute)
			events := ok(c.end(m, []payload.Participant{b}))
			assert.Equal(t, member(t, events[0], "participant.leftAt"), c.leftAt, c.reason)
			assert.Equal(t, member(t, events[len(events)-1], "meeting.endedAt"), c.endedAt, c.reason)
		})
	}
}

func TestTheClockStopsShortOfTheStatedEnd(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{}), must(t)
	a, b := m.NewParticipant(), m.NewParticipant()
	ok(m.Join(a))
	ok(m.Join(b))
	advance(t, m, 20*time.Minute)
	ok(m.Leave(a))

	err := m.Advance(10 * time.Minute)
	assert.ErrorIs(t, err, payload.ErrClock)
	assert.ErrorContains(t, err, "2026-06-03T10:30:00.000Z")
	assert.ErrorContains(t, err, "Options.Duration")
	advance(t, m, 10*time.Minute-time.Millisecond)
	left := ok(m.Leave(b))
	assert.Equal(t, member(t, left[0], "participant.leftAt"), "2026-06-03T10:29:59.999Z")
	advance(t, m, 24*time.Hour) // after the end the clock is free
}

func TestTheClockRefusesToGoBackOrBeyondItsYears(t *testing.T) {
	m := newMeeting(t, payload.Options{Start: time.Date(9990, 12, 31, 0, 0, 0, 0, time.UTC)})
	assert.ErrorIs(t, m.Advance(-1), payload.ErrClock)
	assert.ErrorIs(t, m.Advance(24*time.Hour), payload.ErrClock)
	assert.Equal(t, m.Now(), time.Date(9990, 12, 31, 0, 0, 0, 0, time.UTC))
}

func TestSmallStepsOfTheClockAddUp(t *testing.T) {
	m := newMeeting(t, payload.Options{})
	for range 10 {
		advance(t, m, 250*time.Microsecond)
	}
	assert.Equal(t, m.Now().Format("05.000000"), "00.002000", "cut to milliseconds, but not lost")
}

func TestNextSessionKeepsTheMeetingAndItsOldRecordings(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{}), must(t)
	p := m.NewParticipant()
	ok(m.Join(p))
	rec, _, err := m.StartRecording()
	assert.NilError(t, err)
	advance(t, m, time.Minute)
	peer := m.Present()[0].PeerID
	ok(m.End())
	first := m.SessionID()
	assert.NilError(t, m.NextSession())
	assert.Assert(t, m.SessionID() != first)

	advance(t, m, time.Hour)
	started := ok(m.Join(p))
	assert.Equal(t, member(t, started[0], "meeting.id"), m.ID())
	assert.Equal(t, member(t, started[0], "meeting.sessionId"), m.SessionID())
	assert.Equal(t, member(t, started[0], "meeting.createdAt"), "2026-06-03T10:00:00.000Z", "the meeting is the same")
	assert.Equal(t, member(t, started[0], "meeting.startedAt"), "2026-06-03T11:01:01.000Z")
	assert.Assert(t, member(t, started[1], "participant.peerId") != peer)

	late := ok(rec.Update(payload.RecordingUploading))
	late = append(late, ok(rec.Update(payload.RecordingUploaded))...)
	assert.Equal(t, member(t, late[1], "meeting.sessionId"), first)
	assert.Equal(t, member(t, late[1], "recording.roomUUID"), first)
	assert.Equal(t, member(t, late[1], "recording.stoppedTime"), "2026-06-03T10:01:01.000Z", "it stopped with its session")
	assert.Equal(t, member(t, late[1], "meeting.endedAt"), "2026-06-03T10:01:01.000Z")
}

func TestRefusedStepsChangeNothing(t *testing.T) {
	story := func(refused bool) string {
		m, ok := newMeeting(t, payload.Options{}), must(t)
		try := func(_ []rtk.Event, err error) {
			t.Helper()
			assert.ErrorIs(t, err, payload.ErrState)
		}
		tryAll := func() {
			if !refused {
				return
			}
			if m.Live() {
				try(m.Join(m.Present()[0]))
				try(m.ChatSynced())
				try(nil, m.NextSession())
			} else {
				try(m.End())
				_, events, err := m.StartRecording()
				try(events, err)
				_, events, err = m.StartLivestream()
				try(events, err)
			}
			try(m.Leave(payload.Participant{Name: "Nobody", CustomID: "nobody"}))
			try(nil, m.Advance(-time.Second))
		}
		var all []rtk.Event
		tryAll()
		all = append(all, ok(m.Join(m.NewParticipant()))...)
		tryAll()
		rec, events, err := m.StartRecording()
		all = append(all, ok(events, err)...)
		if refused {
			try(rec.Update(payload.RecordingUploaded))
			try(rec.Update("PAUSED"))
		}
		stream, events, err := m.StartLivestream()
		all = append(all, ok(events, err)...)
		if refused {
			try(stream.Update(payload.LivestreamLive))
			try(stream.Update("PAUSED"))
		}
		all = append(all, ok(m.End())...)
		tryAll()
		for _, after := range []func() ([]rtk.Event, error){m.ChatSynced, m.Transcript, m.Summary} {
			all = append(all, ok(after())...)
			if refused {
				try(after())
			}
		}
		assert.NilError(t, m.NextSession())
		return text(append(all, ok(m.Join(m.NewParticipant()))...))
	}
	assert.Equal(t, story(true), story(false))
}
