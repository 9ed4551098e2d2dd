//go:build e2e

package checks_test

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/effects"
)

// TestE2EReceiversOfOtherLanguages judges receivers in Node and Python, each
// good and with one flaw at a time. Base64, repeated headers and JSON are not
// the same there as here, so what falls is written down for each; what may fall,
// for a name with an accent in it, has a question mark.
func TestE2EReceiversOfOtherLanguages(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "languages", "falls.json"))
	assert.NilError(t, err)
	var want map[string]map[string][]string
	assert.NilError(t, json.Unmarshal(data, &want))
	for command, flaws := range want {
		file := map[string]string{"node": "receiver.mjs", "python3": "receiver.py"}[command]
		for flaw, falls := range flaws {
			t.Run(command+"/"+flaw, func(t *testing.T) {
				if _, err := exec.LookPath(command); err != nil {
					t.Skipf("%s is not installed", command)
				}
				b := newBench(t, "")
				url := serveWith(t, b.endpoints.KeyURL(), command, file, flaw)
				effects, err := effects.NewURL(url + "/effects?uuid={uuid}")
				assert.NilError(t, err)
				o := b.quick(url + "/webhook")
				o.Target.Effects = effects
				report := run(t.Context(), t, o)
				got := judged(report, conformance.Fail, conformance.Warn, conformance.Note)
				must := slices.DeleteFunc(slices.Clone(falls), func(s string) bool { return strings.HasSuffix(s, "?") })
				may := func(id string) bool {
					return slices.ContainsFunc(falls, func(s string) bool {
						ok, err := path.Match(strings.TrimSuffix(s, "?"), id)
						return ok && err == nil
					})
				}
				for _, id := range must {
					assert.Check(t, slices.Contains(got, id), "%s did not catch it", id)
				}
				for _, id := range got {
					assert.Check(t, may(id), "%s fell, which is not written down", id)
				}
				if t.Failed() {
					explain(t, report)
				}
				conforms := report.Outcome == conformance.Conformant
				assert.Equal(t, conforms, len(judged(report, conformance.Fail)) == 0, report.Headline)
			})
		}
	}
}

// serveWith starts a receiver of testdata/languages and returns its base URL.
func serveWith(t *testing.T, keyURL, command string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Dir = filepath.Join("testdata", "languages")
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
