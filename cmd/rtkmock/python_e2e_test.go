//go:build e2e && linux

package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// The apps under test: the recipe's receiver, and one that accepts whatever comes.
const (
	// The recipe, but that a forgery is answered at once, and not asked for again in
	// the second after a fetch.
	goodApp = `
import os

key_url = os.environ["REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"]
os.environ["REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"] = key_url

import realtimekit
from receiver import Server, Webhook

realtimekit.FETCH_AGAIN_AFTER = 0
Server(("127.0.0.1", %s), Webhook).serve_forever()
`
	flawedApp = `
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print("took", event["event"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass

ThreadingHTTPServer(("127.0.0.1", %s), Handler).serve_forever()
`
)

// pythonAppPort is where the README of the package has its app.
const pythonAppPort = "8000"

// TestE2EPythonPackage builds a wheel and uses it as people do who have Python and no Go.
func TestE2EPythonPackage(t *testing.T) {
	needs(t)
	versions := pythons(t)
	// The script needs Python alone, so it is run by the oldest.
	dist := t.TempDir()
	runIn(t, ".", nil, versions[0], "pypi/wheels.py", "build", "--version", "0.9.0", "--out", dist)
	wheels, err := filepath.Glob(filepath.Join(dist, "*.whl"))
	assert.NilError(t, err)
	assert.Equal(t, len(wheels), 1)

	t.Run("a verdict within a minute", func(t *testing.T) { pythonAlone(t, newVenv(t, versions[0], wheels[0])) })
	for _, python := range versions {
		t.Run("its tests with "+python, func(t *testing.T) {
			t.Parallel()
			venv := newVenv(t, python, wheels[0])
			isolate(t) // its apps have the addresses of the real service
			t.Logf("%s", runIn(t, "pypi/tests", venv, "python", "-m", "unittest", "test_service", "test_wheels"))
		})
	}
	t.Run("its plugin", func(t *testing.T) {
		t.Parallel()
		venv := venvWithPytest(t, versions, wheels[0])
		isolate(t)
		t.Logf("%s", runIn(t, "pypi/tests", venv, "python", "-m", "pytest", "-p", "no:cacheprovider", "test_plugin.py"))
	})
	t.Run("the sample of its README", func(t *testing.T) {
		t.Parallel()
		venv := venvWithPytest(t, versions, wheels[0])
		isolate(t)
		readmeSample(t, venv)
	})
	t.Run("its types", func(t *testing.T) {
		t.Parallel()
		if _, err := exec.LookPath("mypy"); err != nil {
			t.Skip("mypy is not installed")
		}
		runIn(t, "pypi", nil, "mypy", "--strict", "--python-version", "3.9", "--cache-dir", os.DevNull, "rtkmock", "wheels.py")
		dir, venv := t.TempDir(), newVenv(t, versions[0], wheels[0])
		writeSample(t, dir)
		mypy := []string{"mypy", "--strict", "--cache-dir", os.DevNull, "--python-executable", filepath.Join(string(*venv), "bin", "python")}
		runIn(t, dir, nil, append(mypy, "test_webhook.py", "outage.py")...)
		assert.NilError(t, os.WriteFile(filepath.Join(dir, "wrong.py"), []byte("import rtkmock\n\nrtkmock.start().emit(\"meeting.strated\")\n"), 0o600))
		out, err := exec.CommandContext(t.Context(), mypy[0], append(mypy[1:], filepath.Join(dir, "wrong.py"))...).CombinedOutput()
		assert.ErrorContains(t, err, "exit status 1")
		assert.Assert(t, is.Contains(string(out), `has incompatible type "Literal['meeting.strated']"`))
	})
}

// TestE2EWheelsOfOtherPlatforms compiles for all of them, and checks the wheels. They
// are not run.
func TestE2EWheelsOfOtherPlatforms(t *testing.T) {
	if os.Getenv("RTKMOCK_E2E_WHEELS") != "1" {
		t.Skip("RTKMOCK_E2E_WHEELS=1 has them compiled, which takes minutes")
	}
	python, dist := pythons(t)[0], t.TempDir()
	runIn(t, ".", nil, python, "pypi/wheels.py", "build", "--version", "0.9.0", "--platform", "all", "--out", dist)
	wheels, err := filepath.Glob(filepath.Join(dist, "*.whl"))
	assert.NilError(t, err)
	assert.Equal(t, len(wheels), 8)
	t.Logf("%s", runIn(t, ".", nil, append([]string{python, "pypi/wheels.py", "publish"}, wheels...)...))
}

// venv is the folder of a virtual environment.
type venv string

// environ has the programs of the environment, and no others: no Go above all.
func (v *venv) environ() []string {
	return []string{"PATH=" + filepath.Join(string(*v), "bin"), "HOME=" + string(*v), "TMPDIR=" + v.temp(), "NO_COLOR=1", "PYTHONDONTWRITEBYTECODE=1"}
}

// temp is the folder for temporary files.
func (v *venv) temp() string { return filepath.Join(string(*v), "tmp") }

// pythons are the interpreters of this machine that can make environments, the oldest
// version first. It skips the test where there is none.
func pythons(t *testing.T) (found []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, name := range []string{"python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "python3", "/usr/bin/python3"} {
		question := "import ensurepip, sys, venv; assert sys.version_info >= (3, 9); print(sys.base_prefix, sys.version)"
		if out, err := exec.CommandContext(t.Context(), name, "-c", question).Output(); err == nil && !seen[string(out)] {
			seen[string(out)] = true
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		t.Skip("no Python from 3.9 on can make virtual environments")
	}
	return found
}

// newVenv makes an environment and installs the wheel, without a registry.
func newVenv(t *testing.T, python, wheel string, flags ...string) *venv {
	t.Helper()
	v := venv(filepath.Join(t.TempDir(), "venv"))
	runIn(t, ".", nil, append([]string{python, "-m", "venv", string(v)}, flags...)...)
	assert.NilError(t, os.Mkdir(v.temp(), 0o700))
	runIn(t, string(v), &v, "pip", "--disable-pip-version-check", "install", "--no-index", wheel)
	return &v
}

// venvWithPytest is newVenv with the pytest of an interpreter that has it.
func venvWithPytest(t *testing.T, versions []string, wheel string) *venv {
	t.Helper()
	for _, python := range versions {
		if exec.CommandContext(t.Context(), python, "-c", "import pytest").Run() == nil {
			return newVenv(t, python, wheel, "--system-site-packages")
		}
	}
	t.Skip("no Python has pytest")
	return nil
}

// runIn runs a program in a folder, and returns what it printed. v is the environment
// that it has; nil: that of this process.
func runIn(t *testing.T, dir string, v *venv, words ...string) string {
	t.Helper()
	code, out := ranIn(t, dir, v, words...)
	assert.Equal(t, code, 0, "%q\n%s", words, out)
	return out
}

// ranIn is runIn for a program that may fail, and also returns its exit code.
func ranIn(t *testing.T, dir string, v *venv, words ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	if cmd.Dir = dir; v != nil {
		cmd.Env = v.environ()
		cmd.Path, cmd.Err = filepath.Join(string(*v), "bin", words[0]), nil
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		assert.NilError(t, err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// pythonAlone judges apps from an empty folder.
func pythonAlone(t *testing.T, v *venv) {
	dir := t.TempDir()
	copyRecipe(t, dir)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	assert.NilError(t, ln.Close())
	writeApp(t, dir, "app.py", goodApp, port)
	writeApp(t, dir, "flawed.py", flawedApp, port)
	isolate(t)
	url := "http://localhost:" + port + "/webhook"
	for _, c := range []struct {
		words []string
		code  int
		says  string
	}{
		{[]string{url, "--", "python3", "app.py"}, 0, "conformant, "},
		{[]string{url, "--", "python3", "flawed.py"}, 1, "sig/missing-header"},
		{[]string{"localhost", "--", "python3", "app.py"}, 2, `found "localhost"`},
	} {
		began := time.Now()
		code, out := ranIn(t, dir, v, append([]string{"rtkmock", "test"}, c.words...)...)
		took := time.Since(began)
		t.Logf("%q: exit %d after %s", c.words, code, took.Round(time.Millisecond))
		assert.Equal(t, code, c.code, out)
		assert.Assert(t, is.Contains(out, c.says))
		assert.Assert(t, took < time.Minute)
	}
}

// copyRecipe copies the modules that goodApp imports.
func copyRecipe(t *testing.T, dir string) {
	const recipe = "../../fixtures/recipes/python/"
	runIn(t, ".", nil, "cp", recipe+"deliveries.py", recipe+"realtimekit.py", recipe+"signature.py", dir)
	runIn(t, ".", nil, "cp", recipe+"app.py", filepath.Join(dir, "receiver.py"))
}

func writeApp(t *testing.T, dir, name, app, port string) {
	t.Helper()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, app, port), 0o600))
}

// pythonBlock is a file in a README. Its first line has the name.
var pythonBlock = regexp.MustCompile("(?ms)^```python\n# (\\S+\\.py)$\n(.*?)^```$")

// writeSample writes the files that the README of the package shows.
func writeSample(t *testing.T, dir string) {
	t.Helper()
	readme, err := os.ReadFile("pypi/README.md")
	assert.NilError(t, err)
	files := pythonBlock.FindAllStringSubmatch(string(readme), -1)
	assert.Equal(t, len(files), 3)
	for _, file := range files {
		assert.NilError(t, os.WriteFile(filepath.Join(dir, file[1]), []byte(file[2]), 0o600))
	}
}

// readmeSample runs the sample: with a good app it passes, with a flawed one the
// right test fails, and nothing is left of either.
func readmeSample(t *testing.T, v *venv) {
	dir := t.TempDir()
	writeSample(t, dir)
	copyRecipe(t, dir)
	writeApp(t, dir, "app.py", goodApp, pythonAppPort)
	t.Logf("%s", runIn(t, dir, v, "python", "-m", "pytest", "-p", "no:cacheprovider"))
	writeApp(t, dir, "app.py", strings.Replace(goodApp, "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL", "RTK_KEY_URL", 1), pythonAppPort)
	runIn(t, dir, v, "python", "-m", "pytest", "-p", "no:cacheprovider")
	writeApp(t, dir, "app.py", flawedApp, pythonAppPort)
	code, out := ranIn(t, dir, v, "python", "-m", "pytest", "-p", "no:cacheprovider")
	assert.Equal(t, code, 1, out)
	assert.Assert(t, is.Contains(out, "FAILED test_webhook.py::test_a_forgery_is_refused"))
	assert.Assert(t, is.Contains(out, "1 failed, 3 passed"))
	assert.Assert(t, is.Contains(out, "delivered with 204"), "the log is with the failure")
	assert.Assert(t, is.Contains(out, "took meeting.ended\n"), "and what the app printed")
	ln, err := net.Listen("tcp", "127.0.0.1:"+pythonAppPort)
	assert.NilError(t, err, "the app has ended")
	assert.NilError(t, ln.Close())
	writeApp(t, dir, "app.py", strings.Replace(goodApp, `os.environ["REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"]`, `"https://api.realtime.cloudflare.com/.well-known/webhooks.json"`, 1), pythonAppPort)
	printed, err := os.ReadFile("pypi/README.md")
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(printed), "```text\n"+runIn(t, dir, v, "python", "outage.py")+"```\n"))
	left, err := os.ReadDir(v.temp())
	assert.NilError(t, err)
	assert.Equal(t, len(left), 0, "%v", left)
}
