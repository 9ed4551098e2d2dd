package cli

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestCompletionScriptsAreSound(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		for _, extra := range [][]string{nil, {"--no-descriptions"}} {
			r := call(t, append([]string{"completion", shell}, extra...)...)
			r.exits(t, exit.OK)
			assert.Assert(t, is.Contains(r.out, "rtkmock"), shell)
			if path, err := exec.LookPath(shell); err == nil && shell != "powershell" {
				check := exec.CommandContext(t.Context(), path, "-n")
				check.Stdin = strings.NewReader(r.out)
				out, err := check.CombinedOutput()
				assert.NilError(t, err, "%s: %s", shell, out)
			}
		}
	}
}

func TestShellsComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, want string }{
		{"", "send\tSend one signed event"},
		{"sch", "schemas\t"},
		{"send ", "meeting.started"},
		{"send meeting.started --mutate ", "signature/other-key\t"},
		{"send meeting.started --form ", "client-specific-id\t"},
		{"send meeting.started --set ", "meeting.title="},
		{"send meeting.started --unset ", "meeting.organizedBy.id"},
		{"test --events ", "meeting.ended"},
		{"test --events meeting.ended,", "meeting.ended,meeting.started"},
		{"test --only ", "sig/*"},
		{"test --skip ", "rsp/latency"},
		{"test --require effects,", "effects,keys"},
		{"test --report ", "junit=\t"},
		{"test --min-level ", "should"},
		{"test --color ", "never"},
		{"receive --flaw ", "no-verification\t"},
		{"serve --key-fault ", "status-500\t"},
		{"play ", "weekly-sync\tA weekly sync"},
		{"play weekly-sync --fault ", "lose-response\t"},
		{"play weekly-sync --fault refuse,ev", "refuse,event=meeting.ended\t"},
		{"send --retry-profile ", "dyte-guide\t"},
		{"play weekly-sync --retry-uuid ", "new"},
		{"play weekly-sync --report ", "json=\t"},
		{"scenarios ", "check\t"},
		{"scenarios show ", "many-meetings\t"},
		{"checks ", "explain\t"},
		{"checks explain ", "sig/raw-bytes\tMUST: "},
		{"schemas show ", "key-document"},
		{"schemas check --schema ", "key-document"},
		{"fixtures ", "generate\t"},
		{"fixtures show ", "meeting.ended/guide"},
		{"fixtures show ", "vectors/rsa-sha256.json"},
		{"fixtures generate --case ", "host-ended-meeting"},
		{"fixtures generate --format ", "vegeta"},
		{"completion ", "fish"},
		{"help key ", "new\t"},
	} {
		args := append([]string{"__complete"}, strings.Split(c.typed, " ")...)
		r := call(t, args...)
		r.exits(t, exit.OK)
		assert.Assert(t, is.Contains("\n"+r.out, "\n"+c.want), c.typed)
	}
}

func TestCompletionIgnoresBrokenSettings(t *testing.T) {
	t.Parallel()
	r := caller{env: []string{"RTKMOCK_CONFIG=/none.yaml", "RTKMOCK_TIMEOUT=x"}}.call(t, "__complete", "send", "")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "meeting.started"))
}
