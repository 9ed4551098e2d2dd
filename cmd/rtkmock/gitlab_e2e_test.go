//go:build e2e && linux

package main_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/assert"
)

// TestE2EJobForGitLabOfTheReadme runs the script of the job that the README shows, with a
// release in a folder.
func TestE2EJobForGitLabOfTheReadme(t *testing.T) {
	needs(t, "node", "npm", "curl")
	readme, err := os.ReadFile("README.md")
	assert.NilError(t, err)
	block := regexp.MustCompile("(?ms)^```yaml\n(# .gitlab-ci.yml\n.*?)^```").FindSubmatch(readme)
	assert.Assert(t, block != nil)
	var jobs map[string]struct {
		Variables map[string]string
		Script    []string
		Artifacts struct {
			Paths   []string
			Reports map[string]string
		}
	}
	assert.NilError(t, yaml.Unmarshal(block[1], &jobs))
	job := jobs["webhooks"]
	assert.Assert(t, slices.Contains(job.Script, "npm ci"))
	script := slices.DeleteFunc(job.Script, func(line string) bool { return line == "npm ci" }) // the app needs no packages

	program, err := os.ReadFile(buildRTKMock(t))
	assert.NilError(t, err)
	const name = "rtkmock_0.9.0_linux_amd64.tar.gz"
	archive, release := tarred("rtkmock", string(program)), t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(release, name), archive, 0o600))
	sums := fmt.Sprintf("%x  %s\n%x  another.tar.gz\n", sha256.Sum256(archive), name, sha256.Sum256(nil))
	assert.NilError(t, os.WriteFile(filepath.Join(release, "checksums.txt"), []byte(sums), 0o600))
	clone, err := filepath.Abs("../..")
	assert.NilError(t, err)
	dir := t.TempDir()
	assert.NilError(t, os.CopyFS(dir, os.DirFS("testdata/readme")))
	isolate(t)
	assert.Assert(t, strings.HasSuffix(job.Variables["RELEASE"], "/v0.9.0"))
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", strings.Join(script, "\n"))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "RELEASE=file://"+release, "CLONE="+clone) // the app of the READMEs is in the clone
	out, err := cmd.CombinedOutput()
	assert.NilError(t, err, "%s", out)
	for _, path := range append(job.Artifacts.Paths, job.Artifacts.Reports["junit"]) {
		_, err := os.Stat(filepath.Join(dir, path))
		assert.NilError(t, err)
	}
}
