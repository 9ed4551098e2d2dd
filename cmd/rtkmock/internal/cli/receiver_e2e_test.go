//go:build e2e

package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
)

// Habits of receivers that are good enough to be used come out conformant, with what
// could be better.
func TestE2EHabitsOfNodeReceiversFailNoRun(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	for _, tc := range []struct{ kind, check, status, says string }{
		{"caches-text", "key/recovers", "warn", "served what is no key (bad-pem) a genuine delivery: answered 503; it was kept as if it were one: import the key before you cache it"},
		{"throws-at-null", "rsp/poison", "note", "the command ended by itself (exit status 1)"},
		{"503-between-fetches", "sig/rejects-with-4xx", "pass", "it asks for time until it may fetch its key again"},
		{"503-between-fetches", "key/rotation", "pass", ""},
		{"401-between-fetches", "key/rotation", "pass", ""},
	} {
		t.Run(tc.kind+" "+tc.check, func(t *testing.T) {
			r := caller{env: append(os.Environ(), "KIND="+tc.kind)}.call(t, "test", anyPort, "--port-env", "PORT", "--output", "json",
				"--recovery", "500ms", "--recovery-end", "1s", "--only", "ctl/*,sig/*,"+tc.check, "--", "node", "testdata/receiver.mjs")
			r.exits(t, exit.OK)
			var rep struct {
				Checks []struct{ ID, Status, Reason string }
			}
			assert.NilError(t, json.Unmarshal([]byte(r.out), &rep))
			for _, c := range rep.Checks {
				if c.ID == tc.check {
					assert.Equal(t, c.Status, tc.status, c.Reason)
					assert.Assert(t, is.Contains(c.Reason, tc.says))
				}
			}
		})
	}
}
