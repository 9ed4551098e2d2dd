package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
	"gotest.tools/v3/assert"
)

func TestEffectsAreCountedInAFile(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	path := filepath.Join(t.TempDir(), "effects.jsonl")
	started(t, h, "receives", []string{"--effects-file", path, "--require", "effects", "--idempotent"}, effectsVar+"="+path).exits(t, exit.OK)
	started(t, h, "receives", []string{"--effects-file", path, "--require", "effects", "--effects-timeout", "300ms"}).exits(t, exit.Inconclusive)
}

func TestEffectsAreCountedByACommand(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	path := filepath.Join(t.TempDir(), "effects.jsonl")
	assert.NilError(t, os.WriteFile(path, nil, 0o600))
	started(t, h, "receives", []string{"--effects-cmd", "grep -c {uuid} '" + path + "'", "--require", "effects"}, effectsVar+"="+path).exits(t, exit.OK)
}

func TestEffectsCommandsThatCannotCountAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ command, want string }{
		{"rtkmock-no-such-program {uuid}", `found no program "rtkmock-no-such-program" in PATH`},
		{"true", "it names no delivery, want {uuid} where its id belongs"},
		{"true {uid}", "it names no delivery, want {uuid} where its id belongs; did you mean {uuid}?"},
		{"sh -c 'grep -c {uuid} effects.log'", `{uuid} stands in what a shell reads, want "$RTKMOCK_UUID" there`},
		{"/bin/bash -ec 'count {meeting_id}'", `{meeting_id} stands in what a shell reads, want "$RTKMOCK_MEETING_ID" there`},
		{"true '{uuid}", "a quotation mark (') is not closed"},
		{`true {uuid}\`, "nothing follows the backslash at its end"},
		{" ", "found no command in it"},
	} {
		r := call(t, "test", "http://localhost:1/", "--effects-cmd", c.command)
		r.says(t, exit.Usage, "--effects-cmd: "+c.want)
	}
}
