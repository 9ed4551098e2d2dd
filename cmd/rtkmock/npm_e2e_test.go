//go:build e2e && linux

package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// Somebody who has Node and nothing else: no Go, and no registry that knows any name.
func TestE2ENpmGivesAVerdictWithNodeAlone(t *testing.T) {
	n := newNodeAlone(t)
	tarball := n.pack("--binary", buildRTKMock(t))
	began := time.Now()
	n.run(0, "npm", "i", "-D", tarball)
	n.copy("testdata/npm/app.mjs", "testdata/npm/server.js")
	port := freePort(t)
	url := "http://localhost:" + port + "/webhook"
	n.env = append(n.env, "PORT="+port)
	assert.Assert(t, is.Contains(n.run(0, "npx", "rtkmock", "test", url, "--", "node", "server.js"), "conformant, "))
	assert.Assert(t, time.Since(began) < time.Minute, "%s", time.Since(began))
	t.Logf("from an empty folder to the verdict: %s", time.Since(began).Round(time.Millisecond))

	n.env = append(n.env, "FLAW=yes")
	assert.Assert(t, is.Contains(n.run(1, "npx", "rtkmock", "test", url, "--only", "sig/raw-bytes", "--", "node", "server.js"), "FAIL sig/raw-bytes"))
	assert.Assert(t, is.Contains(n.run(2, "npx", "rtkmock", "tset", url), "test"))
	assert.DeepEqual(t, n.asked(), []string(nil))
	n.left.check(t)
}

// A terminal sends Ctrl-C to all that runs in it, and npx and the shim pass it on to
// rtkmock, which must not take that for a second one. npx itself ends by the signal.
func TestE2ENpmCtrlCLeavesAReport(t *testing.T) {
	n := newNodeAlone(t)
	n.run(0, "npm", "i", "-D", n.pack("--binary", buildRTKMock(t)))
	n.copy("testdata/npm/app.mjs", "testdata/npm/server.js")
	port := freePort(t)
	n.env = append(n.env, "PORT="+port, "STUBBORN=yes") // so that rtkmock takes its time to end
	for _, call := range [][]string{{"npx", "rtkmock"}, {"node", "node_modules/rtkmock/bin/rtkmock.cjs"}} {
		words := append(slices.Clip(call), "test", "http://localhost:"+port+"/webhook", "--report", "json=report.json", "--rate", "1", "--", "node", "server.js")
		cmd := n.command(words[0], words[1:]...)
		out := &screen{changed: make(chan struct{}, 1)}
		cmd.Stdout, cmd.Stderr = out, out
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		assert.NilError(t, cmd.Start())
		awaitListening(t, port)
		assert.NilError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGINT))
		code := exitCode(cmd.Wait())
		assert.Assert(t, code == 130 || call[0] == "npx", "%d: %s", code, out)
		assert.Assert(t, is.Contains(out.String(), "rtkmock: interrupted"))
		var report struct{ Complete *bool }
		text, err := os.ReadFile(filepath.Join(n.dir, "report.json"))
		assert.NilError(t, err, "%s", out)
		assert.NilError(t, json.Unmarshal(text, &report))
		assert.Assert(t, report.Complete != nil && !*report.Complete, "%s", text)
		assert.NilError(t, os.Remove(filepath.Join(n.dir, "report.json")))
		n.left.check(t)
	}
}

// standIn plays rtkmock: it exits with a code, ends by a signal, or says which signal
// it got.
const standIn = `#!/bin/sh
case "$1" in
version) echo '{"version":"v0.9.0"}' ;;
exit) exit "$2" ;;
die) kill -"$2" $$ ;;
args) shift; printf '<%s>' "$@" ;;
in) cat ;;
env) printf '%s' "$GREETING" ;;
trap)
  for s in INT TERM HUP QUIT; do trap "echo got $s; exit 9" $s; done
  echo ready
  n=0; while [ $n -lt 600 ]; do sleep 0.05; n=$((n+1)); done ;;
esac
`

func TestE2ENpmPassesCodesAndSignals(t *testing.T) {
	n := newNodeAlone(t)
	program := filepath.Join(t.TempDir(), "rtkmock")
	assert.NilError(t, os.WriteFile(program, []byte(standIn), 0o755))
	tarball := n.pack("--binary", program)
	assert.Equal(t, filepath.Base(tarball)[:len("rtkmock-0.9.0-")], "rtkmock-0.9.0-", "the version is the program's")
	n.run(0, "npm", "i", "-D", tarball)
	for name, node := range nodes(t) {
		t.Run(name, func(t *testing.T) { passesCodesAndSignals(t, n, node) })
	}
}

// nodes are the Node of this machine and others: RTKMOCK_E2E_NODES has their paths,
// with colons between them.
func nodes(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, node := range append(filepath.SplitList(os.Getenv("RTKMOCK_E2E_NODES")), "node") {
		version, err := exec.CommandContext(t.Context(), node, "--version").Output()
		assert.NilError(t, err, node)
		found[strings.TrimSpace(string(version))], err = exec.LookPath(node)
		assert.NilError(t, err)
	}
	return found
}

func passesCodesAndSignals(t *testing.T, n *nodeAlone, node string) {
	shim := filepath.Join(n.dir, "node_modules", "rtkmock", "bin", "rtkmock.cjs")
	call := func(args ...string) *exec.Cmd { return n.command(node, append([]string{shim}, args...)...) }
	for _, code := range []int{0, 1, 2, 3, 4, 5, 130, 255} {
		err := call("exit", fmt.Sprint(code)).Run()
		assert.Equal(t, exitCode(err), code)
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGKILL, syscall.SIGABRT, syscall.SIGSEGV} {
		cmd := call("die", fmt.Sprint(int(s)))
		_ = cmd.Run()
		assert.Equal(t, cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(), s, "death by a signal stays one")
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		out := &screen{changed: make(chan struct{}, 1)}
		cmd := call("trap")
		cmd.Stdout = out
		assert.NilError(t, cmd.Start())
		for !strings.Contains(out.String(), "ready") {
			<-out.changed
		}
		assert.NilError(t, cmd.Process.Signal(s))
		assert.Equal(t, exitCode(cmd.Wait()), 9, "%s", s)
		assert.Assert(t, is.Contains(out.String(), "got "), "%s", s)
	}
	words := []string{"a b", "", "--flag=ü", "$HOME", `"'\`, "--", "-e"}
	out, err := call(append([]string{"args"}, words...)...).Output()
	assert.NilError(t, err)
	assert.Equal(t, string(out), "<"+strings.Join(words, "><")+">")
	cmd := call("in")
	cmd.Stdin = strings.NewReader(strings.Repeat("0123456789abcdef", 1<<16))
	out, err = cmd.Output()
	assert.NilError(t, err)
	assert.Equal(t, len(out), 1<<20)
	cmd = call("env")
	cmd.Env = append(slices.Clip(cmd.Env), "GREETING=hi")
	out, err = cmd.CombinedOutput()
	assert.NilError(t, err)
	assert.Equal(t, string(out), "hi", "and no warning of Node beside it")
}

// A program that is not there, not of this version, or not executable is said in a
// line, with the exit code of a harness that failed.
func TestE2ENpmSaysWhatIsMissing(t *testing.T) {
	n := newNodeAlone(t)
	program := filepath.Join(t.TempDir(), "rtkmock")
	assert.NilError(t, os.WriteFile(program, []byte(standIn), 0o755))
	n.run(0, "npm", "i", "-D", n.pack("--binary", program))
	shim := filepath.Join("node_modules", "rtkmock", "bin", "rtkmock.cjs")
	platform := ownPlatform()
	binaries := filepath.Join(n.dir, "node_modules", "rtkmock", "binaries")
	says := func(want string) {
		t.Helper()
		out := n.run(4, "node", shim, "exit", "0")
		assert.Assert(t, is.Contains(out, want))
		assert.Equal(t, strings.Count(out, "\n"), 1, "%s", out)
	}

	assert.NilError(t, os.Chmod(filepath.Join(binaries, platform, "rtkmock"), 0o644))
	says("it may not be executed")
	assert.NilError(t, os.Rename(filepath.Join(binaries, platform), filepath.Join(binaries, "sunos-x64")))
	says("found no program for " + platform + ", this package has those for sunos-x64")
	assert.NilError(t, os.RemoveAll(binaries))
	says("found no program for " + platform + ", want the package @rtkmock/" + platform)
	other := filepath.Join(n.dir, "node_modules", "@rtkmock", platform)
	assert.NilError(t, os.MkdirAll(other, 0o755))
	assert.NilError(t, os.WriteFile(filepath.Join(other, "package.json"), []byte(`{"version":"0.8.0"}`), 0o600))
	says("found version 0.8.0 of @rtkmock/" + platform + ", want 0.9.0")
}

// The same packages as a registry would have them, from a registry of this test.
func TestE2ENpmFromARegistry(t *testing.T) {
	n := newNodeAlone(t)
	paths := n.packs("--archives", n.release("0.9.0"), "--registry", "--publish")
	assert.Equal(t, len(paths), 7)
	for _, request := range n.asked() {
		assert.Assert(t, strings.HasPrefix(request, "GET "), "it publishes: %s", request)
	}
	n.packs("--archives", n.release("1.0.0-rc.1"), "--registry", "--publish") // npm wants a tag for it
	n.publish(paths)
	n.run(0, "npm", "i", "-D", "rtkmock")
	n.run(3, "npx", "rtkmock", "exit", "3")
	installed, err := os.ReadDir(filepath.Join(n.dir, "node_modules", "@rtkmock"))
	assert.NilError(t, err)
	assert.Equal(t, len(installed), 1, "the program of this platform alone: %v", installed)
	n.run(0, "npm", "ci") // by the lock file
	n.run(5, "npx", "rtkmock", "exit", "5")
}

// npm makes the packages of what a release has, and installs the one of this machine.
func (d *distribution) npm(t *testing.T) {
	n := newNodeAlone(t)
	packages := n.packs("--archives", d.dir)
	assert.Equal(t, len(packages), 7)
	for _, path := range packages {
		switch filepath.Base(path) {
		case "rtkmock-" + d.version + "-" + ownPlatform() + ".tgz", "rtkmock-" + d.version + ".tgz":
			n.run(0, "npm", "i", "-D", path)
			assert.Assert(t, is.Contains(n.run(0, "npx", "rtkmock", "test", "--only", "sig/*"), "conformant"))
		}
	}
	n.packs("--archives", d.dir, "--registry", "--publish")
}

// The package has the version that its program says, which comes from the tag.
func TestE2ENpmHasTheVersionOfTheTag(t *testing.T) {
	n := newNodeAlone(t)
	clone := filepath.Join(t.TempDir(), "clone")
	if out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", "../..", clone).CombinedOutput(); err != nil {
		t.Skipf("a clone to tag: %v: %s", err, out)
	}
	program := filepath.Join(t.TempDir(), "rtkmock")
	command(t, clone, "git", "-c", "user.name=a", "-c", "user.email=a@localhost", "tag", "v1.7.8")
	command(t, clone, "go", "build", "-trimpath", "-buildvcs=true", "-o", program, "./cmd/rtkmock")
	tarball := n.pack("--binary", program)
	assert.Equal(t, filepath.Base(tarball), "rtkmock-1.7.8-"+ownPlatform()+".tgz")
	n.run(0, "npm", "i", "-D", tarball)
	assert.Assert(t, is.Contains(n.run(0, "npx", "rtkmock", "version"), "rtkmock v1.7.8 ("))
	assert.Equal(t, n.run(0, "node", "-p", "require('rtkmock/package.json').version"), "1.7.8\n")
}

// The API, as its own tests have it, and the examples of the README.
func TestE2ENpmAPI(t *testing.T) {
	n := newNodeAlone(t)
	tarball := n.pack("--binary", buildRTKMock(t))
	n.run(0, "npm", "i", "-D", tarball)
	n.copy("testdata/npm/app.mjs", "testdata/npm/server.js", "testdata/npm/api.test.mjs", "testdata/npm/require.test.cjs")
	port := freePort(t)
	n.examples(port)
	n.env = append(n.env, "PORT="+port)
	out := n.run(0, "node", "--test", "--test-reporter=tap", "api.test.mjs", "require.test.cjs", "webhook.test.mjs", "inside.test.mjs")
	assert.Assert(t, is.Contains(out, "# fail 0"))
	assert.Assert(t, is.Contains(out, "# skipped 0"))
	assert.Assert(t, is.Contains(out, "an event that comes twice counts once"), "of the README")
	assert.Assert(t, !strings.Contains(out, "listening at"), "what an app prints is for tests that fail")
	n.env = append(n.env, "FLAW=accepts")
	out = n.run(1, "node", "--test", "--test-reporter=tap", "webhook.test.mjs")
	assert.Assert(t, is.Contains(out, "# fail 1"))
	assert.Assert(t, is.Contains(out, "listening at"), "what the app printed")
	n.left.check(t)
}

func TestE2ENpmTypesAndVitest(t *testing.T) {
	n := newNodeAlone(t)
	tarball := n.pack("--binary", buildRTKMock(t))
	n.dir = npmApp(t, "testdata/npm")
	n.run(0, "npm", "i", "--no-save", tarball)
	port := freePort(t)
	n.env = append(n.env, "PORT="+port)
	n.examples(port)
	n.run(0, "npx", "tsc", "-p", "tsconfig.node16.json")
	n.run(0, "npx", "tsc", "-p", "tsconfig.bundler.json")
	n.run(0, "npx", "tsc", "--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022", "webhook.spec.ts")
	n.env = append(n.env, "KEY_VARIABLE=RTK_KEY_URL")
	out := n.run(0, "npx", "vitest", "run", "--reporter=verbose", "webhook.spec.ts")
	assert.Assert(t, is.Contains(out, "while the key cannot be had, an event is asked for again"))
	assert.Assert(t, !strings.Contains(out, "listening at"), "what an app prints is for tests that fail")
	n.env = append(n.env, "FLAW=accepts")
	assert.Assert(t, is.Contains(n.run(1, "npx", "vitest", "run", "webhook.spec.ts"), "listening at"), "what the app printed")
	n.left.check(t)
}

// The shim adds 20 ms at most to what Node and the program take themselves. The fastest
// of many runs of each are compared, in turns: whatever else goes on makes a run slower,
// never faster.
func TestE2ESpeedOfNpm(t *testing.T) {
	n := newNodeAlone(t)
	program := buildRTKMock(t)
	n.run(0, "npm", "i", "-D", n.pack("--binary", program))
	shim := filepath.Join(n.dir, "node_modules", "rtkmock", "bin", "rtkmock.cjs")
	fastest := func(best time.Duration, name string, args ...string) time.Duration {
		began := time.Now()
		assert.NilError(t, n.command(name, args...).Run())
		return min(best, time.Since(began))
	}
	node, alone, with := time.Hour, time.Hour, time.Hour
	for range 100 {
		node, alone, with = fastest(node, "node", "-e", "0"), fastest(alone, program, "version"), fastest(with, "node", shim, "version")
	}
	t.Logf("node -e 0: %s, rtkmock version: %s, by the shim: %s", node, alone, with)
	added := with - node - alone
	assert.Assert(t, added <= 20*time.Millisecond, "it adds %s", added)
}
