package cli

import (
	"encoding/json"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"gotest.tools/v3/assert"
)

func TestProductionProfileSelectsWhatSendsForgeriesAlone(t *testing.T) {
	t.Parallel()
	call(t, "test", "--profile", "production").exits(t, exit.Usage)
	call(t, "test", "--profile", "prod", "http://127.0.0.1:1/").exits(t, exit.Usage)

	_, ready := startServer(t, "receive", "--key", keyFile(t), "--flaw", "real-service")
	r := call(t, "test", ready.URL, "--profile", "production", "--output", "json")
	r.exits(t, exit.OK)
	var rep struct{ Checks []struct{ ID, Status string } }
	assert.NilError(t, json.Unmarshal([]byte(r.out), &rep))
	judged := map[string]string{}
	for _, c := range rep.Checks {
		judged[c.ID] = c.Status
	}
	assert.Equal(t, judged["key/test-key-refused"], "pass")
	assert.Equal(t, judged["sig/missing-header"], "pass")
	for _, id := range []string{"ctl/valid-accepted", "key/rotation", "evt/lifecycle"} {
		assert.Equal(t, judged[id], "", "%s needs a genuine delivery", id)
	}

	key := keyFile(t)
	_, ready = startServer(t, "receive", "--key", key)
	call(t, "test", ready.URL, "--profile", "production", "--key", key).exits(t, exit.Nonconformant)
}
