//go:build e2e

package checks_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
)

var updateVerdicts = flag.Bool("update-verdicts", false, "rewrite the expected verdicts of the guide's receivers")

// TestE2EGuideReceivers judges the two receivers that the guide itself prints,
// as it prints them, under Node. Their verdicts calibrate the suite: the first
// verifies nothing, the second is the guide's idea of a good receiver.
func TestE2EGuideReceivers(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	for _, tc := range []struct {
		name string
		want conformance.Outcome
	}{
		{"plain", conformance.Nonconformant},
		{"verifying", conformance.Conformant},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, "")
			url := serveUnderNode(t, tc.name+".mjs", b.endpoints.KeyURL()) + "/webhook"
			report := run(t.Context(), t, b.quick(url))
			explain(t, report)
			assert.Equal(t, report.Outcome, tc.want, report.Headline)
			compareVerdicts(t, report, filepath.Join("testdata", "guide", tc.name+".verdicts.json"))
		})
	}
}

func compareVerdicts(t *testing.T, report *conformance.Report, path string) {
	t.Helper()
	got := map[string]conformance.Status{}
	for _, v := range report.Verdicts {
		got[string(v.ID)] = v.Status
	}
	if *updateVerdicts {
		data, err := json.MarshalIndent(got, "", "  ")
		assert.NilError(t, err)
		assert.NilError(t, os.WriteFile(path, append(data, '\n'), 0o644))
	}
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	var want map[string]conformance.Status
	assert.NilError(t, json.Unmarshal(data, &want))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// serveUnderNode starts a receiver of testdata/guide and returns its base URL.
func serveUnderNode(t *testing.T, module, keyURL string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "serve.mjs", "./"+module)
	cmd.Dir = filepath.Join("testdata", "guide")
	cmd.Env = append(os.Environ(), "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL="+keyURL)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	assert.NilError(t, err)
	assert.NilError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	assert.NilError(t, err)
	return "http://" + net.JoinHostPort("127.0.0.1", strings.TrimSpace(port))
}
