package service_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is_ "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/rest"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// raw writes a request as it is and reads the answer to it.
func (b *bubble) raw(request string) (status int, f failure) {
	b.t.Helper()
	c, err := b.net.DialContext(b.t.Context(), "", "rtkmock")
	assert.NilError(b.t, err)
	defer c.Close()
	_, err = io.WriteString(c, request)
	assert.NilError(b.t, err)
	assert.NilError(b.t, c.SetReadDeadline(time.Now().Add(time.Hour)))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	assert.NilError(b.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	assert.NilError(b.t, err)
	assert.NilError(b.t, json.Unmarshal(data, &f), "%s", data)
	return resp.StatusCode, f
}

func TestABodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	inBubble(t, service.Options{}, huge, func(b *bubble) {
		defer b.serve()()
		for _, line := range []string{"POST " + app, "POST " + kit + "/meetings", "PUT " + kit + "/recordings/x", "POST /_rtkmock/emit", "PUT /_rtkmock/clock", "POST /_rtkmock/wait"} {
			began := time.Now()
			status, f := b.raw(line + " HTTP/1.1\r\nHost: rtkmock\r\nAuthorization: Bearer x\r\nContent-Length: 100\r\n\r\n{")
			assert.Equal(b.t, status, http.StatusRequestTimeout, line)
			assert.Equal(b.t, f.Error.Message, "the body did not come within 10s")
			assert.Equal(b.t, time.Since(began), 10*time.Second)
		}
	})
}

func TestHostileBodiesAreRefusedInTheServicesShape(t *testing.T) {
	s := newStand(t, nil)
	deep := strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"ten megabytes", "POST", "/_rtkmock/emit", `{"who":"` + strings.Repeat("x", 10<<20), 413},
		{"nesting", "POST", "/_rtkmock/emit", `{"event":"meeting.started","set":{"a":` + deep + `}}`, 400},
		{"nesting of a script", "POST", "/_rtkmock/plays", `{"script":` + deep + `}`, 400},
		{"nesting where a switch is", "POST", app, `{"name":"n","url":"http://localhost/","events":["meeting.started"],"enabled":` + deep + `}`, 400},
		{"no JSON", "PUT", "/_rtkmock/clock", "scale=1", 400},
		{"not UTF-8", "POST", "/_rtkmock/emit", "{\"event\":\"\xff\"}", 400},
		{"NUL in a path", "GET", "/_rtkmock/deliveries/%00", "", 404},
		{"a path that climbs", "GET", "/_rtkmock/deliveries/..%2f..%2fkey", "", 404},
		{"a path that climbs in the API", "GET", app + "/..%2fall", "", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := *s
			s.t = t
			message := s.refused(c.status, c.method, c.path, c.body)
			assert.Assert(t, len(message) < 500, "%d bytes", len(message))
		})
	}
	s.emit(rtk.MeetingStarted)
}

// Each operation that takes a body refuses these, before it looks at anything else.
func TestEveryOperationRefusesHostileBodies(t *testing.T) {
	s := newStand(t, nil)
	deep := strings.Repeat(`{"a":`, 100_000) + `1` + strings.Repeat(`}`, 100_000)
	bodies := []struct {
		name, body string
		status     int
	}{
		{"two megabytes", `{"title":"` + strings.Repeat("x", 2<<20) + `"}`, 413},
		{"nesting", deep, 400},
		{"nesting in a member that nobody knows", `{"unknown":` + deep + `}`, 400},
		{"nesting of arrays", strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000), 400},
		{"no JSON", "title=x", 400},
		{"no object", `["title"]`, 400},
		{"not UTF-8", "{\"title\":\"\xff\",\"name\":\"\xff\"}", 400},
		{"half of it", `{"title":"x`, 400},
		{"two of them", `{} {}`, 400},
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	assert.NilError(t, json.Unmarshal(rest.OpenAPI(), &document))
	ids := strings.NewReplacer("{account_id}", "acc", "{app_id}", "app", "{", "", "}", "")
	tried := 0
	for path, methods := range document.Paths {
		for method, text := range methods {
			if !strings.Contains(string(text), `"requestBody"`) {
				continue
			}
			tried++
			for _, b := range bodies {
				t.Run(method+strings.ReplaceAll(path, "/", " ")+"/"+b.name, func(t *testing.T) {
					s := *s
					s.t = t
					message := s.refused(b.status, strings.ToUpper(method), "/client/v4"+ids.Replace(path), b.body)
					assert.Assert(t, len(message) < 500, "%d bytes", len(message))
				})
			}
		}
	}
	assert.Assert(t, tried >= 15, "%d operations", tried)
	message := s.refused(401, "POST", "/v2/meetings", bodies[0].body)
	assert.Assert(t, is_.Contains(message, "Basic"), "who does not say who it is gets no further")
}

func TestArtifactsLeadNowhereElse(t *testing.T) {
	s := newStand(t, nil)
	for _, path := range []string{
		"..%2f..%2fetc%2fpasswd", "chat/..%2f..%2fetc/passwd", "chat/%2e%2e/x.json", "chat/%00/x.json",
		"%2fetc%2fpasswd", "chat//x.json",
	} {
		status, text := s.call(http.MethodGet, "/artifacts/"+path, nil)
		assert.Equal(t, status, http.StatusNotFound, "%s: %.200s", path, text)
	}
}

func TestThereIsAnEndOfRegistrations(t *testing.T) {
	s := newStand(t, nil)
	hook := store.Webhook{App: store.App{AccountID: "acc", AppID: "app"}, Name: "n", URL: "http://localhost/", Events: rtk.EventTypes()}
	for range dispatch.MaxWebhooks {
		_, err := s.Register(hook)
		assert.NilError(t, err)
	}
	message := s.refused(http.StatusTooManyRequests, http.MethodPost, app, `{"name":"n","url":"http://localhost/","events":["meeting.started"]}`)
	assert.Assert(t, is_.Contains(message, "too many webhooks: there are 10000"))
}
