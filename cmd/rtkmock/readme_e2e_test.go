//go:build e2e && linux

package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// TestE2EReadmes runs every ```console block of every README.md, and of the skill
// for coding assistants. The blocks of a file run in order, in a folder and a network of their own: the ports that
// READMEs name, such as 3000 and 9010, are free there, and nothing gets out.
func TestE2EReadmes(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a network of its own needs root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip is not installed")
	}
	base := t.TempDir()
	command := func(name string, args ...string) string {
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
		assert.NilError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	bin, clone := filepath.Join(base, "bin"), filepath.Join(base, "clone")
	command("cp", "-r", "../..", clone)
	command("env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-o", filepath.Join(bin, "rtkmock"), ".")
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "RTKMOCK_") || strings.HasPrefix(s, "GITHUB_")
	})
	env = append(env, "PATH="+bin+":"+os.Getenv("PATH"), "no_proxy=*", "GOPROXY=off", "GOFLAGS=-buildvcs=false -trimpath", "CGO_ENABLED=0",
		"GOMODCACHE="+command("go", "env", "GOMODCACHE"), "GOCACHE="+command("go", "env", "GOCACHE"))
	for _, file := range readmes(t, clone) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(clone, file))
			assert.NilError(t, err)
			blocks, err := parseConsole(string(text))
			assert.NilError(t, err)
			dir := t.TempDir()
			// The receivers that the READMEs speak of.
			assert.NilError(t, os.CopyFS(dir, os.DirFS("testdata/readme")))
			assert.NilError(t, os.CopyFS(filepath.Join(dir, "cmd", "server"), os.DirFS(filepath.Join(clone, "fixtures/recipes/go"))))
			isolate(t)
			c := &console{dir: dir, clone: clone, env: append(slices.Clip(env), "HOME="+dir, "GOPATH="+filepath.Join(dir, "go"), "GOBIN=", "CLONE="+clone), limit: time.Minute}
			runBlocks(t, c, blocks)
		})
	}
}

// readmes returns the paths of all README.md and SKILL.md files below root.
func readmes(t *testing.T, root string) (found []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if err == nil && (d.Name() == "README.md" || d.Name() == "SKILL.md") {
			found = append(found, path)
		}
		return err
	})
	assert.NilError(t, err)
	assert.Assert(t, slices.Contains(found, "README.md"))
	return found
}

// isolate moves this goroutine, and all that it starts, to a new network, where
// only the machine itself can be reached.
func isolate(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // without unlocking: the thread ends with the test
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Skipf("a network of its own: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), "ip", "link", "set", "lo", "up").CombinedOutput()
	assert.NilError(t, err, "%s", out)
}

// runBlocks runs blocks in order, but for those that cannot run here.
func runBlocks(t *testing.T, c *console, blocks []block) {
	t.Helper()
	ran := 0
	for _, b := range blocks {
		for _, program := range b.needs {
			if _, err := exec.LookPath(program); err != nil && b.skip == "" {
				b.skip = program + " is not installed"
			}
		}
		if b.skip != "" {
			t.Logf("line %d: skipped: %s", b.line, b.skip)
			continue
		}
		start := time.Now()
		assert.NilError(t, c.run(t.Context(), b))
		t.Logf("line %d: %s: %q", b.line, time.Since(start).Round(time.Millisecond), b.commands)
		ran++
	}
	for _, end := range slices.Backward(c.ends) {
		assert.NilError(t, end())
	}
	t.Logf("%d blocks ran, %d were skipped", ran, len(blocks)-ran)
}

// TestE2EReadmeThatIsWrongIsFound shows that a README that is wrong fails.
func TestE2EReadmeThatIsWrongIsFound(t *testing.T) {
	for _, c := range []struct{ block, want string }{
		{"```console\n$ echo a\\\nb\nab\n```\n", ""},
		{"```console\n$ echo one; echo two and three\none\n…\ntwo … three\n```\n", ""},
		{"```console exit=3\n$ exit 3\n```\n", ""},
		{"```console background\n$ echo up; exec sleep 60\nup\n```\n", ""},
		{"```console backround\n$ true\n```\n", "want background"},
		{"```console skip=\n$ true\n```\n", "without a reason"},
		{"```console\ntrue\n```\n", "no line begins with"},
		{"```console\n$ true\n", "has no end"},
		{"  ```console\n  $ true\n  ```\n", "is indented"},
		{"```console\n$ exit 3\n```\n", "exit status 3, want exit status 0"},
		{"```console exit=3\n$ true\n```\n", "want exit status 3"},
		{"```console exit=3\n$ false\n$ exit 3\n```\n", "one command"},
		{"```console\n$ false\n$ true\n```\n", "exit status 1"},
		{"```console\n$ false | cat\n```\n", "exit status 1"},
		{"```console\n$ echo two; echo one\none\ntwo\n```\n", `not at its place: "two"`},
		{"```console\n$ sleep 60\n```\n", "in time"},
		{"```console\n$ sleep 60 &\n```\n", "still running"},
		{"```console background\n$ sleep 60\n```\n", "ready"},
		{"```console background\n$ echo up\ndown\n```\n", "ended by itself"},
		{"```console background\n$ echo up; sleep 60\ndown\n```\n", "in time"},
	} {
		t.Run(c.block, func(t *testing.T) {
			t.Parallel()
			con := &console{dir: t.TempDir(), env: os.Environ(), limit: 3 * time.Second}
			blocks, err := parseConsole(c.block)
			for _, b := range blocks {
				err = con.run(t.Context(), b)
			}
			for _, end := range con.ends {
				assert.Check(t, end())
			}
			if c.want == "" {
				assert.NilError(t, err)
			} else {
				assert.Assert(t, is.ErrorContains(err, c.want))
			}
		})
	}
}
