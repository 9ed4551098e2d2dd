//go:build e2e && linux

package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
)

// maxProgram is how many bytes the binary of a release may have.
const maxProgram = 22_000_000

// TestE2EImageNeedsNothingAroundTheBinary runs what the Dockerfile builds as the image has it: a
// folder with the binary alone, and a user without a name.
func TestE2EImageNeedsNothingAroundTheBinary(t *testing.T) {
	root := imageRoot(t)
	info, err := os.Stat(filepath.Join(root, "rtkmock"))
	assert.NilError(t, err)
	assert.Check(t, info.Size() < maxProgram, "it has %d bytes: go tool nm -size says of what", info.Size())

	cmd := inImage(root, "/rtkmock", "test", "--color", "never", "--only", "ctl/*,sig/missing-header", "--report", "html=/state/report.html")
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	assert.NilError(t, cmd.Run(), "%s", &text)
	assert.Assert(t, bytes.Contains(text.Bytes(), []byte("conformant")), "%s", &text)

	// What it does without arguments, and how it is asked whether it is well.
	isolate(t)
	check := inImage(root, instruction(t, "HEALTHCHECK .* CMD")...)
	assert.ErrorContains(t, check.Run(), "exit status 3")
	serve := inImage(root, append(instruction(t, "ENTRYPOINT"), instruction(t, "CMD")...)...)
	serve.Env = append(serve.Env, "RTKMOCK_CONTROL_TOKEN=secret")
	stdout, err := serve.StdoutPipe()
	assert.NilError(t, err)
	assert.NilError(t, serve.Start())
	defer func() { _, _ = serve.Process.Kill(), serve.Wait() }()
	_, err = bufio.NewReader(stdout).ReadString('\n') // the URL of the key, once it answers
	assert.NilError(t, err)
	check = inImage(root, instruction(t, "HEALTHCHECK .* CMD")...)
	check.Env = serve.Env
	out, err := check.CombinedOutput()
	assert.NilError(t, err, "%s", out)
}

// imageRoot returns a folder with what the image has.
func imageRoot(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("changing the root folder needs root")
	}
	root := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(root, "rtkmock"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	assert.NilError(t, err, "%s", out)
	assert.NilError(t, os.Mkdir(filepath.Join(root, "state"), 0o700))
	assert.NilError(t, os.Chown(filepath.Join(root, "state"), 65532, 65532))
	// The folders above belong to root alone.
	for dir := root; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		assert.NilError(t, os.Chmod(dir, 0o755))
	}
	return root
}

func inImage(root string, words ...string) *exec.Cmd {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env, cmd.Dir = []string{"HOME=/", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, "/" // as an engine sets them
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	return cmd
}

// instruction returns the words of an instruction of the Dockerfile.
func instruction(t *testing.T, name string) (words []string) {
	t.Helper()
	text, err := os.ReadFile("../../Dockerfile")
	assert.NilError(t, err)
	found := regexp.MustCompile(`(?m)^` + name + ` (\[.*\])$`).FindSubmatch(text)
	assert.Assert(t, found != nil, name)
	assert.NilError(t, json.Unmarshal(found[1], &words))
	return words
}
