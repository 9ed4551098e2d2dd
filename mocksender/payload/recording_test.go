package payload_test

import (
	"regexp"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

func TestRecordingsAreToldApart(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{Title: "Weekly sync"}), must(t)
	ok(m.Join(m.NewParticipant()))
	one, first, err := m.StartRecording()
	assert.NilError(t, err)
	two, second, err := m.StartRecording()
	assert.NilError(t, err)
	assert.Assert(t, one.ID() != two.ID())
	assert.Equal(t, member(t, first[0], "recording.outputFileName"), "weekly-sync.mp4")
	assert.Equal(t, member(t, second[0], "recording.outputFileName"), "weekly-sync-2.mp4")

	tokens := map[string]bool{}
	for _, r := range []*payload.Recording{one, two} {
		ok(r.Update(payload.RecordingUploading))
		urls := payload.URLs(ok(r.Update(payload.RecordingUploaded))[0].Body)
		assert.Equal(t, len(urls), 2)
		for i, pattern := range []string{
			`^https://example\.com/recording/([0-9a-f-]{36})/recording\.mp4$`,
			`^https://example\.com/audio/([0-9a-f-]{36})/recording\.mp3$`,
		} {
			found := regexp.MustCompile(pattern).FindStringSubmatch(urls[i])
			assert.Assert(t, found != nil, urls[i])
			assert.Assert(t, !tokens[found[1]], "a token comes twice")
			tokens[found[1]] = true
		}
	}
}

func TestRecordingStopsInsideItsSession(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{}), must(t)
	ok(m.Join(m.NewParticipant()))
	rec, _, err := m.StartRecording()
	assert.NilError(t, err)
	advance(t, m, 90*time.Second+700*time.Millisecond)
	uploading := ok(rec.Update(payload.RecordingUploading))[0]
	advance(t, m, time.Minute)
	uploaded := ok(rec.Update(payload.RecordingUploaded))[0]

	_, err = payload.Get(uploading.Body, "recording.downloadUrl")
	assert.ErrorIs(t, err, payload.ErrPath, "only UPLOADED has links")
	_, err = payload.Get(uploaded.Body, "meeting.endedAt")
	assert.ErrorIs(t, err, payload.ErrPath, "the session goes on")
	assert.Equal(t, member(t, uploaded, "recording.stoppedTime"), "2026-06-03T10:01:30.000Z", "whole seconds")
	duration, err := payload.Get(uploaded.Body, "recording.recordingDuration")
	assert.NilError(t, err)
	assert.Equal(t, string(duration), "90")
	assert.Equal(t, member(t, uploaded, "recording.downloadUrlExpiry"), "2026-06-10T10:01:30.000Z")
}

func TestLateLinksAreNotExpired(t *testing.T) {
	m, ok := newMeeting(t, payload.Options{}), must(t)
	ok(m.Join(m.NewParticipant()))
	ok(m.End())
	advance(t, m, 7*24*time.Hour)
	chat := ok(m.ChatSynced())[0]
	assert.Equal(t, member(t, chat, "chatDownloadUrlExpiry"), "2026-06-17T10:00:01.000Z")
}
