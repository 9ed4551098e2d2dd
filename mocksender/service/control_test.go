package service_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gotest.tools/v3/assert"
	is_ "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
	"github.com/rtkmock/rtkmock/schemas"
)

// document is the part of the OpenAPI document that tests read.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Responses   map[string]struct {
			Content map[string]struct{ Schema json.RawMessage }
		}
	}
}

func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	assert.NilError(t, json.Unmarshal(service.OpenAPI(), &d))
	return d
}

// schema compiles what the document says of an answer.
func schema(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	assert.NilError(t, c.AddResource("openapi.json", strings.NewReader(string(service.OpenAPI()))))
	s, err := c.Compile("openapi.json#" + pointer)
	assert.NilError(t, err, pointer)
	return s
}

func TestEveryRouteIsInTheDocumentAndAnswersItsMethodsAlone(t *testing.T) {
	s := newStand(t, nil)
	for path, operations := range readDocument(t).Paths {
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			if _, ok := operations[method]; ok {
				continue
			}
			message := s.refused(405, strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "1"), nil)
			for listed := range operations {
				assert.Assert(t, is_.Contains(message, strings.ToUpper(listed)))
			}
			assert.Equal(t, strings.Count(message, " or "), len(operations)-1, "%s: %s", path, message)
		}
	}
	assert.Equal(t, len(readDocument(t).Paths), service.ControlRoutes(s.Service))
}

// Each operation is called once, and its answer has the form that the document
// gives.
func TestAnswersHaveTheFormOfTheDocument(t *testing.T) {
	s := newStand(t, nil)
	s.register(newTarget(t, 503).URL, rtk.EventTypes()...)
	d := readDocument(t)
	called := map[string]bool{}
	recording, webhook := "", ""
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"get", "health", "", 200}, {"get", "openapi.json", "", 200}, {"get", "webhooks", "", 200},
		{"post", "webhooks", `{"name":"x","url":"http://localhost/","events":["meeting.ended"]}`, 201}, {"delete", "webhooks/WEBHOOK", "", 200},
		{"post", "emit", `{"event":"recording.statusUpdate","set":{"recording.status":"UPLOADED"},"who":"mary","faults":[{"attempt":1,"fault":"lose-response"}],"mutations":["signature/other-key"]}`, 202},
		{"post", "wait", `{"timeout_ms":60000}`, 200},
		{"get", "deliveries?state=delivered&limit=5&event=recording.statusUpdate", "", 200},
		{"get", "deliveries/1", "", 200}, {"post", "deliveries/1/resend", `{"new_uuid":true}`, 202},
		{"get", "scenarios", "", 200}, {"get", "words", "", 200}, {"post", "plays", `{"scenario":"lost-response","seed":3}`, 202},
		{"post", "wait", ``, 200},
		{"get", "plays", "", 200}, {"get", "plays/1", "", 200}, {"delete", "plays/1", "", 200},
		{"get", "key", "", 200}, {"put", "key", `{"fault":"status-500"}`, 200}, {"post", "key/rotate", "", 200},
		{"get", "api", "", 200}, {"put", "api", `{"fault":"status-429"}`, 200}, {"put", "api", `{"fault":"none"}`, 200},
		{"get", "clock", "", 200}, {"put", "clock", `{"scale":0.5,"advance_ms":1}`, 200},
		{"get", "rest.json", "", 200}, {"post", "meetings", `{"id":"1","title":"Standup"}`, 202}, {"get", "meetings?app_id=app&search=stand&live=false&offset=0&limit=5", "", 200},
		{"post", "meetings/1/join", `{"name":"Mary"}`, 202}, {"get", "meetings/1", "", 200},
		{"post", "meetings/1/livestream", "", 202}, {"post", "meetings/1/record", "", 202}, {"post", "recordings/RECORDING/advance", "", 202},
		{"post", "meetings/1/leave", "", 202}, {"post", "meetings/1/artifacts/transcript", "", 202},
		{"post", "meetings/1/join", "", 202}, {"post", "meetings/1/end", "", 202},
		{"get", "snapshot", "", 200}, {"post", "restore", `{"meetings":[{"account_id":"acc","app_id":"app"}]}`, 200},
		{"post", "reset", `{"keep_webhooks":true}`, 200}, {"post", "reset", "", 200},
	} {
		path, _, _ := strings.Cut(c.path, "?")
		template := "/_rtkmock/" + strings.NewReplacer("/1", "/{id}", "RECORDING", "{id}", "WEBHOOK", "{id}", "/transcript", "/{kind}").Replace(path)
		c.path = strings.NewReplacer("RECORDING", recording, "WEBHOOK", webhook).Replace(c.path)
		operation, ok := d.Paths[template][c.method]
		assert.Assert(t, ok, "%s %s", c.method, template)
		called[operation.OperationID] = true
		status, text := s.call(strings.ToUpper(c.method), "/_rtkmock/"+c.path, c.body)
		assert.Equal(t, status, c.status, "%s: %s", c.path, text)
		var v any
		assert.NilError(t, json.Unmarshal([]byte(text), &v))
		switch id, _ := v.(map[string]any)["id"].(string); operation.OperationID {
		case "record":
			recording = id
		case "registerWebhook":
			webhook = id
		}
		pointer := fmt.Sprintf("/paths/%s/%s/responses/%d/content/application~1json/schema", strings.ReplaceAll(template, "/", "~1"), c.method, c.status)
		assert.NilError(t, schema(t, pointer).Validate(v), "%s %s: %s", c.method, c.path, text)
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			assert.Assert(t, called[o.OperationID] || o.OperationID == "events", "%s %s was not called", method, path)
		}
	}
}

func TestMistakesInControlAreOneSentence(t *testing.T) {
	s := newStand(t, nil)
	s.register("http://localhost:1/", rtk.MeetingStarted)
	form := schema(t, "/components/schemas/Error")
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "emit", `{"event":"meeting.start"}`, 400, `event: found "meeting.start", want one of`},
		{"POST", "emit", `{"event":"meeting.started","sett":{}}`, 400, `unknown field "sett"`},
		{"POST", "emit", `{"event":"meeting.started","set":{"meeting.titel.x":1}}`, 400, `"meeting.titel.x", which leads nowhere`},
		{"POST", "emit", `{"event":"meeting.started","mutations":["x"]}`, 400, "mutations: "},
		{"POST", "emit", `{"event":"meeting.started","faults":[{"fault":"explode"}]}`, 400, "faults: "},
		{"POST", "emit", `{"event":"meeting.started","faults":[{"fault":"reset","chance":2}]}`, 400, "faults: found"},
		{"GET", "deliveries?state=lost", ``, 400, `state: found "lost"`},
		{"GET", "deliveries?limit=5000", ``, 400, "limit: found 5000"},
		{"GET", "deliveries?before=x", ``, 400, `before: found "x"`},
		{"GET", "deliveries/7", ``, 404, "delivery 7"},
		{"GET", "deliveries/x", ``, 404, "whole number"},
		{"POST", "deliveries/7/resend", ``, 404, "delivery 7"},
		{"POST", "wait", `{"timeout_ms":-1}`, 400, "timeout_ms: found -1"},
		{"POST", "plays", `{}`, 400, "want either scenario"},
		{"POST", "plays", `{"scenario":"weekly-snyc"}`, 400, `did you mean "weekly-sync"?`},
		{"POST", "plays", `{"script":{"title":"x","steps":[{"emit":"nothing"}]}}`, 400, "step 1: emit"},
		{"GET", "plays/7", ``, 404, "play"},
		{"DELETE", "plays/7", ``, 404, "play 7"},
		{"PUT", "key", `{"fault":"broken"}`, 400, "fault: "},
		{"PUT", "key", `{}`, 400, "fault: found none"},
		{"PUT", "clock", `{"scale":-1}`, 400, "scale: found -1"},
		{"POST", "plays", `{"scenario":"weekly-sync","account_id":"acc","app_id":"nobody"}`, 409, "no enabled webhook"},
		{"POST", "meetings", `{"session_keep_alive_time_in_secs":"soon"}`, 400, "fit: session_keep_alive_time_in_secs: found string, want a number"},
		{"GET", "meetings?live=yes", ``, 400, `live: found "yes"`},
		{"GET", "meetings?limit=101", ``, 400, "limit, offset: found 101 and 0"},
		{"GET", "meetings?offset=-1", ``, 400, `offset: found "-1"`},
		{"POST", "restore", `{"metings":[]}`, 400, `"message":"state: $.metings`},
		{"POST", "webhooks", `{"name":"x","url":"ftp://x","events":["meeting.ended"]}`, 400, `url: found "ftp://x"`},
		{"POST", "webhooks", `{"url":"http://x","events":["meeting.ended"]}`, 400, "name: found none"},
		{"POST", "webhooks", `{"name":"x","url":"http://x","events":[]}`, 400, "events: found an empty array"},
		{"DELETE", "webhooks/x", ``, 404, `webhook "x"`},
		{"GET", "nothing", ``, 404, "no such route"},
	} {
		status, text := s.call(c.method, "/_rtkmock/"+c.path, c.body)
		assert.Equal(t, status, c.status, "%s %s: %s", c.method, c.path, text)
		assert.Assert(t, is_.Contains(strings.ReplaceAll(text, `\"`, `"`), c.want))
		var v any
		assert.NilError(t, json.Unmarshal([]byte(text), &v))
		assert.NilError(t, form.Validate(v))
	}
	assert.Equal(t, s.Health().LastID, uint64(0), "nothing was delivered")
}

func TestEventsOfAMeetingBelongTogether(t *testing.T) {
	s := newStand(t, nil)
	session := func(event string, more ...string) string {
		body := fmt.Sprintf(`{"event":%q%s}`, event, strings.Join(more, ""))
		out := is[service.Emitted](s, 202, http.MethodPost, "/_rtkmock/emit", body)
		_, err := schemas.ValidateEvent(out.Body, schemas.Strict)
		assert.NilError(t, err, "%s", out.Body)
		var e struct {
			Meeting     struct{ SessionID string }
			Participant struct{ CustomParticipantID string }
			Recording   struct{ Status string }
		}
		assert.NilError(t, json.Unmarshal(out.Body, &e))
		return e.Meeting.SessionID + e.Participant.CustomParticipantID + e.Recording.Status
	}
	first := session("meeting.started")
	mary := session("meeting.participantJoined", `,"who":"mary"`)
	assert.Assert(t, strings.HasPrefix(mary, first))
	assert.Equal(t, session("meeting.participantLeft", `,"who":"mary"`), mary)
	assert.Equal(t, session("recording.statusUpdate", `,"set":{"recording.status":"UPLOADED"}`), first+"UPLOADED")
	assert.Equal(t, session("meeting.ended"), first)
	assert.Equal(t, session("meeting.transcript"), first)
	second := session("meeting.started")
	assert.Assert(t, second != first)
	assert.Assert(t, session("meeting.started", `,"meeting":"other"`) != second)
	assert.Equal(t, session("meeting.ended"), second)
	session("meeting.summary", `,"meeting":"a meeting that never was"`)
	session("meeting.participantLeft", `,"meeting":"nor this"`)
}

func TestALinkLeadsToItsArtifactUntilItExpires(t *testing.T) {
	now := time.Now()
	s := newStand(t, nil)
	s.Artifacts().Clock = func() time.Time { return now }
	out := s.emit(rtk.MeetingTranscript)
	var e struct{ TranscriptDownloadURL string }
	assert.NilError(t, json.Unmarshal(out.Body, &e))
	status, text := s.call(http.MethodGet, strings.TrimPrefix(e.TranscriptDownloadURL, s.url), nil)
	assert.Equal(t, status, 200)
	assert.Assert(t, strings.Contains(text, ","), text)
	now = now.Add(8 * 24 * time.Hour) // "7 days"
	status, _ = s.call(http.MethodGet, strings.TrimPrefix(e.TranscriptDownloadURL, s.url), nil)
	assert.Equal(t, status, 403)
	status, _ = s.call(http.MethodGet, "/artifacts/../_rtkmock/../../etc/passwd", nil)
	assert.Assert(t, status == 404 || status == 405 || status == 301, "%d", status)
}

func TestAScenarioIsPlayedToWhoIsSubscribed(t *testing.T) {
	s := newStand(t, nil)
	a, b := newTarget(t), newTarget(t)
	s.register(a.URL, rtk.EventTypes()...)
	s.register(b.URL, rtk.MeetingStarted)
	p := is[service.Play](s, 202, http.MethodPost, "/_rtkmock/plays", `{"scenario":"duplicate-one-by-one","seed":1}`)
	s.quiet()
	p = is[service.Play](s, 200, http.MethodGet, "/_rtkmock/plays/1", nil)
	assert.Equal(t, p.State, service.Complete, "%+v", p)
	for _, step := range p.Steps {
		assert.Assert(t, step.Status == "met" || step.Status == "not-judged", "%+v", step)
	}
	uuids := map[string]int{}
	for _, g := range a.all() {
		assert.Assert(t, g.valid)
		uuids[g.uuid]++
	}
	assert.Assert(t, len(uuids) < len(a.all()), "a duplicate stays one")
	for _, g := range b.all() {
		assert.Equal(t, g.event, "meeting.started")
		assert.Equal(t, uuids[g.uuid], 0, "each webhook has uuids of its own")
	}
	ds, err := s.Deliveries(store.Filter{Play: p.ID, Limit: 1000})
	assert.NilError(t, err)
	assert.Equal(t, len(ds), len(a.all())+len(b.all()))
}

func TestRotationAndFaultsReachTheKeyEndpoint(t *testing.T) {
	s := newStand(t, nil)
	before := is[service.KeyStatus](s, 200, http.MethodGet, "/_rtkmock/key", nil)
	after := is[service.KeyStatus](s, 200, http.MethodPost, "/_rtkmock/key/rotate", nil)
	assert.Assert(t, before.Fingerprint != after.Fingerprint)
	_, document := s.call(http.MethodGet, rtk.KeyDocumentPath, nil)
	quoted, err := json.Marshal(after.PublicKey)
	assert.NilError(t, err)
	assert.Assert(t, is_.Contains(document, string(quoted)))
	is[service.KeyStatus](s, 200, http.MethodPut, "/_rtkmock/key", `{"fault":"status-500"}`)
	status, _ := s.call(http.MethodGet, rtk.KeyDocumentPath, nil)
	assert.Equal(t, status, 500)
	is[service.Health](s, 200, http.MethodPost, "/_rtkmock/reset", nil)
	assert.Equal(t, s.Keys().Fault(), wellknown.None)
}

func TestWaitSaysThatItIsNotQuiet(t *testing.T) {
	s := waiting(t, nil)
	s.register(newTarget(t, 503).URL, rtk.MeetingStarted)
	s.emit(rtk.MeetingStarted)
	message := s.refused(504, http.MethodPost, "/_rtkmock/wait", `{"timeout_ms":1}`)
	assert.Assert(t, is_.Contains(message, "not quiet yet (deliveries pending: 1, scenarios played: 0)"))
	is[service.Health](s, 200, http.MethodPost, "/_rtkmock/reset", nil)
	s.quiet()
	assert.Equal(t, len(s.Webhooks()), 0)
	assert.Equal(t, len(is[struct{ Deliveries []store.Summary }](s, 200, http.MethodGet, "/_rtkmock/deliveries", nil).Deliveries), 0)
}

func TestWhatHappensIsStreamed(t *testing.T) {
	s := newStand(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/_rtkmock/events", nil)
	assert.NilError(t, err)
	resp, err := http.DefaultClient.Do(req)
	assert.NilError(t, err)
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	next := func(prefix string) string {
		for {
			line, err := lines.ReadString('\n')
			assert.NilError(t, err)
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				return strings.TrimSpace(rest)
			}
		}
	}
	next(": connected")
	s.register(newTarget(t).URL, rtk.MeetingStarted)
	form := schema(t, "/components/schemas/Update")
	read := func(kind service.UpdateKind) service.Update {
		assert.Equal(t, next("event: "), string(kind))
		data := next("data: ")
		var v any
		assert.NilError(t, json.Unmarshal([]byte(data), &v))
		assert.NilError(t, form.Validate(v), data)
		var u service.Update
		assert.NilError(t, json.Unmarshal([]byte(data), &u))
		return u
	}
	read(service.WebhookSet)
	s.emit(rtk.MeetingStarted)
	started := read(service.MeetingSet).Meeting.ID
	first := read(service.DeliverySet).Delivery
	assert.Equal(t, first.MeetingID, started)
	for first.State != store.Delivered && read(service.DeliverySet).Delivery.State != store.Delivered {
	}
	_, err = s.Close(t.Context())
	assert.NilError(t, err)
	_, err = io.ReadAll(lines)
	assert.NilError(t, err, "the stream ends with the service")
}

func TestControlIsGuarded(t *testing.T) {
	s := newStand(t, func(o *service.Options) {
		o.ControlToken = "right"
		o.ControlURL = "https://mock.example.org"
	})
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"no token", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"another token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer wrong") }, 401},
		{"the token", func(*http.Request) {}, 200},
		{"another origin", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		{"another site, says the browser", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"its own page", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 200},
		{"a name that somebody bound to this machine", func(r *http.Request) { r.Host = "rebound.example" }, 403},
		{"no host at all", func(r *http.Request) { r.Host = ":80" }, 403},
		{"the advertised name", func(r *http.Request) { r.Host = "mock.example.org" }, 200},
		{"a container's name", func(r *http.Request) { r.Host = "rtkmock:9010" }, 200},
		{"localhost", func(r *http.Request) { r.Host = "localhost:9010" }, 200},
		{"an address", func(r *http.Request) { r.Host = "[::1]:9010" }, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/_rtkmock/wait", nil)
			r.Header.Set("Authorization", "Bearer right")
			c.change(r)
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			assert.Equal(t, w.Code, c.status, w.Body.String())
			assert.Assert(t, !strings.Contains(w.Body.String(), "right\""))
		})
	}
}

// A form of any page may be sent as text/plain, and brings the cookies and tokens that a
// browser has.
func TestTheAPITakesNothingFromOtherOrigins(t *testing.T) {
	s := newStand(t, nil)
	for _, c := range []struct {
		host, origin, content string
		status                int
	}{
		{"127.0.0.1:9010", "", "application/json", http.StatusCreated},
		{"api.cloudflare.com", "", "application/json", http.StatusCreated},
		{"127.0.0.1:9010", "http://127.0.0.1:9010", "application/json", http.StatusCreated},
		{"127.0.0.1:9010", "https://evil.example", "application/json", http.StatusForbidden},
		{"127.0.0.1:9010", "https://evil.example", "text/plain", http.StatusForbidden},
		{"127.0.0.1:9010", "null", "application/x-www-form-urlencoded", http.StatusForbidden},
		{"rebound.example", "", "application/json", http.StatusForbidden},
	} {
		body := strings.NewReader(`{"name": "test", "url": "http://127.0.0.1:1/", "events": ["meeting.ended"]}`)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, app, body)
		r.Host = c.host
		r.Header.Set("Authorization", "Bearer some-token")
		r.Header.Set("Content-Type", c.content)
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		assert.Check(t, w.Code == c.status, "%+v: %d %s", c, w.Code, w.Body)
	}
}

func TestControlCanStandApart(t *testing.T) {
	s := newStand(t, func(o *service.Options) { o.ControlApart = true })
	status, _ := s.call(http.MethodGet, "/_rtkmock/health", nil)
	assert.Equal(t, status, 404)
	w := httptest.NewRecorder()
	s.ControlHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/_rtkmock/health", nil))
	assert.Equal(t, w.Code, 200)
	w = httptest.NewRecorder()
	s.ControlHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+rtk.KeyDocumentPath, nil))
	assert.Equal(t, w.Code, 404)
}

// Secrets of URLs and headers are for targets. The API of an app gives back what it got,
// as the real one does.
func TestControlKeepsSecrets(t *testing.T) {
	got := make(chan string, 1)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("X-Api-Key")
	}))
	defer target.Close()
	s := newStand(t, func(o *service.Options) { o.Sender.Header = http.Header{"X-Api-Key": {"hidden-key"}} })
	watcher := s.Watch()
	secret := strings.Replace(target.URL, "http://", "http://user:hidden-password@", 1) + "/hook?token=hidden-token"
	made := s.register(secret, rtk.MeetingStarted)
	assert.Equal(t, made.URL, secret)
	s.emit(rtk.MeetingStarted)
	assert.Equal(t, <-got, "hidden-key")
	s.quiet()
	for _, path := range []string{"webhooks", "deliveries", "deliveries/1"} {
		_, text := s.call(http.MethodGet, "/_rtkmock/"+path, nil)
		assert.Assert(t, strings.Contains(text, made.ID) && !strings.Contains(text, "hidden-"), text)
	}
	watcher.Close()
	for u := range watcher.C {
		text, err := json.Marshal(u)
		assert.NilError(t, err)
		assert.Assert(t, !strings.Contains(string(text), "hidden-"), "%s", text)
	}
}
