package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// freshKeys judges a receiver that keeps its key in a file, with a key of its own.
func freshKeys(t *testing.T, h *processtest.Hub, kept string, key int, more ...string) result {
	t.Helper()
	var out, errs strings.Builder
	a := app.New(h.As("receives", append(more, keptVar+"="+kept)...), terminal.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	a.NewKeyring = func() *rtk.Keyring { // first the one that signs, and then the attacker's
		defer func() { key = 0 }()
		return rtk.NewKeyring(testKeys()[key])
	}
	code := run(t.Context(), a, []string{"test", anyPort, "--port-env", "PORT", "--only", "sig/missing-header", "--output", "json", "--", os.Args[0]})
	h.Meet().Gone()
	return result{code, out.String(), errs.String()}
}

func TestAReceiverThatKeepsItsKeyIsJudgedAgain(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	kept := filepath.Join(t.TempDir(), "key.pem")
	freshKeys(t, h, kept, 1).exits(t, exit.OK)
	for range 2 {
		r := freshKeys(t, h, kept, 2)
		r.exits(t, exit.OK)
		folder := regexp.MustCompile(`key of an earlier run, and this run goes on with that one \(kept in (\S+); delete that folder to drop it\)`).
			FindStringSubmatch(r.out)
		assert.Assert(t, folder != nil, r.out)
		files, err := os.ReadDir(folder[1])
		assert.NilError(t, err)
		assert.Equal(t, len(files), 1, "the fresh key, which nobody has fetched, is not kept")
	}
}

func TestAKeyThatCannotBeKeptIsReported(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	file := filepath.Join(t.TempDir(), "file")
	assert.NilError(t, os.WriteFile(file, nil, 0o600))
	kept := filepath.Join(t.TempDir(), "key.pem")
	r := freshKeys(t, h, kept, 1, "XDG_CACHE_HOME="+file)
	assert.Assert(t, is.Contains(r.err, "the key is not kept for later runs: "))
	r.exits(t, exit.OK)
}
