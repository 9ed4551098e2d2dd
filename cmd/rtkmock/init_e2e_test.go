//go:build e2e

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// From a project as people have it, "rtkmock init" and then what that prints lead to a
// verdict.
func TestE2EInitLeadsToAVerdict(t *testing.T) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	rtkmock := buildRTKMock(t)
	dir := t.TempDir()
	assert.NilError(t, os.CopyFS(dir, os.DirFS("testdata/init")))
	out := initialize(t, rtkmock, dir)
	_, next, found := strings.Cut(out, "\nNext\n  ")
	assert.Assert(t, found, out)

	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.TrimSpace(next))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+filepath.Dir(rtkmock)+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+t.TempDir(),
		"RTKMOCK_ONLY=sig/*") // the rest takes a minute
	verdict, err := cmd.CombinedOutput()
	assert.Assert(t, is.Contains(string(verdict), "settings from rtkmock.yaml: command, key-env, port-env, url"))
	assert.Assert(t, regexp.MustCompile(`\n(not )?conformant`).Match(verdict), "%v: %s", err, verdict)
	assert.Assert(t, !regexp.MustCompile(`FAIL sig/|INCONCLUSIVE`).Match(verdict), "%s", verdict)
}

// The CI job is one that GitHub takes, whatever the project.
func TestE2EInitWritesAJobThatGitHubTakes(t *testing.T) {
	rtkmock := buildRTKMock(t)
	lint := []string{"run", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12", "-no-color", "-shellcheck=", "-pyflakes="}
	for _, files := range [][2]string{
		{"package.json", `{"scripts":{"start":"next start","build":"next build"},"dependencies":{"next":"16"}}`},
		{"wrangler.toml", ""}, {"manage.py", ""}, {"go.mod", "module x"}, {"composer.json", "{}"},
		{"compose.yaml", "services: {web: {build: ., ports: ['80:80']}}"}, {"unknown", ""},
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "it's #1")
		assert.NilError(t, os.MkdirAll(dir, 0o777))
		assert.NilError(t, os.Mkdir(filepath.Join(root, ".git"), 0o777))
		assert.NilError(t, os.WriteFile(filepath.Join(dir, files[0]), []byte(files[1]), 0o666))
		initialize(t, rtkmock, dir)
		lint = append(lint, filepath.Join(root, ".github", "workflows", "rtkmock.yml"))
	}
	cmd := exec.CommandContext(t.Context(), "go", lint...)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := cmd.CombinedOutput()
	if err != nil && regexp.MustCompile(`no such host|dial tcp|connection refused`).Match(out) {
		t.Skipf("actionlint cannot be fetched: %s", out)
	}
	assert.NilError(t, err, "%s", out)
}

// initialize runs "rtkmock init" in a folder, and returns what it prints.
func initialize(t *testing.T, rtkmock, dir string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), rtkmock, "init", "--yes")
	cmd.Dir = dir
	out, err := cmd.Output()
	assert.NilError(t, err, "%s", out)
	return string(out)
}
