package service_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is_ "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/schemas"
)

// kit is the base of the REST API of an app.
const kit = "/client/v4/accounts/acc/realtime/kit/app"

// client calls the REST API, and checks the form of each answer.
type client struct {
	*stand
	document *schemas.Document
	answers  map[string]string // pointers to the form of answers, by operation
	called   map[string]bool   // operations with a success
	failed   map[string]bool   // operations with an error
}

func newClient(t *testing.T, change func(*service.Options)) *client {
	t.Helper()
	s := newStand(t, func(o *service.Options) {
		o.Processing = -1
		if change != nil {
			change(o)
		}
	})
	d, err := schemas.NewDocument("answers", rest.OpenAPI())
	assert.NilError(t, err)
	c := &client{s, d, map[string]string{}, map[string]bool{}, map[string]bool{}}
	var source struct {
		Paths map[string]map[string]json.RawMessage
	}
	assert.NilError(t, json.Unmarshal(rest.OpenAPI(), &source))
	for path, methods := range source.Paths {
		for method, text := range methods {
			var o struct {
				OperationID string
				Responses   map[string]json.RawMessage
			}
			if method == "parameters" {
				continue
			}
			assert.NilError(t, json.Unmarshal(text, &o))
			for status := range o.Responses {
				c.answers[o.OperationID+" "+status] = fmt.Sprintf("/paths/%s/%s/responses/%s/content/application~1json/schema", strings.ReplaceAll(path, "/", "~1"), method, status)
			}
		}
	}
	return c
}

// do makes a call for an operation. args fill the path, query follows it.
func (c *client) do(status int, id string, body any, args ...string) map[string]any {
	c.t.Helper()
	i := slices.IndexFunc(rest.Operations(), func(o rest.Operation) bool { return o.ID == id })
	assert.Assert(c.t, i >= 0, id)
	op := rest.Operations()[i]
	path, query := op.Path, ""
	for _, arg := range args {
		if strings.HasPrefix(arg, "?") {
			query = arg
			continue
		}
		from, to := strings.Index(path, "{"), strings.Index(path, "}")
		path = path[:from] + arg + path[to+1:]
	}
	base := kit
	if path == "/apps" {
		base = strings.TrimSuffix(kit, "/app")
	}
	got, text := c.call(op.Method, base+path+query, body)
	assert.Equal(c.t, got, status, "%s: %s", id, text)
	pointer := "/components/schemas/Error"
	if status < 300 {
		assert.Equal(c.t, status, op.Status, id)
		pointer = c.answers[fmt.Sprintf("%s %d", id, status)]
		c.called[id] = true
	} else {
		c.failed[id] = true
	}
	assert.NilError(c.t, c.document.Validate(pointer, []byte(text)), "%s: %s", id, text)
	var out map[string]any
	assert.NilError(c.t, json.Unmarshal([]byte(text), &out))
	return out
}

// at returns a value inside an answer.
func at(t *testing.T, v any, path string) any {
	t.Helper()
	data, err := json.Marshal(v)
	assert.NilError(t, err)
	found, err := payload.Get(data, path)
	assert.NilError(t, err, "%s of %s", path, data)
	var out any
	assert.NilError(t, json.Unmarshal(found, &out))
	return out
}

func text(t *testing.T, v any, path string) string {
	t.Helper()
	s, ok := at(t, v, path).(string)
	assert.Assert(t, ok, path)
	return s
}

// door calls a door of the control API.
func (c *client) door(path string, body any) map[string]any {
	c.t.Helper()
	return is[map[string]any](c.stand, http.StatusAccepted, http.MethodPost, "/_rtkmock/"+path, body)
}

func (c *client) advance(d time.Duration) {
	c.t.Helper()
	is[map[string]any](c.stand, 200, http.MethodPut, "/_rtkmock/clock", map[string]any{"advance_ms": d.Milliseconds()})
}

// Every operation that is built succeeds once and fails once, and what is not
// built says so.
func TestEveryOperationAnswersAsTheDocumentSays(t *testing.T) {
	c := newClient(t, nil)
	c.register(newTarget(t).URL, rtk.EventTypes()...)
	c.do(201, "apps.post", map[string]any{"name": "Clinic"})
	c.do(200, "apps.get", nil, "?search=clinic&per_page=5")
	preset := c.do(201, "presets.create", map[string]any{"name": "host", "config": map[string]any{"view_type": "WEBINAR"}, "ui": map[string]any{}})
	presetID := text(t, preset, "data.id")
	c.do(200, "presets.get", nil)
	c.do(200, "presets.getPresetByID", nil, presetID)
	edited := c.do(200, "presets.update", map[string]any{"permissions": map[string]any{"can_record": false, "polls": map[string]any{"can_vote": false}}}, presetID)
	assert.Equal(t, at(t, edited, "data.permissions.can_record"), false)
	assert.Equal(t, at(t, edited, "data.permissions.polls.can_vote"), false)
	assert.Equal(t, at(t, edited, "data.permissions.polls.can_create"), true, "what is not given stays")
	assert.Equal(t, at(t, edited, "data.config.view_type"), "WEBINAR")
	c.do(200, "presets.replacePresetByID", map[string]any{"name": "presenter", "config": map[string]any{}, "ui": map[string]any{}}, presetID)

	meeting := c.do(201, "meetings.create", map[string]any{"title": "Standup", "summarize_on_end": true, "transcribe_on_end": true})
	id := text(t, meeting, "data.id")
	c.do(200, "meetings.get", nil, "?search=STAND&status=ACTIVE&per_page=3&page_no=1")
	c.do(200, "meetings.getMeetingByID", nil, id)
	c.do(200, "meetings.updateMeetingByID", map[string]any{"persist_chat": true}, id)
	c.do(200, "meetings.replaceMeetingByID", map[string]any{"title": "Daily", "summarize_on_end": true, "transcribe_on_end": true}, id)
	added := c.do(201, "meetings.addParticipant", map[string]any{"custom_participant_id": "u-1", "preset_name": "presenter", "name": "Mary"}, id)
	mary := text(t, added, "data.id")
	c.do(200, "meetings.getMeetingParticipants", nil, id)
	c.do(200, "meetings.getMeetingParticipant", nil, id, mary)
	c.do(200, "meetings.editParticipant", map[string]any{"name": "Mary Sue"}, id, mary)
	c.do(200, "meetings.refreshParticipantToken", nil, id, mary)

	c.door("meetings/"+id+"/join", map[string]any{"participant_id": mary})
	c.door("meetings/"+id+"/join", map[string]any{"name": "Bob"})
	c.do(200, "activeSession.getActiveSession", nil, id)
	c.do(200, "activeSession.createPoll", map[string]any{"question": "Coffee?", "options": []string{"yes", "no"}}, id)
	recording := text(t, c.do(201, "recordings.startRecordings", map[string]any{"meeting_id": id, "file_name_prefix": "board"}), "data.id")
	c.do(200, "recordings.getActiveRecordings", nil, id)
	c.do(200, "recordings.pauseResumeStopRecording", map[string]any{"action": "pause"}, recording)
	c.do(200, "recordings.pauseResumeStopRecording", map[string]any{"action": "resume"}, recording)
	c.advance(90 * time.Second)
	c.do(200, "recordings.pauseResumeStopRecording", map[string]any{"action": "stop"}, recording)
	track := c.do(201, "recordings.startTrackRecording", map[string]any{"meeting_id": id, "layers": map[string]any{"speech": map[string]any{"media_kind": "audio"}}})
	stream := text(t, c.do(201, "livestreams.startLivestreamingAMeeting", map[string]any{"name": "Town hall"}, id), "data.id")
	c.do(200, "livestreams.getMeetingActiveLivestreams", nil, id)
	c.do(200, "livestreams.getAllLivestreams", nil, "?status=LIVE&sort_order=DSC")
	run := text(t, c.do(200, "livestreams.getLivestreamSessionForLivestreamID", nil, stream), "data.session.id")
	c.do(200, "livestreams.getActiveLivestreamsForLivestreamID", nil, stream)
	c.do(200, "livestreams.getLivestreamSessionDetailsForSessionID", nil, run)
	c.do(200, "livestreams.stopLivestreamingAMeeting", nil, id)
	c.do(200, "activeSession.kickParticipants", map[string]any{"custom_participant_ids": []string{"u-1"}}, id)
	c.do(200, "activeSession.kickAllParticipants", nil, id)
	c.quiet()

	c.do(200, "recordings.getRecordings", nil, "?meeting_id="+id+"&status=UPLOADED&status=UPLOADING&expired=false&sort_by=invokedTime")
	c.do(200, "recordings.getOneRecording", nil, recording)
	trackID := text(t, track, "data.recording.id")
	assert.Equal(t, text(t, c.do(200, "recordings.getOneRecording", nil, trackID), "data.status"), "RECORDING", "in practice, it runs on")
	c.do(200, "recordings.pauseResumeStopRecording", map[string]any{"action": "stop"}, trackID)
	c.quiet()
	assert.Equal(t, text(t, c.do(200, "recordings.getOneRecording", nil, trackID), "data.download_url.0.layer_name"), "speech")
	session := text(t, c.do(200, "sessions.getSessions", nil, "?associated_id="+id+"&status=ENDED&sort_by=minutesConsumed&sort_order=ASC"), "data.sessions.0.id")
	c.do(200, "sessions.getSessionDetails", nil, session, "?include_breakout_rooms=true")
	c.do(200, "sessions.getSessionParticipants", nil, session, "?include_peer_events=true&sort_by=duration&sort_order=DESC&view=raw")
	c.do(200, "sessions.getSessionParticipantDetails", nil, session, mary, "?include_peer_events=true")
	c.do(200, "sessions.getSessionChat", nil, session)
	c.do(200, "sessions.getSessionTranscripts", nil, session, "?format=VTT")
	c.do(200, "sessions.getSessionSummary", nil, session)
	c.do(200, "sessions.generateSummaryOfTranscripts", nil, session)
	c.do(200, "meetings.deleteMeetingParticipant", nil, id, mary)
	c.do(200, "presets.delete", nil, presetID)
	hook := text(t, c.do(201, "webhooks.createWebhook", map[string]any{"name": "x", "url": "http://localhost:1/", "events": []string{"meeting.ended"}}), "data.id")
	c.do(200, "webhooks.getWebhooks", nil)
	c.do(200, "webhooks.getAllEvents", nil)
	c.do(200, "webhooks.getWebhookByID", nil, hook)
	c.do(200, "webhooks.editWebhook", map[string]any{"enabled": false}, hook)
	c.do(200, "webhooks.replaceWebhook", map[string]any{"name": "y", "url": "http://localhost:1/", "events": []string{"meeting.ended"}}, hook)
	c.do(200, "webhooks.deleteWebhook", nil, hook)

	c.mistakes(id)
	for _, op := range rest.Operations() {
		if op.Do == nil && !strings.HasPrefix(op.ID, "webhooks.") {
			got, answer := c.call(op.Method, kit+strings.NewReplacer("{meeting}", id, "{peer}", "p").Replace(op.Path), map[string]any{})
			assert.Equal(t, got, http.StatusNotImplemented, op.ID)
			assert.Assert(t, is_.Contains(answer, op.ID))
			assert.Assert(t, is_.Contains(answer, op.Doc()))
			continue
		}
		assert.Assert(t, c.called[op.ID], "%s was not called", op.ID)
		if op.ID != "apps.get" && op.ID != "webhooks.getWebhooks" && op.ID != "webhooks.getAllEvents" && op.ID != "presets.get" {
			assert.Assert(t, c.failed[op.ID], "%s did not fail", op.ID)
		}
	}
}

// mistakes makes a mistake with each operation.
func (c *client) mistakes(id string) {
	const none = "0f000000-0000-4000-8000-000000000000"
	body := map[string]any{"custom_participant_id": "u", "preset_name": "p", "name": "n", "config": map[string]any{}, "ui": map[string]any{}}
	for _, op := range rest.Operations() {
		if op.Do == nil || strings.Contains(op.Path, "{") == false {
			continue
		}
		given := map[string]any{"action": "stop", "question": "?", "options": []string{"a"}}
		for name, value := range body {
			given[name] = value
		}
		var in any = given
		if op.Method == http.MethodGet {
			in = nil
		}
		var args []string
		for range strings.Count(op.Path, "{") {
			args = append(args, none)
		}
		c.do(404, op.ID, in, args...)
	}
	for _, m := range []struct {
		id   string
		body any
		args []string
		want string
	}{
		{"apps.post", map[string]any{}, nil, "name: found nothing"},
		{"meetings.create", map[string]any{"record_on_start": "yes"}, nil, `record_on_start: found "yes", want true or false`},
		{"meetings.create", map[string]any{"ai_config": map[string]any{"summarization": map[string]any{"summary_type": "generl"}}}, nil, `did you mean "general"?`},
		{"meetings.create", `{"title":"a","title":"b"}`, nil, "title"},
		{"meetings.create", `[]`, nil, "want an object"},
		{"meetings.create", strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), nil, "levels"},
		{"meetings.updateMeetingByID", map[string]any{"status": "OPEN"}, []string{id}, `status: found "OPEN", want "ACTIVE" or "INACTIVE"`},
		{"meetings.addParticipant", map[string]any{"name": "Mary"}, []string{id}, "custom_participant_id: found nothing"},
		{"meetings.get", nil, []string{"?status=OPEN"}, `status: found "OPEN", want one of ACTIVE, INACTIVE`},
		{"meetings.get", nil, []string{"?page_no=0"}, `page_no: found "0", want a whole number from 1`},
		{"meetings.get", nil, []string{"?start_time=yesterday"}, `start_time: found "yesterday", want a time`},
		{"recordings.startRecordings", map[string]any{"meeting_id": id, "max_seconds": 5}, nil, "max_seconds: found 5, want a number of at least 60"},
		{"recordings.startTrackRecording", map[string]any{}, nil, "meeting_id: found nothing"},
		{"recordings.getRecordings", nil, []string{"?status=DONE"}, `status: found "DONE"`},
		{"sessions.getSessions", nil, []string{"?sort_by=title"}, `sort_by: found "title"`},
		{"livestreams.getAllLivestreams", nil, []string{"?per_page=many"}, `per_page: found "many"`},
		{"presets.create", map[string]any{"name": "x"}, nil, "found nothing"},
		{"webhooks.createWebhook", map[string]any{"name": "x"}, nil, "url: found none"},
	} {
		message := text(c.t.(*testing.T), c.do(400, m.id, m.body, m.args...), "error.message")
		assert.Assert(c.t, is_.Contains(message, m.want))
		assert.Assert(c.t, !strings.Contains(message, "\n"))
	}
	for _, o := range []string{"webhooks.getWebhookByID", "webhooks.deleteWebhook"} {
		c.do(404, o, nil, none)
	}
	hook := map[string]any{"name": "x", "url": "http://localhost/", "events": []string{"meeting.ended"}}
	c.do(404, "webhooks.editWebhook", hook, none)
	c.do(404, "webhooks.replaceWebhook", hook, none)
	c.do(400, "meetings.getMeetingParticipants", nil, id, "?per_page=0")
}

func TestWhatTheTableAndTheDocumentHaveIsTheSame(t *testing.T) {
	c := newClient(t, nil)
	for _, op := range rest.Operations() {
		built := op.Do != nil || strings.HasPrefix(op.ID, "webhooks.")
		_, described := c.answers[fmt.Sprintf("%s %d", op.ID, op.Status)]
		assert.Equal(t, described, built, op.ID)
	}
}

// The README lists what is not built, by the names that the SDKs have for it.
func TestTheREADMEListsWhatIsNotBuilt(t *testing.T) {
	text, err := os.ReadFile("README.md")
	assert.NilError(t, err)
	_, section, ok := strings.Cut(string(text), "These calls of the SDKs are not built.")
	assert.Assert(t, ok)
	section, _, _ = strings.Cut(section, "\n\n")
	listed := []string{}
	for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(section, -1) {
		listed = append(listed, name[1])
	}
	want := []string{"analytics.getOrgAnalytics"} // the SDKs have livestreams.getOrgAnalytics under this name, too
	for _, op := range rest.Operations() {
		if op.Do == nil && !strings.HasPrefix(op.ID, "webhooks.") {
			want = append(want, op.ID)
		}
	}
	slices.Sort(want)
	slices.Sort(listed)
	assert.DeepEqual(t, listed, want)
}
