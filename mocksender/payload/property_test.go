package payload_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// seedsOfWalks is how many random walks the property test takes.
const seedsOfWalks = 2000

// wire is what the property test reads from a body. It is written down apart
// from the package's own types, so that a mistake there is not made here, too.
type wire struct {
	Event   rtk.EventType
	Meeting struct {
		ID, SessionID, Title, Status  string
		CreatedAt, StartedAt, EndedAt time.Time
		OrganizedBy                   struct{ ID, Name string }
	}
	Participant struct {
		PeerID, UserDisplayName, CustomParticipantID string
		JoinedAt, LeftAt                             time.Time
	}
	Recording struct {
		ID, RecordingID, Status, MeetingID, OrganizationID, RoomUUID, FileSize string
		StartedTime, StoppedTime                                               time.Time
		RecordingDuration                                                      int
	}
	StreamID, Status, Reason      string
	MeetingID, SessionID          string // chatSynced is flat
	CreatedAt, StartedAt, EndedAt time.Time
	OrganizedBy                   struct{ ID, Name string }
}

func TestRandomWalksAreValidAndCoherent(t *testing.T) {
	reached := map[string]bool{}
	for seed := range uint64(seedsOfWalks) {
		w := newWalk(t, payload.Options{Seed: seed, Duration: time.Hour})
		story := newStory(t, w.meeting)
		for _, event := range w.play(seed, 40) {
			assert.NilError(t, schemas.Validate(string(event.Type), schemas.Strict, event.Body), "seed %d: %s", seed, event.Body)
			assert.NilError(t, schemas.CheckTimes(event.Body), "seed %d: %s", seed, event.Body)
			story.tell(event)
		}
		for value := range story.reached {
			reached[value] = true
		}
	}
	for _, value := range []string{
		"meeting.started", "meeting.ended", "meeting.participantJoined", "meeting.participantLeft", "meeting.chatSynced",
		"recording.statusUpdate", "livestreaming.statusUpdate", "meeting.transcript", "meeting.summary",
		"HOST_ENDED_MEETING", "ALL_PARTICIPANTS_LEFT",
		"RECORDING", "UPLOADING", "UPLOADED", "ERRORED", "LIVE", "OFFLINE", "IDLE",
		"rejoined", "second session",
	} {
		assert.Assert(t, reached[value], "no walk reaches %s", value)
	}
}

// story follows a meeting by its events alone and fails the test where one
// contradicts another.
type story struct {
	t       *testing.T
	meeting *payload.Meeting
	reached map[string]bool

	now      time.Time // the latest time that an event has happened at
	sessions map[string]*chapter
	peers    map[string]bool
	links    map[string]bool
	starts   map[string]time.Time // of recordings
	bodies   map[string]string    // livestream and status to body
}

// chapter is one session of a story.
type chapter struct {
	startedAt, endedAt time.Time // the end as first stated
	ended              bool
	present            map[string]wire // by customParticipantId
	seen               map[string]bool // who has ever joined
}

func newStory(t *testing.T, m *payload.Meeting) *story {
	return &story{
		t: t, meeting: m, reached: map[string]bool{},
		sessions: map[string]*chapter{}, peers: map[string]bool{}, links: map[string]bool{},
		starts: map[string]time.Time{}, bodies: map[string]string{},
	}
}

func (s *story) tell(event rtk.Event) {
	var w wire
	assert.NilError(s.t, json.Unmarshal(event.Body, &w))
	assert.Equal(s.t, w.Event, event.Type)
	s.reached[string(w.Event)] = true
	for _, link := range payload.URLs(event.Body) {
		assert.Assert(s.t, !s.links[link], "a link comes twice: %s", link)
		s.links[link] = true
	}
	if w.Event == rtk.LivestreamStatusUpdate {
		s.stream(w, event)
		return
	}
	if w.Event == rtk.MeetingChatSynced {
		w.Meeting.ID, w.Meeting.SessionID, w.Meeting.OrganizedBy = w.MeetingID, w.SessionID, w.OrganizedBy
		w.Meeting.CreatedAt, w.Meeting.StartedAt, w.Meeting.EndedAt = w.CreatedAt, w.StartedAt, w.EndedAt
	}
	chapter := s.chapter(w)
	switch w.Event {
	case rtk.MeetingStarted:
		s.happens(w.Meeting.StartedAt)
	case rtk.MeetingParticipantJoined:
		s.joins(chapter, w)
	case rtk.MeetingParticipantLeft:
		s.leaves(chapter, w)
	case rtk.MeetingEnded:
		s.ends(chapter, w)
	case rtk.RecordingStatusUpdate:
		s.records(w)
	default:
		assert.Assert(s.t, chapter.ended, "%s before the end", w.Event)
	}
}

// chapter finds the event's session and checks what all its events share.
func (s *story) chapter(w wire) *chapter {
	m := w.Meeting
	assert.Equal(s.t, m.ID, s.meeting.ID())
	assert.Equal(s.t, m.OrganizedBy.ID, s.meeting.OrganizationID())
	c := s.sessions[m.SessionID]
	if c == nil {
		assert.Equal(s.t, w.Event, rtk.MeetingStarted, "a session begins with its start")
		c = &chapter{startedAt: m.StartedAt, present: map[string]wire{}, seen: map[string]bool{}}
		s.sessions[m.SessionID] = c
		s.reached["second session"] = len(s.sessions) == 2 || s.reached["second session"]
	} else {
		assert.Assert(s.t, w.Event != rtk.MeetingStarted, "a session starts once")
	}
	if w.Event != rtk.MeetingSummary { // has neither title nor times
		assert.Equal(s.t, m.StartedAt, c.startedAt)
	}
	if !m.EndedAt.IsZero() {
		if c.endedAt.IsZero() {
			c.endedAt = m.EndedAt
		}
		assert.Equal(s.t, m.EndedAt, c.endedAt, "a session has one end")
	}
	return c
}

func (s *story) happens(at time.Time) {
	assert.Assert(s.t, !at.Before(s.now), "%v comes after %v", at, s.now)
	s.now = at
}

func (s *story) joins(c *chapter, w wire) {
	p := w.Participant
	s.happens(p.JoinedAt)
	assert.Assert(s.t, !c.ended, "%s joins after the end", p.CustomParticipantID)
	_, in := c.present[p.CustomParticipantID]
	assert.Assert(s.t, !in, "%s joins twice", p.CustomParticipantID)
	assert.Assert(s.t, !s.peers[p.PeerID], "a peer id comes twice")
	s.reached["rejoined"] = s.reached["rejoined"] || c.seen[p.CustomParticipantID]
	s.peers[p.PeerID], c.seen[p.CustomParticipantID], c.present[p.CustomParticipantID] = true, true, w
}

func (s *story) leaves(c *chapter, w wire) {
	p := w.Participant
	s.happens(p.LeftAt)
	joined, in := c.present[p.CustomParticipantID]
	assert.Assert(s.t, in, "%s leaves without having joined, or twice", p.CustomParticipantID)
	delete(c.present, p.CustomParticipantID)
	p.LeftAt = time.Time{}
	assert.Equal(s.t, p, joined.Participant, "who leaves is who joined")
	assert.Assert(s.t, w.Meeting.EndedAt.After(w.Participant.LeftAt), "the session ends after the leave")
}

func (s *story) ends(c *chapter, w wire) {
	s.happens(w.Meeting.EndedAt)
	s.reached[w.Reason] = true
	assert.Assert(s.t, !c.ended, "a session ends once")
	assert.Equal(s.t, len(c.present), 0, "nobody stays behind")
	c.ended = true
}

func (s *story) records(w wire) {
	r := w.Recording
	s.reached[r.Status] = true
	assert.Equal(s.t, r.ID, r.RecordingID)
	assert.Equal(s.t, r.MeetingID, w.Meeting.ID)
	assert.Equal(s.t, r.RoomUUID, w.Meeting.SessionID)
	assert.Equal(s.t, r.OrganizationID, w.Meeting.OrganizedBy.ID)
	if r.Status == "RECORDING" {
		s.happens(r.StartedTime)
		s.starts[r.ID] = r.StartedTime
	}
	assert.Equal(s.t, r.StartedTime, s.starts[r.ID])
	if r.Status == "UPLOADED" {
		assert.Equal(s.t, r.StoppedTime.Sub(r.StartedTime), time.Duration(r.RecordingDuration)*time.Second)
		end := s.sessions[w.Meeting.SessionID].endedAt
		assert.Assert(s.t, end.IsZero() || !r.StoppedTime.After(end), "a recording stops with its session")
		assert.Assert(s.t, strings.Trim(r.FileSize, "0123456789") == "" && r.FileSize != "")
	}
}

func (s *story) stream(w wire, event rtk.Event) {
	s.reached[w.Status] = true
	key := w.StreamID + w.Status
	if before, ok := s.bodies[key]; ok {
		assert.Equal(s.t, string(event.Body), before, "no timestamp, so the same status gives the same bytes")
	}
	s.bodies[key] = string(event.Body)
	assert.Equal(s.t, w.Meeting.ID, s.meeting.ID())
}

func TestEqualOptionsGiveEqualBytesAndOtherSeedsOthers(t *testing.T) {
	seen := map[string]uint64{}
	for seed := range uint64(500) {
		o := payload.Options{Seed: seed}
		once, again := text(newWalk(t, o).play(7, 40)), text(newWalk(t, o).play(7, 40))
		assert.Equal(t, once, again, "seed %d", seed)
		other, dup := seen[once]
		assert.Assert(t, !dup, "seeds %d and %d give the same meeting", seed, other)
		seen[once] = seed
	}
}
