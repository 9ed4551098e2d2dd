package platform_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/platform"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// What the API shows of a meeting does not depend on the order in which its events
// come, nor on how often: a delivery may be late, and come twice.
func TestEventsTellInAnyOrderWhatHappened(t *testing.T) {
	for seed := range uint64(50) {
		events, err := payload.Lifecycle(payload.Options{Seed: seed, Start: time.Now().Add(-time.Hour), PlainNames: true})
		assert.NilError(t, err)
		order := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // an order is no secret
		events = append(events, events...)
		order.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })

		p := platform.New(platform.Options{})
		t.Cleanup(p.Close)
		k := platform.Key{AccountID: "acc", AppID: "app"}
		for _, e := range events {
			assert.NilError(t, p.Learn(k, e))
		}
		s, err := payload.Read(events[0])
		assert.NilError(t, err)
		meeting, err := p.Meeting(k, s.MeetingID())
		assert.NilError(t, err)
		sessions, n := p.Sessions(k, platform.SessionFilter{MeetingID: meeting.ID}, platform.Page{})
		assert.Equal(t, n, 1)
		session := sessions[0]
		assert.Equal(t, session.Status, platform.Ended)
		assert.Equal(t, session.Live, 0)
		assert.Equal(t, session.Title, meeting.Title)
		people, _, err := p.SessionParticipants(k, session.ID, platform.ParticipantFilter{}, platform.Page{})
		assert.NilError(t, err)
		assert.Equal(t, len(people), 3)
		for _, one := range people {
			assert.Assert(t, one.LeftAt != nil, "%s has not left", one.Name)
		}
		added, _, err := p.Participants(k, meeting.ID, platform.Page{})
		assert.NilError(t, err)
		assert.Equal(t, len(added), 3)
		recordings, _ := p.Recordings(k, platform.RecordingFilter{MeetingID: meeting.ID}, platform.Page{})
		assert.Equal(t, len(recordings), 1)
		assert.Equal(t, recordings[0].Status, "UPLOADED")
		assert.Equal(t, recordings[0].DownloadURL, textOf(t, events, rtk.RecordingStatusUpdate, "recording.downloadUrl"))
		transcript, err := p.Transcript(k, session.ID)
		assert.NilError(t, err)
		assert.Equal(t, transcript.URL, textOf(t, events, rtk.MeetingTranscript, "transcriptDownloadUrl"))
		_, err = p.Summary(k, session.ID)
		assert.NilError(t, err)
		_, err = p.Chat(k, session.ID)
		assert.NilError(t, err)
		streams, _ := p.Livestreams(k, platform.LivestreamFilter{}, platform.Page{})
		assert.Equal(t, len(streams), 1)
	}
}

// textOf returns the last text that an event of this type has at path.
func textOf(t *testing.T, events []rtk.Event, kind rtk.EventType, path string) (out string) {
	t.Helper()
	for _, e := range events {
		if value, err := payload.Get(e.Body, path); err == nil && e.Type == kind {
			out = string(value[1 : len(value)-1])
		}
	}
	return out
}

// A meeting of one id has as many sessions as the events name.
func TestSessionsOfOneMeetingAreApart(t *testing.T) {
	p := platform.New(platform.Options{})
	t.Cleanup(p.Close)
	k := platform.Key{AccountID: "acc", AppID: "app"}
	for seed := range uint64(3) {
		events, err := payload.Lifecycle(payload.Options{Seed: seed, MeetingID: "weekly"})
		assert.NilError(t, err)
		assert.NilError(t, p.Learn(k, events[:9]...)) // it is live, and recorded
	}
	_, n := p.Sessions(k, platform.SessionFilter{MeetingID: "weekly", Status: platform.Live}, platform.Page{})
	assert.Equal(t, n, 3)
	_, n = p.Recordings(k, platform.RecordingFilter{MeetingID: "weekly"}, platform.Page{})
	assert.Equal(t, n, 3)
	_, err := p.ActiveRecording(k, "weekly")
	assert.NilError(t, err)
}

// Who was deleted by a call does not come back with the next event of the session.
func TestADeletedParticipantStaysDeleted(t *testing.T) {
	p := platform.New(platform.Options{})
	t.Cleanup(p.Close)
	k := platform.Key{AccountID: "acc", AppID: "app"}
	events := must(payload.Lifecycle(payload.Options{MeetingID: "weekly"}))
	assert.NilError(t, p.Learn(k, events[:2]...)) // the host has joined
	people, _, err := p.Participants(k, "weekly", platform.Page{})
	assert.NilError(t, err)
	_, err = p.DeleteParticipant(k, "weekly", people[0].ID)
	assert.NilError(t, err)
	assert.NilError(t, p.Learn(k, events[:3]...))
	people, _, err = p.Participants(k, "weekly", platform.Page{})
	assert.NilError(t, err)
	assert.Equal(t, len(people), 0)
}

// A user may set any member to anything, and a platform is not to fail of it.
func FuzzLearn(f *testing.F) {
	for _, e := range must(payload.Lifecycle(payload.Options{})) {
		f.Add(string(e.Type), e.Body)
	}
	before := must(payload.Lifecycle(payload.Options{MeetingID: "weekly"}))[:6]
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		p := platform.New(platform.Options{})
		defer p.Close()
		k := platform.Key{AccountID: "acc", AppID: "app"}
		assert.NilError(t, p.Learn(k, append(before[:6:6], rtk.Event{Type: rtk.EventType(kind), Body: body}, rtk.Event{Body: body})...))
		all, _ := p.Meetings(k, platform.MeetingFilter{}, platform.Page{})
		for _, m := range all {
			_, _ = p.ActiveSession(k, m.ID)
			_, _ = p.ActiveRecording(k, m.ID)
			_, _ = p.KickAll(k, m.ID)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
