package effects

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestEffectsURLRefusesWhatItCannotAsk(t *testing.T) {
	for _, tc := range []struct{ template, want string }{
		{"localhost:3000/effects?uuid={uuid}", "want http://… or https://…"},
		{"http://localhost/effects", "put {uuid} where its id belongs"},
		{"http://localhost/effects?id={uid}&u={uuid}", "unknown placeholder"},
		{"http://%zz/{uuid}", "does not parse"},
	} {
		_, err := NewURL(tc.template)
		assert.ErrorContains(t, err, tc.want)
	}
}

func TestEffectsURLFillsAndReads(t *testing.T) {
	for _, tc := range []struct {
		reason string
		code   int
		body   string
		want   int
		err    string
	}{
		{"the documented answer", 200, `{"count":3}`, 3, ""},
		{"more members do no harm", 200, `{"count":0,"of":"rows"}`, 0, ""},
		{"not found is none", 404, `nope`, 0, ""},
		{"an error page is no count", 500, `{"count":3}`, 0, "answered 500"},
		{"no count", 200, `{}`, 0, `want {"count":N}`},
		{"a negative count", 200, `{"count":-1}`, 0, `want {"count":N}`},
		{"no JSON", 200, `<html>`, 0, `want {"count":N}`},
		{"endless", 200, strings.Repeat("x", 2*bodyLimit), 0, `want {"count":N}`},
	} {
		var asked string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.String()
			w.WriteHeader(tc.code)
			w.Write([]byte(tc.body))
		}))
		effects, err := NewURL(server.URL + "/e/{event}?u={uuid}&m={meeting_id}&s={session_id}")
		assert.NilError(t, err)
		n, err := effects.Count(t.Context(), Query{UUID: "u 1", Event: "meeting.started", MeetingID: "m", SessionID: "s"})
		server.Close()
		assert.Equal(t, asked, "/e/meeting.started?u=u+1&m=m&s=s", tc.reason)
		if tc.err != "" {
			assert.ErrorContains(t, err, tc.err, tc.reason)
			continue
		}
		assert.NilError(t, err, tc.reason)
		assert.Equal(t, n, tc.want, tc.reason)
	}
}

func TestEffectsURLErrorsKeepSecrets(t *testing.T) {
	effects, err := NewURL("http://user:hunter2@127.0.0.1:1/{uuid}?token=hunter3")
	assert.NilError(t, err)
	_, err = effects.Count(t.Context(), Query{UUID: "u"})
	assert.Assert(t, err != nil)
	assert.Assert(t, !strings.Contains(err.Error(), "hunter"), err.Error())
}

func TestAnAddressThatAnswers404EachTimeIsDoubted(t *testing.T) {
	status := http.StatusNotFound
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, `{"count":0}`)
	}))
	defer server.Close()
	c, err := NewURL(server.URL + "/efects/{uuid}?token=secret")
	assert.NilError(t, err)
	doubt := c.(Doubter).Doubt
	assert.Equal(t, doubt(), "", "nothing was asked yet")
	_, err = c.Count(t.Context(), Query{UUID: "u"})
	assert.NilError(t, err)
	assert.Equal(t, doubt(), `GET `+server.URL+`/efects/{uuid} was answered 404, which counts as none; if nothing is served there, want the address where the receiver answers {"count":N}`)
	status = http.StatusOK
	_, err = c.Count(t.Context(), Query{UUID: "u"})
	assert.NilError(t, err)
	assert.Equal(t, doubt(), "", "something is served there")
}
