package service_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is_ "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
)

type failure struct {
	Success *bool
	Error   struct {
		Code    int
		Message string
	}
}

// refused makes a call that answers with an error, in the service's form.
func (s *stand) refused(status int, method, path string, body any) string {
	s.t.Helper()
	f := is[failure](s, status, method, path, body)
	assert.Assert(s.t, f.Success != nil && !*f.Success)
	assert.Equal(s.t, f.Error.Code, status)
	return f.Error.Message
}

func TestAWebhookGoesThroughItsLife(t *testing.T) {
	s := newStand(t, nil)
	in := map[string]any{"name": "Production webhook", "url": "https://example.com/webhook", "events": []string{"meeting.started", "meeting.ended", "meeting.started"}}
	created := is[hookAnswer](s, http.StatusCreated, http.MethodPost, app, in)
	assert.Assert(t, created.Success)
	hook := created.Data
	assert.Equal(t, hook.Name, "Production webhook")
	assert.Equal(t, hook.URL, "https://example.com/webhook")
	assert.Assert(t, hook.Enabled, "enabled defaults to true")
	assert.DeepEqual(t, hook.Events, []string{"meeting.started", "meeting.ended"})

	one := app + "/" + hook.ID
	assert.DeepEqual(t, is[hookAnswer](s, 200, http.MethodGet, one, nil).Data, hook)
	edited := is[hookAnswer](s, 200, http.MethodPatch, one, map[string]any{"enabled": false}).Data
	assert.Assert(t, !edited.Enabled)
	assert.Equal(t, edited.Name, hook.Name)
	assert.DeepEqual(t, edited.Events, hook.Events)
	replaced := is[hookAnswer](s, 200, http.MethodPut, one, map[string]any{"name": "b", "url": "http://localhost/b", "events": []string{"meeting.summary"}}).Data
	assert.DeepEqual(t, replaced.Events, []string{"meeting.summary"})
	assert.Assert(t, replaced.Enabled, "all is replaced")
	assert.Equal(t, replaced.Created_at, hook.Created_at)

	list := is[struct{ Data []published }](s, 200, http.MethodGet, app, nil).Data
	assert.DeepEqual(t, list, []published{replaced})
	assert.DeepEqual(t, is[hookAnswer](s, 200, http.MethodDelete, one, nil).Data, replaced)
	s.refused(404, http.MethodGet, one, nil)
	s.refused(404, http.MethodDelete, one, nil)
	_, text := s.call(http.MethodGet, app, nil)
	assert.Equal(t, text, `{"success":true,"data":[]}`+"\n")
}

func TestTheEventListIsTheGuides(t *testing.T) {
	s := newStand(t, nil)
	got := is[struct{ Data []rtk.EventType }](s, 200, http.MethodGet, app+"/all", nil).Data
	assert.DeepEqual(t, got, rtk.EventTypes())
}

func TestAnotherAppDoesNotSeeAWebhook(t *testing.T) {
	s := newStand(t, nil)
	hook := s.register("http://localhost/", rtk.MeetingStarted)
	for _, base := range []string{
		"/client/v4/accounts/acc/realtime/kit/other/webhooks",
		"/client/v4/accounts/other/realtime/kit/app/webhooks",
	} {
		s.refused(404, http.MethodGet, base+"/"+hook.ID, nil)
		s.refused(404, http.MethodPatch, base+"/"+hook.ID, map[string]any{"enabled": false})
		s.refused(404, http.MethodDelete, base+"/"+hook.ID, nil)
		assert.Equal(t, len(is[struct{ Data []published }](s, 200, http.MethodGet, base, nil).Data), 0)
	}
}

func TestMistakesAreReportedInTheServicesForm(t *testing.T) {
	s := newStand(t, nil)
	hook := s.register("http://localhost/", rtk.MeetingStarted)
	one := app + "/" + hook.ID
	good := `"name":"n","url":"http://localhost/","events":["meeting.started"]`
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", app, ``, 400, "found no body"},
		{"POST", app, `[]`, 400, "no JSON object"},
		{"POST", app, `{` + good, 400, "ends too early"},
		{"POST", app, `{` + good + `}{}`, 400, "goes on after"},
		{"POST", app, `{"url":"http://localhost/","events":["meeting.started"]}`, 400, "name: found none"},
		{"POST", app, `{"name":"n","events":["meeting.started"]}`, 400, "url: found none"},
		{"POST", app, `{"name":"n","url":"http://localhost/"}`, 400, "events: found none"},
		{"POST", app, `{"name":null,"url":"http://localhost/","events":["meeting.started"]}`, 400, "name: found none"},
		{"POST", app, `{"name":1,"url":"http://localhost/","events":["meeting.started"]}`, 400, "name: found number, want a string"},
		{"POST", app, `{"name":" ","url":"http://localhost/","events":["meeting.started"]}`, 400, "name: found"},
		{"POST", app, `{"name":"n","url":"localhost:3000","events":["meeting.started"]}`, 400, "url: found"},
		{"POST", app, `{"name":"n","url":"ftp://localhost/","events":["meeting.started"]}`, 400, "url: found"},
		{"POST", app, `{"name":"n","url":"http://u:secret@/x","events":["meeting.started"]}`, 400, "url: found"},
		{"POST", app, `{"name":"n","url":"http://localhost/","events":[]}`, 400, "events: found an empty array"},
		{"POST", app, `{"name":"n","url":"http://localhost/","events":["meeting.start"]}`, 400, `events: found "meeting.start" at 0, want one of meeting.started`},
		{"POST", app, `{"name":"n","url":"http://localhost/","events":"meeting.started"}`, 400, "events: found string, want an array"},
		{"POST", app, `{` + good + `,"enabled":"yes"}`, 400, `enabled: found "yes", want true or false`},
		{"POST", app, `{` + good + `,"enabled":null}`, 400, `enabled: found null`},
		{"POST", app, `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "longer than"},
		{"PUT", one, `{"enabled":true}`, 400, "name: found none"},
		{"PATCH", one, `{"events":[]}`, 400, "events: found an empty array"},
		{"PUT", app + "/no-such-id", `{` + good + `}`, 404, "webhook"},
		{"PATCH", app + "/no-such-id", `{}`, 404, "webhook"},
		{"PUT", app + "/all", `{` + good + `}`, 405, "want GET"},
		{"DELETE", app + "/all", ``, 405, "want GET"},
		{"DELETE", app, ``, 405, "want GET or POST"},
		{"POST", one, `{` + good + `}`, 405, "want GET or PUT or PATCH or DELETE"},
		{"OPTIONS", app, ``, 405, "want GET or POST"},
		{"GET", app + "/", ``, 404, "no such route"},
		{"GET", one + "/events", ``, 404, "no such route"},
		{"GET", "/client/v4/zones", ``, 404, "no such route"},
		{"GET", "/client/v4/accounts/%20/realtime/kit/app/webhooks", ``, 400, "the id of an account or an app"},
	} {
		t.Run(c.method+" "+c.path[min(len(c.path), 40):]+" "+c.want, func(t *testing.T) {
			s := *s
			s.t = t
			message := s.refused(c.status, c.method, c.path, c.body)
			assert.Assert(t, is_.Contains(message, c.want))
			assert.Assert(t, !strings.Contains(message, "secret"))
		})
	}
	assert.DeepEqual(t, is[hookAnswer](s, 200, http.MethodGet, one, nil).Data, hook)
	assert.Equal(t, len(s.Webhooks()), 1)
}

func TestTheTokenIsRequired(t *testing.T) {
	for _, c := range []struct {
		token, header string
		status        int
	}{
		{"", "", 401}, {"", "Bearer ", 401}, {"", "Basic eDp5", 401}, {"", "Bearer any", 200}, {"", "bearer any", 200},
		{"right", "Bearer any", 401}, {"right", "", 401}, {"right", "Bearer right", 200},
	} {
		s := newStand(t, func(o *service.Options) { o.Token = c.token })
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+app, nil)
		assert.NilError(t, err)
		req.Header.Set("Authorization", c.header)
		status, text := s.do(req)
		assert.Equal(t, status, c.status, "%q asked for, %q given", c.token, c.header)
		var f failure
		assert.NilError(t, json.Unmarshal([]byte(text), &f))
		if status == 401 {
			assert.Equal(t, f.Error.Code, 401)
			assert.Assert(t, !strings.Contains(text, "right"))
		}
	}
}

func TestWhatSomeConsumersSawIsAnOption(t *testing.T) {
	s := newStand(t, func(o *service.Options) { o.ConflictOnURL, o.NoneIs404 = true, true })
	s.refused(404, http.MethodGet, app, nil)
	hook := s.register("http://localhost/a", rtk.MeetingStarted)
	b := s.register("http://localhost/b", rtk.MeetingStarted)
	s.refused(409, http.MethodPost, app, map[string]any{"name": "n", "url": "http://localhost/a", "events": []string{"meeting.ended"}})
	s.refused(409, http.MethodPatch, app+"/"+b.ID, map[string]any{"url": "http://localhost/a"})
	is[hookAnswer](s, 200, http.MethodPatch, app+"/"+hook.ID, map[string]any{"url": "http://localhost/a"})
	is[hookAnswer](s, 201, http.MethodPost, "/client/v4/accounts/acc/realtime/kit/other/webhooks",
		map[string]any{"name": "n", "url": "http://localhost/a", "events": []string{"meeting.ended"}})
}

// Clients do not follow a redirect of a POST, and do not show it either.
func TestAnEmptyIDInThePathIsNamed(t *testing.T) {
	s := newStand(t, nil)
	const want = ", want a path such as /client/v4/accounts/acc/realtime/kit/app/webhooks"
	for _, tt := range []struct{ path, missing string }{
		{"/client/v4/accounts//realtime/kit//webhooks", "the id of the account and that of the app is empty"},
		{"/client/v4/accounts//realtime/kit/app/webhooks", "the id of the account is empty"},
		{"/client/v4/accounts/acc/realtime/kit//webhooks", "the id of the app is empty"},
		{"/client/v4/accounts/acc/realtime/kit//webhooks/all", "the id of the app is empty"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			assert.Equal(t, s.refused(http.StatusNotFound, method, tt.path, nil), tt.missing+want, "%s %s", method, tt.path)
		}
	}
	for _, path := range []string{"/client/v4/accounts/a%2F/realtime/kit/b/webhooks", "/client/v4/accounts/acc/realtime/kit/app/webhooks"} {
		status, _ := s.call(http.MethodGet, path, nil)
		assert.Equal(t, status, http.StatusOK, "%s", path)
	}
}
