//go:build e2e && unix

package checks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"
)

// workshop makes the receivers of a shard ready to run, in folders that go with the
// test t. What a shard needs and cannot have is a reason to skip it.
type workshop struct {
	t    *testing.T
	node string // where the Node frameworks are installed
}

// prepare returns the folder of a shard.
func (w *workshop) prepare(t *testing.T, shard string) string {
	switch shard {
	case "node", "next-and-workers":
		if w.node == "" {
			w.node = w.installNode(t)
		}
		return w.node
	case "refusals": // these use Node alone
		needs(t, "node")
		return w.copy(t, "node")
	case "go":
		needs(t, "go")
		dir := w.t.TempDir()
		within(t, filepath.Join("testdata", "frameworks", "go"), "go", "build", "-o", dir, "./gin", "./fiber")
		return dir
	case "php":
		needs(t, "php")
		return w.copy(t, shard)
	case "python":
		if python() == "" {
			t.Skip("no Python has " + pythonPackages + " (Debian: python3-fastapi, python3-uvicorn, python3-django, python3-flask, python3-cryptography)")
		}
		return w.copy(t, shard)
	}
	t.Fatalf("nobody knows what the shard %q needs", shard)
	return ""
}

func needs(t *testing.T, program string) {
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
}

// copy copies a folder of receivers to where it may leave what it installs.
func (w *workshop) copy(t *testing.T, name string) string {
	dir := filepath.Join(w.t.TempDir(), name)
	assert.NilError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "frameworks", name))))
	return dir
}

// oldestNode is the first major version that all of the frameworks run on.
const oldestNode = 20

func (w *workshop) installNode(t *testing.T) string {
	needs(t, "node")
	needs(t, "npm")
	version := strings.TrimPrefix(within(t, "", "node", "--version"), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		t.Skipf("the frameworks need Node %d, found %s", oldestNode, version)
	}
	dir := w.copy(t, "node")
	within(t, dir, "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")
	within(t, dir, "npm", "run", "build")
	return dir
}

var unreachable = regexp.MustCompile(`ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|no such host|dial tcp`)

// within runs a program in dir, and returns what it prints.
func within(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "NEXT_TELEMETRY_DISABLED=1")
	out, err := cmd.CombinedOutput()
	if err != nil && unreachable.Match(out) {
		t.Skipf("%s cannot reach its registry:\n%s", name, out)
	}
	assert.NilError(t, err, "%s %q:\n%s", name, args, out)
	return strings.TrimSpace(string(out))
}

const pythonPackages = "fastapi, uvicorn, django, flask, cryptography"

// python is the first Python that has the frameworks, or "". One that was installed by
// hand often hides that of the system.
var python = sync.OnceValue(func() string {
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import "+pythonPackages).Run() == nil {
			return name
		}
	}
	return ""
})
