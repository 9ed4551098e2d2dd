//go:build e2e && linux

package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
)

// maxProgram is how many bytes the binary of a release may have.
const maxProgram = 22_000_000

// TestE2EBinaryNeedsNothingAroundIt runs what the Dockerfile builds as the image
// has it: a folder with the binary alone, and a user without a name.
func TestE2EBinaryNeedsNothingAroundIt(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("changing the root folder needs root")
	}
	root := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(root, "rtkmock"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	assert.NilError(t, err, "%s", out)
	info, err := os.Stat(filepath.Join(root, "rtkmock"))
	assert.NilError(t, err)
	assert.Check(t, info.Size() < maxProgram, "it has %d bytes, look at its packages with go tool nm -size", info.Size())
	// The folders above belong to root alone.
	for dir := root; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		assert.NilError(t, os.Chmod(dir, 0o755))
	}
	cmd := exec.Command("/rtkmock", "test", "--color", "never", "--only", "ctl/*,sig/missing-header")
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	assert.NilError(t, cmd.Run(), "%s", &text)
	assert.Assert(t, bytes.Contains(text.Bytes(), []byte("conformant")), "%s", &text)
}
