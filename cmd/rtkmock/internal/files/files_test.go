package files

import (
	"os"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"
)

func TestWriteDoesNotReplaceAFileUnasked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	assert.NilError(t, Write(path, Options{Mode: 0o600}, Content("first")))
	assert.ErrorIs(t, Write(path, Options{Mode: 0o600}, Content("second")), os.ErrExist)
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Equal(t, string(data), "first")
	assert.NilError(t, Write(path, Options{Mode: 0o600, Replace: true, Durable: true}, Content("third")))
	files, err := os.ReadDir(filepath.Dir(path))
	assert.NilError(t, err)
	assert.Equal(t, len(files), 1, "nothing temporary is left")
}

// Some file systems have no hard links.
func TestANameIsClaimedOnce(t *testing.T) {
	dir := t.TempDir()
	path, tmp := filepath.Join(dir, "f"), filepath.Join(dir, "tmp")
	for _, text := range []string{"first", "second"} {
		assert.NilError(t, os.WriteFile(tmp, []byte(text), 0o600))
		err := claim(tmp, path)
		assert.Equal(t, err == nil, text == "first", "%v", err)
	}
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Equal(t, string(data), "first")
}
