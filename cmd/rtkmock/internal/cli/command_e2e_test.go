//go:build e2e

package cli

import (
	"encoding/json"
	"os"
	"os/exec"
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
