//go:build e2e

package cli

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// loadSeed and loadCount fix the corpus that the load generators send.
const loadSeed, loadCount = 3, 38

// generateFor makes a corpus for a reference receiver that trusts its key.
// Arrived holds each request of it to have had its one effect.
func generateFor(t *testing.T, format string) (dir, url string, arrived func()) {
	t.Helper()
	private, err := rtk.ParsePrivateKey(fixtures.PrivateKey())
	assert.NilError(t, err)
	receiver := receivers.Reference(receivers.Config{PublicKey: &private.PublicKey})
	server := httptest.NewServer(receiver)
	t.Cleanup(func() {
		server.Close()
		receiver.Close()
	})
	dir = t.TempDir()
	// The links lead back, where nothing is found: no test asks example.com.
	call(t, "fixtures", "generate", "--out", dir, "--format", format, "--seed", "3", "--count", "38",
		"--url", server.URL, "--base-url", server.URL).exits(t, exit.OK)
	return dir, server.URL, func() {
		t.Helper()
		c, err := corpus.New(corpus.Options{Key: private, Seed: loadSeed, Count: loadCount})
		assert.NilError(t, err)
		for r, err := range c.All(t.Context()) {
			assert.NilError(t, err)
			assert.Check(t, is.Equal(receiver.Count(r.UUID), 1), "%s, request %d", r.Event, r.N)
		}
	}
}

// tool returns the path of a program, which is installed where install allows
// it and it is not there.
func tool(t *testing.T, name, module string, install bool, why string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if !install {
		t.Skip(name + " is not installed; " + why)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "install", module)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-modcacherw")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s cannot be installed: %v: %.300s", name, err, out)
	}
	return filepath.Join(dir, name)
}

func TestE2ECurlScriptIsAccepted(t *testing.T) {
	t.Parallel()
	curl := tool(t, "curl", "", false, "install it to run this test")
	dir, _, arrived := generateFor(t, "curl")
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "corpus.sh"))
	cmd.Env = []string{"PATH=" + filepath.Dir(curl) + string(os.PathListSeparator) + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	assert.NilError(t, err, "%s", out)
	arrived()
}

func TestE2EVegetaSendsTheCorpus(t *testing.T) {
	t.Parallel()
	vegeta := tool(t, "vegeta", "github.com/tsenart/vegeta/v12@v12.13.0", true, "")
	dir, _, arrived := generateFor(t, "vegeta")
	// With -lazy, the attack ends with the targets; the duration is a bound.
	results := filepath.Join(dir, "results.bin")
	out, err := exec.CommandContext(t.Context(), vegeta, "attack", "-format=json", "-lazy", "-rate=200", "-duration=60s",
		"-targets="+filepath.Join(dir, "corpus.vegeta.jsonl"), "-output="+results).CombinedOutput()
	assert.NilError(t, err, "%s", out)
	report, err := exec.CommandContext(t.Context(), vegeta, "report", "-type=json", results).Output()
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(report), `"200":38`))
	arrived()
}

func TestE2EK6SendsTheCorpus(t *testing.T) {
	t.Parallel()
	k6 := tool(t, "k6", "go.k6.io/k6@v1.8.1", os.Getenv("RTKMOCK_E2E_K6") == "1", "RTKMOCK_E2E_K6=1 builds it, which takes minutes")
	for _, env := range [][]string{{"-e", "VUS=4"}, {"-e", "RATE=100", "-e", "VUS=4"}} {
		dir, url, arrived := generateFor(t, "k6")
		run := func(args ...string) string {
			cmd := exec.CommandContext(t.Context(), k6, append(args, "script.js")...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "K6_NO_USAGE_REPORT=true")
			out, err := cmd.CombinedOutput()
			assert.NilError(t, err, "%s", out)
			return string(out)
		}
		assert.Assert(t, is.Contains(run(append([]string{"inspect", "-e", "TARGET=" + url}, env...)...), `"executor"`))
		// Two machines share the work, one after another.
		for _, segment := range []string{"0:1/2", "1/2:1"} {
			run(append([]string{"run", "--no-usage-report", "--execution-segment", segment, "--execution-segment-sequence", "0,1/2,1"}, env...)...)
		}
		arrived()
	}
}
