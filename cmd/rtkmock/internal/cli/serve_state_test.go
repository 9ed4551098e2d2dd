package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// post sends a body with a bearer token.
func post(t *testing.T, url, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	assert.NilError(t, err)
	req.Header.Set("Authorization", "Bearer any")
	resp, err := http.DefaultClient.Do(req)
	assert.NilError(t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestServeGoesOnWithItsState(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s, ready := startServer(t, "serve", "--state", dir)
	const hook = `{"name":"kept","url":"http://127.0.0.1:1/","events":["meeting.started"]}`
	assert.Equal(t, post(t, ready.APIURL+"/accounts/a/realtime/kit/b/webhooks", hook), http.StatusCreated)
	assert.Equal(t, post(t, ready.ControlURL+"/emit", `{"event":"meeting.started"}`), http.StatusAccepted)
	_, key := get(t, ready.KeyURL)

	second := call(t, "serve", "--state", dir)
	second.exits(t, exit.Usage)
	assert.Equal(t, second.err, "rtkmock: --state: found "+dir+" in use by another server, want a folder of its own\n")
	assert.Equal(t, s.stop(), exit.OK)
	assert.Assert(t, is.Contains(s.err.String(), "left for the next start: 1 delivery that is pending"))

	s, ready = startServer(t, "serve", "--state", dir)
	_, again := get(t, ready.KeyURL)
	assert.Equal(t, again, key)
	_, hooks := get(t, ready.ControlURL+"/webhooks")
	assert.Assert(t, is.Contains(hooks, `"name":"kept"`))
	_, deliveries := get(t, ready.ControlURL+"/deliveries")
	assert.Assert(t, is.Contains(deliveries, `"event":"meeting.started"`))
	assert.Equal(t, s.stop(), exit.OK)

	// A key that is given is used, and does not take the kept one's place.
	s, ready = startServer(t, "serve", "--state", dir, "--key", keyFile(t))
	_, other := get(t, ready.KeyURL)
	assert.Assert(t, other != key)
	assert.Equal(t, s.stop(), exit.OK)
}

func TestAStateThatCannotBeKeptIsAMistake(t *testing.T) {
	t.Parallel()
	file := keyFile(t)
	r := call(t, "serve", "--state", file)
	r.exits(t, exit.Usage)
	assert.Equal(t, r.err, "rtkmock: --state: "+file+": not a directory\n")
}

func TestServeHasHealthMetricsAndALogInJSON(t *testing.T) {
	t.Parallel()
	s, ready := startServer(t, "serve", "--log-format", "json", "--token", "hunter2", "--control-token", "hunter3")
	status, body := get(t, ready.URL+"/healthz")
	assert.Equal(t, status, http.StatusOK)
	assert.Equal(t, body, "ok\n")
	status, _ = get(t, ready.URL+"/metrics")
	assert.Equal(t, status, http.StatusUnauthorized)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ready.URL+"/metrics?token=hunter4", nil)
	assert.NilError(t, err)
	req.Header.Set("Authorization", "Bearer hunter3")
	resp, err := http.DefaultClient.Do(req)
	assert.NilError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(text), "rtkmock_webhooks 0\n"))
	s.err.await(t, `"path":"/metrics","status":200`)
	assert.Equal(t, s.stop(), exit.OK)
	for line := range strings.Lines(s.err.String()) {
		if strings.HasPrefix(line, "rtkmock: ") {
			continue
		}
		var entry struct{ Level, Msg, Path string }
		assert.NilError(t, json.Unmarshal([]byte(line), &entry), line)
		assert.Assert(t, entry.Level == "INFO" && entry.Msg == "request" && entry.Path != "", line)
	}
	assert.Assert(t, !strings.Contains(s.err.String(), "hunter"), s.err.String())
}
