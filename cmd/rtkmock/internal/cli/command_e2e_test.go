//go:build e2e

package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"gotest.tools/v3/assert"
)

// TestE2EGuideReceiverIsStartedUnderNode has rtkmock start the receiver that the
// guide prints. Nothing may be left unjudged for want of a fresh process.
func TestE2EGuideReceiverIsStartedUnderNode(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	r := caller{env: append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())}.call(t, "test", anyPort, "--port-env", "PORT", "--output", "json", "--",
		"node", "../../../../conformance/checks/testdata/guide/serve.mjs", "./verifying.mjs")
	r.exits(t, exit.OK)
	var rep struct {
		Outcome string
		Checks  []struct{ ID, Status, Reason string }
	}
	assert.NilError(t, json.Unmarshal([]byte(r.out), &rep))
	assert.Equal(t, rep.Outcome, "conformant")
	for _, c := range rep.Checks {
		t.Logf("%s %s %s", c.Status, c.ID, c.Reason)
		assert.Assert(t, !strings.Contains(c.Reason, "-- COMMAND"), "%s: %s", c.ID, c.Reason)
		assert.Assert(t, !strings.Contains(c.Reason, "restarted:"), "%s: %s", c.ID, c.Reason)
	}
}

// TestE2EWhatPythonPrintsIsShown ends a program in Python without leave to flush its output.
func TestE2EWhatPythonPrintsIsShown(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not installed")
	}
	const app = `
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print("refused: no key")
        self.send_response(401)
        self.end_headers()

    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`
	env := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "PYTHONUNBUFFERED=") })
	call := func(more ...string) string {
		r := caller{env: append(append(env, "XDG_CACHE_HOME="+t.TempDir()), more...)}.call(t, "test", anyPort, "--port-env", "PORT", "--intercept", "never", "--", "python3", "-c", app)
		r.exits(t, exit.Inconclusive)
		return r.err
	}
	assert.Assert(t, strings.Contains(call(), "\n  | refused: no key\n"))
	assert.Assert(t, !strings.Contains(call("PYTHONUNBUFFERED="), "  | refused"), "the user decides")
}
