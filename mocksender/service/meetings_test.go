package service_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is_ "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/schemas"
)

// emitted makes an event happen, and returns the answer.
func (c *client) emitted(body string) service.Emitted {
	c.t.Helper()
	return is[service.Emitted](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/emit", body)
}

func inBody(t *testing.T, body []byte, path string) string {
	t.Helper()
	value, err := payload.Get(body, path)
	assert.NilError(t, err, "%s of %s", path, body)
	return strings.Trim(string(value), `"`)
}

func TestWhatAnEmissionSetsSticks(t *testing.T) {
	c := newClient(t, nil)
	target := newTarget(t)
	c.register(target.URL, rtk.EventTypes()...)
	first := c.emitted(`{"event":"meeting.started","meeting_id":"room-7","set":{"meeting.title":"Standup","meeting.organizedBy.name":"Clinic"}}`)
	assert.Assert(t, first.Made)
	assert.Equal(t, first.MeetingID, "room-7")
	assert.Equal(t, text(t, c.do(200, "meetings.getMeetingByID", nil, "room-7"), "data.title"), "Standup")
	c.emitted(`{"event":"meeting.participantJoined","meeting_id":"room-7","who":"mary","set":{"participant.customParticipantId":"u-1","participant.userDisplayName":"Mary"}}`)
	left := c.emitted(`{"event":"meeting.participantLeft","meeting_id":"room-7","who":"mary"}`)
	assert.Assert(t, !left.Made)
	for path, want := range map[string]string{
		"meeting.id": "room-7", "meeting.title": "Standup", "meeting.organizedBy.name": "Clinic",
		"participant.customParticipantId": "u-1", "participant.userDisplayName": "Mary",
	} {
		assert.Equal(t, inBody(t, left.Body, path), want, path)
	}
	people := c.do(200, "meetings.getMeetingParticipants", nil, "room-7")
	assert.Assert(t, is_.Contains(fmt.Sprint(people["data"]), "custom_participant_id:u-1"))
	ended := c.emitted(`{"event":"meeting.ended","set":{"meeting.id":"room-7"}}`)
	assert.Equal(t, inBody(t, ended.Body, "meeting.sessionId"), inBody(t, first.Body, "meeting.sessionId"))
	again := c.emitted(`{"event":"meeting.started","meeting_id":"room-7"}`)
	assert.Assert(t, inBody(t, again.Body, "meeting.sessionId") != inBody(t, first.Body, "meeting.sessionId"), "a meeting has many sessions")
	assert.Equal(t, inBody(t, again.Body, "meeting.title"), "Standup")
	long := strings.Repeat("x", 300)
	c.refused(400, "POST", "/_rtkmock/emit", `{"event":"meeting.started","set":{"meeting.id":"`+long+`"}}`)
	c.refused(400, "POST", "/_rtkmock/emit", `{"event":"meeting.started","meeting_id":"room-7","set":{"meeting.id":"room-8"}}`)
	c.refused(400, "POST", "/_rtkmock/meetings/"+long+"/join", "")
	all := c.do(200, "sessions.getSessions", nil, "?associated_id=room-7&sort_order=ASC")
	assert.Equal(t, text(t, all, "data.sessions.0.status"), "ENDED")
	assert.Equal(t, text(t, all, "data.sessions.1.status"), "LIVE")
	assert.Equal(t, c.refused(400, "POST", "/_rtkmock/emit", `{"event":"meeting.started","meeting_id":"room-7"}`),
		`emit: found meeting.started in a session that has started already, want {"session": "next"} before it, once the session has ended`)
}

// Recordings and livestreams keep the ids that a test gives them, too.
func TestTheIDOfARecordingSticks(t *testing.T) {
	c := newClient(t, nil)
	c.register(newTarget(t).URL, rtk.EventTypes()...)
	c.emitted(`{"event":"meeting.started","meeting_id":"room"}`)
	first := c.emitted(`{"event":"recording.statusUpdate","meeting_id":"room","set":{"recording.recordingId":"rec-1"}}`)
	assert.Equal(t, inBody(t, first.Body, "recording.id"), "rec-1")
	uploaded := c.emitted(`{"event":"recording.statusUpdate","meeting_id":"room","set":{"recording.status":"UPLOADED"}}`)
	assert.Equal(t, inBody(t, uploaded.Body, "recording.recordingId"), "rec-1")
	shown := c.do(200, "recordings.getOneRecording", nil, "rec-1")
	assert.Equal(t, text(t, shown, "data.download_url"), inBody(t, uploaded.Body, "recording.downloadUrl"))
	other := c.emitted(`{"event":"recording.statusUpdate","meeting_id":"room","set":{"recording.id":"rec-2"}}`)
	assert.Equal(t, inBody(t, other.Body, "recording.recordingId"), "rec-2")
	c.do(200, "recordings.getOneRecording", nil, "rec-1")
	c.emitted(`{"event":"livestreaming.statusUpdate","meeting_id":"room","set":{"streamId":"stream-1"}}`)
	offline := c.emitted(`{"event":"livestreaming.statusUpdate","meeting_id":"room","set":{"status":"OFFLINE"}}`)
	assert.Equal(t, inBody(t, offline.Body, "streamId"), "stream-1")
	c.do(200, "livestreams.getLivestreamSessionForLivestreamID", nil, "stream-1")
	// A recording that a call began keeps its id; another id means another recording.
	third := text(t, c.do(201, "recordings.startRecordings", map[string]any{"meeting_id": "room", "allow_multiple_recordings": true}), "data.id")
	c.emitted(fmt.Sprintf(`{"event":"recording.statusUpdate","meeting_id":"room","set":{"recording.id":%q,"recording.status":"UPLOADED"}}`, third))
	assert.Equal(t, text(t, c.do(200, "recordings.getOneRecording", nil, third), "data.status"), "UPLOADED")
	assert.Equal(t, text(t, c.do(200, "recordings.getOneRecording", nil, "rec-2"), "data.status"), "RECORDING")
	// One without a name may get it later.
	c.emitted(`{"event":"recording.statusUpdate","meeting_id":"room","which":"late"}`)
	c.emitted(`{"event":"recording.statusUpdate","meeting_id":"room","which":"late","set":{"recording.status":"UPLOADED","recording.id":"rec-4"}}`)
	assert.Equal(t, text(t, c.do(200, "recordings.getOneRecording", nil, "rec-4"), "data.status"), "UPLOADED")
	// The state has them, and an upload that waits for its time finds its recording.
	c.emitted(`{"event":"recording.statusUpdate","meeting_id":"room","set":{"recording.status":"UPLOADING","recording.id":"rec-2"}}`)
	data, err := c.Snapshot()
	assert.NilError(t, err)
	state, err := service.ParseSnapshot(data)
	assert.NilError(t, err)
	assert.NilError(t, c.Restore(state))
	c.do(200, "recordings.getOneRecording", nil, "rec-2")
}

// An event can be of a meeting and a participant that calls of the API made, and
// go on with a recording that a call began.
func TestAnEmissionMeansTheMeetingOfTheAPI(t *testing.T) {
	c := newClient(t, nil)
	c.register(newTarget(t).URL, rtk.EventTypes()...)
	id := text(t, c.do(201, "meetings.create", map[string]any{"title": "Board"}), "data.id")
	mary := text(t, c.do(201, "meetings.addParticipant", map[string]any{"custom_participant_id": "u-1", "preset_name": "host", "name": "Mary"}, id), "data.id")
	c.emitted(fmt.Sprintf(`{"event":"meeting.started","meeting_id":%q,"who":"u-1"}`, id))
	joined := c.emitted(fmt.Sprintf(`{"event":"meeting.participantJoined","meeting_id":%q,"set":{"participant.customParticipantId":"u-1"}}`, id))
	assert.Equal(t, inBody(t, joined.Body, "participant.userDisplayName"), "Mary")
	recording := text(t, c.do(201, "recordings.startRecordings", map[string]any{"meeting_id": id}), "data.id")
	uploaded := c.emitted(fmt.Sprintf(`{"event":"recording.statusUpdate","meeting_id":%q,"set":{"recording.status":"UPLOADED"}}`, id))
	assert.Equal(t, inBody(t, uploaded.Body, "recording.id"), recording)
	shown := c.do(200, "recordings.getOneRecording", nil, recording)
	assert.Equal(t, text(t, shown, "data.download_url"), inBody(t, uploaded.Body, "recording.downloadUrl"))
	assert.Equal(t, fmt.Sprint(at(t, shown, "data.file_size")), inBody(t, uploaded.Body, "recording.fileSize"))
	c.emitted(fmt.Sprintf(`{"event":"meeting.participantLeft","meeting_id":%q,"who":%q}`, id, mary))
	session := text(t, c.do(200, "sessions.getSessions", nil), "data.sessions.0.id")
	assert.Equal(t, text(t, c.do(200, "sessions.getSessionParticipants", nil, session), "data.participants.0.user_id"), mary)
}

// What an emission has left unsaid is not said of a session that a door has ended and
// another one has followed.
func TestAnEmissionMeansTheLiveSession(t *testing.T) {
	c := newClient(t, nil)
	c.register(newTarget(t).URL, rtk.EventTypes()...)
	first := c.emitted(`{"event":"meeting.started","meeting_id":"room-7"}`)
	c.door("meetings/room-7/end", nil)
	c.door("meetings/room-7/join", map[string]any{"name": "Mary"})
	joined := c.emitted(`{"event":"meeting.participantJoined","meeting_id":"room-7"}`)
	assert.Assert(t, inBody(t, joined.Body, "meeting.sessionId") != inBody(t, first.Body, "meeting.sessionId"))
	live := c.do(200, "activeSession.getActiveSession", nil, "room-7")
	assert.Equal(t, inBody(t, joined.Body, "meeting.sessionId"), text(t, live, "data.id"))
	assert.Equal(t, at(t, live, "data.live_participants"), 2.0)
}

func TestAPlayMeansTheMeetingOfTheAPI(t *testing.T) {
	c := newClient(t, nil)
	target := newTarget(t)
	c.register(target.URL, rtk.EventTypes()...)
	play := is[service.Play](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/plays",
		`{"scenario":"weekly-sync","meeting_id":"room-7","set":{"meeting.title":"Board","title":"Board"}}`)
	assert.Assert(t, play.Made)
	c.quiet()
	assert.Assert(t, len(target.all()) > 5)
	for _, d := range target.all() {
		assert.Assert(t, d.valid)
		assert.Assert(t, is_.Contains(d.body, `"room-7"`), d.body)
		assert.Assert(t, d.event == "meeting.summary" || strings.Contains(d.body, `"Board"`), d.body) // that one has no title
		_, err := schemas.ValidateEvent([]byte(d.body), schemas.Open)
		assert.NilError(t, err)
	}
	assert.Equal(t, text(t, c.do(200, "meetings.getMeetingByID", nil, "room-7"), "data.title"), "Board")
	assert.Equal(t, text(t, c.do(200, "sessions.getSessions", nil, "?associated_id=room-7"), "data.sessions.0.status"), "ENDED")
	again := is[service.Play](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/plays", `{"scenario":"weekly-sync","meeting_id":"room-7"}`)
	assert.Assert(t, !again.Made)
	c.quiet()
	assert.Equal(t, at(t, c.do(200, "sessions.getSessions", nil, "?associated_id=room-7"), "paging.total_count"), 2.0)
	is[service.Play](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/plays", `{"scenario":"weekly-sync"}`)
	c.quiet()
	assert.Equal(t, at(t, c.do(200, "meetings.get", nil), "paging.total_count"), 2.0, "a play without an id is shown, too")
}

func TestWhoeverGetsNothingIsTold(t *testing.T) {
	c := newClient(t, nil)
	assert.Equal(t, c.emitted(`{"event":"meeting.started"}`).Note, "no webhook is registered")
	c.register(newTarget(t).URL, rtk.MeetingEnded)
	assert.Equal(t, c.emitted(`{"event":"meeting.started"}`).Note, "no enabled webhook of the app is subscribed to meeting.started")
	assert.Equal(t, c.emitted(`{"event":"meeting.ended"}`).Note, "")
	assert.Assert(t, is_.Contains(c.emitted(`{"event":"meeting.ended","account_id":"a","app_id":"b"}`).Note, "other apps have"))
	assert.Equal(t, c.door("meetings/room/join", nil)["note"], "no enabled webhook of the app is subscribed to meeting.started")
	recording := c.door("meetings/room/record", nil)
	assert.Equal(t, recording["note"], "no enabled webhook of the app is subscribed to recording.statusUpdate")
	assert.Equal(t, recording["status"], "RECORDING")
	assert.Equal(t, c.door("meetings/room/record", map[string]any{"action": "pause"})["note"], nil)
	assert.Equal(t, c.door("meetings/room/livestream", nil)["note"], "no enabled webhook of the app is subscribed to livestreaming.statusUpdate")
}

func TestThePredecessorsPathsAnswerTheSameResources(t *testing.T) {
	c := newClient(t, func(o *service.Options) { o.Token = "right" })
	ask := func(method, path, user, password, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
		assert.NilError(t, err)
		if user != "" {
			req.SetBasicAuth(user, password)
		}
		return c.stand.do(req)
	}
	status, made := ask("POST", "/v2/meetings", "org", "right", `{"title":"Standup"}`)
	assert.Equal(t, status, 201, made)
	status, hook := ask("POST", "/v2/webhooks", "org", "right", `{"name":"x","url":"http://localhost/","events":["meeting.ended"]}`)
	assert.Equal(t, status, 201, hook)
	status, list := ask("GET", "/v2/meetings", "org", "right", "")
	assert.Equal(t, status, 200)
	assert.Assert(t, is_.Contains(list, "Standup"))
	req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+"/client/v4/accounts/org/realtime/kit/org/meetings", nil)
	assert.NilError(t, err)
	req.Header.Set("Authorization", "Bearer right")
	status, same := c.stand.do(req)
	assert.Equal(t, status, 200)
	assert.Equal(t, same, list)
	status, _ = ask("GET", "/v2/meetings", "org", "wrong", "")
	assert.Equal(t, status, 401)
	status, _ = ask("GET", "/v2/meetings", "", "", "")
	assert.Equal(t, status, 401)
	status, text := ask("GET", "/v2/rooms", "org", "right", "")
	assert.Equal(t, status, 404)
	assert.Assert(t, is_.Contains(text, `"success":false`))
}

// A page of another site cannot let a name of its own lead to this machine, and
// then use the REST API.
func TestTheRESTAPIAnswersItsOwnHostsAlone(t *testing.T) {
	c := newClient(t, func(o *service.Options) {
		o.AllowHosts, o.BaseURL = []string{"twin.example.com"}, "http://mock.example.org:9010"
	})
	for _, of := range []struct {
		host   string
		want   int
		reason string
	}{
		{"", 200, "the address that it listens on"},
		{"127.0.0.1:1", 200, "an address"},
		{"[::1]:9010", 200, "likewise"},
		{"localhost", 200, "this machine"},
		{"app.localhost:9010", 200, "RFC 6761: this machine"},
		{"rtkmock:9010", 200, "the name of a container"},
		{"mock.example.org:9010", 200, "it advertises this name"},
		{"twin.example.com", 200, "it was allowed"},
		{"TWIN.example.com.", 200, "the same name"},
		{"api.cloudflare.com", 200, "it is intercepted"},
		{"api.realtime.cloudflare.com", 200, "likewise"},
		{"api.dyte.io", 200, "likewise"},
		{"rtk.realtime.cloudflare.com:443", 200, "likewise"},
		{"evil.example.com", 403, "a stranger's name"},
		{"evil.example.com:9010", 403, "with a port"},
		{"api.cloudflare.com.evil.com", 403, "a stranger's name that begins like a known one"},
		{"evil.com.twin.example.com", 403, "or ends like one"},
		{"127.0.0.1.evil.com", 403, "or looks like an address"},
	} {
		for _, path := range []string{kit + "/meetings", "/v2/meetings"} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+path, nil)
			assert.NilError(t, err)
			req.Header.Set("Authorization", "Bearer x")
			if path == "/v2/meetings" {
				req.SetBasicAuth("app", "x")
			}
			req.Host = of.host
			status, text := c.stand.do(req)
			assert.Equal(t, status, of.want, "%s %s: %s: %s", of.host, path, of.reason, text)
		}
	}
}

func TestMeetingsHaveWhatTheirSettingsSay(t *testing.T) {
	c := newClient(t, nil)
	target := newTarget(t)
	c.register(target.URL, rtk.EventTypes()...)
	id := text(t, c.do(201, "meetings.create", map[string]any{
		"record_on_start": true, "live_stream_on_start": true, "session_keep_alive_time_in_secs": 60,
		"recording_config": map[string]any{"max_seconds": 60, "file_name_prefix": "board", "storage_config": map[string]any{"type": "aws", "secret": "hush", "bucket": "b"}},
	}), "data.id")
	events := c.door("meetings/"+id+"/join", map[string]any{"name": "Mary"})["events"]
	assert.Equal(t, fmt.Sprint(events), "[meeting.started meeting.participantJoined recording.statusUpdate livestreaming.statusUpdate]")
	recording := c.do(200, "recordings.getActiveRecordings", nil, id)
	assert.Assert(t, is_.Contains(text(t, recording, "data.output_file_name"), "board_"))
	assert.Equal(t, text(t, recording, "data.storage_config.bucket"), "b")
	assert.Assert(t, !strings.Contains(fmt.Sprint(recording), "hush"), "a secret is not given back")
	c.advance(61 * time.Second)
	c.quiet()
	c.do(404, "recordings.getActiveRecordings", nil, id)
	c.do(200, "meetings.updateMeetingByID", map[string]any{"status": "INACTIVE"}, id)
	c.refused(409, "POST", "/_rtkmock/meetings/"+id+"/join", `{"name":"Bob"}`)
	c.do(200, "activeSession.getActiveSession", nil, id)
	assert.Equal(t, fmt.Sprint(c.door("meetings/"+id+"/leave", map[string]any{"name": "Mary"})["events"]), "[meeting.participantLeft]")
	c.do(200, "activeSession.getActiveSession", nil, id)
	c.advance(60 * time.Second)
	c.do(404, "activeSession.getActiveSession", nil, id)
	c.quiet()
	last := map[string]string{}
	for _, d := range target.all() {
		last[d.event] = d.body
		assert.NilError(t, schemas.CheckTimes([]byte(d.body)))
	}
	assert.Equal(t, inBody(t, []byte(last["meeting.ended"]), "reason"), "ALL_PARTICIPANTS_LEFT")
	assert.Equal(t, inBody(t, []byte(last["livestreaming.statusUpdate"]), "status"), "OFFLINE")
	assert.Assert(t, last["meeting.chatSynced"] != "" && last["meeting.transcript"] == "" && last["meeting.summary"] == "")
}

func TestAStrictServiceKnowsItsPresets(t *testing.T) {
	c := newClient(t, func(o *service.Options) { o.StrictPresets, o.FilterSessions = true, true })
	id := text(t, c.do(201, "meetings.create", map[string]any{}), "data.id")
	c.do(404, "meetings.addParticipant", map[string]any{"custom_participant_id": "u", "preset_name": "host"}, id)
	c.do(201, "presets.create", map[string]any{"name": "host", "config": map[string]any{}, "ui": map[string]any{}})
	c.do(201, "meetings.addParticipant", map[string]any{"custom_participant_id": "u", "preset_name": "host"}, id)
	c.door("meetings/"+id+"/join", nil)
	c.door("meetings/other/join", nil)
	assert.Equal(t, at(t, c.do(200, "sessions.getSessions", nil, "?meeting_id=other"), "paging.total_count"), 1.0)
}
