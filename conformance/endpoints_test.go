package conformance

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestElsewhereIsTheSameServerUnderAnotherName(t *testing.T) {
	for _, tc := range []struct {
		base, other, want string
		reason            string
	}{
		{"http://127.0.0.1:9010", "", "http://localhost:9010/elsewhere/.well-known/webhooks.json", "the loopback address has two names"},
		{"http://localhost:9010/", "", "http://127.0.0.1:9010/elsewhere/.well-known/webhooks.json", "the other way round"},
		{"http://localhost", "", "http://127.0.0.1/elsewhere/.well-known/webhooks.json", "without a port"},
		{"http://rtkmock:9010", "http://172.17.0.1:9010/", "http://172.17.0.1:9010/elsewhere/.well-known/webhooks.json", "a name that the user gives"},
		{"http://rtkmock:9010", "", "", "no other name is known"},
	} {
		e := NewEndpointsWithAttacker(rtk.NewKeyring(nil), rtk.NewKeyring(nil), tc.base)
		e.OtherBase = tc.other
		got, ok := e.ElsewhereKeyURL()
		assert.Equal(t, ok, tc.want != "", tc.reason)
		if ok {
			assert.Equal(t, got, tc.want, tc.reason)
		}
	}
}

func TestHostNamesLeadToTheSameEndpoints(t *testing.T) {
	const links = "media.example"
	e := NewEndpointsWithAttacker(rtk.GenerateKeyring(), rtk.GenerateKeyring(), "http://127.0.0.1:9010")
	assert.Equal(t, e.ArtifactsURL(), "http://127.0.0.1:9010/artifacts")
	e.LinksHost = links
	assert.Equal(t, e.ArtifactsURL(), "https://"+links)
	names := e.NamesHandler(links, http.NotFoundHandler())
	status := func(h http.Handler, url string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
		return w.Code
	}
	assert.Assert(t, !e.KeyURLHardCoded(), "nothing has come yet")
	assert.Equal(t, status(names, "https://api.example/.well-known/webhooks.json"), http.StatusOK)
	assert.Assert(t, e.KeyURLHardCoded())
	elsewhere, ok := e.ElsewhereKeyURL()
	assert.Assert(t, ok)
	assert.Equal(t, elsewhere, "https://"+links+"/elsewhere/.well-known/webhooks.json")
	assert.Equal(t, status(names, elsewhere), http.StatusOK)
	assert.Equal(t, e.ElsewhereServer.Fetches(), 1)
	assert.Equal(t, status(names, "https://"+links+"/recording/token/recording.mp4"), http.StatusOK)
	assert.Equal(t, len(e.Artifacts.Log()), 1)
	assert.Equal(t, status(names, "https://api.example/v2/meetings"), http.StatusNotFound)

	e.KeyFetchFailed()
	assert.Equal(t, e.KeyServer.Fetches(), 2, "a fetch that a fault stopped is one, too")
	assert.Assert(t, e.KeyURLHardCoded())
	assert.Equal(t, status(e.Handler(), "http://127.0.0.1:9010/.well-known/webhooks.json"), http.StatusOK)
	assert.Assert(t, !e.KeyURLHardCoded(), "it knows the other URL as well")
}
