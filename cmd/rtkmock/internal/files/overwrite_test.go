package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gotest.tools/v3/assert"
)

// onlyFile asserts that path holds content, and that nothing else is beside it.
func onlyFile(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Equal(t, string(got), content)
	entries, err := os.ReadDir(filepath.Dir(path))
	assert.NilError(t, err)
	assert.Equal(t, len(entries), 1, "left behind: %v", entries)
}

func TestOverwriteReplacesTheWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	assert.NilError(t, Overwrite(path, Content("a long first version")))
	onlyFile(t, path, "a long first version")
	assert.NilError(t, Overwrite(path, Content("short")))
	onlyFile(t, path, "short")
}

func TestOverwriteKeepsTheOldFileWhenWritingFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	assert.NilError(t, os.WriteFile(path, []byte("old"), 0o600))
	failure := errors.New("no more words")
	err := Overwrite(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half a rep")
		return failure
	})
	assert.ErrorIs(t, err, failure)
	onlyFile(t, path, "old")
}

func TestOverwriteIsNotSeenBeforeItIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	assert.NilError(t, Overwrite(path, func(w io.Writer) error {
		_, err := os.Stat(path)
		assert.ErrorIs(t, err, fs.ErrNotExist)
		return Content("whole")(w)
	}))
	onlyFile(t, path, "whole")
}

func TestOverwriteKeepsPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits")
	}
	path := filepath.Join(t.TempDir(), "report.json")
	assert.NilError(t, os.WriteFile(path, nil, 0o600))
	assert.NilError(t, os.Chmod(path, 0o640))
	assert.NilError(t, Overwrite(path, Content("new")))
	info, err := os.Stat(path)
	assert.NilError(t, err)
	assert.Equal(t, info.Mode().Perm(), fs.FileMode(0o640))
}

func TestOverwriteFollowsSymbolicLinks(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	assert.NilError(t, os.WriteFile(real, []byte("old"), 0o600))
	if err := os.Symlink("real", link); err != nil {
		t.Skip(err)
	}
	assert.NilError(t, Overwrite(link, Content("new")))
	got, err := os.ReadFile(real)
	assert.NilError(t, err)
	assert.Equal(t, string(got), "new")
	info, err := os.Lstat(link)
	assert.NilError(t, err)
	assert.Assert(t, info.Mode()&fs.ModeSymlink != 0, "the link was replaced")
}

func TestOverwriteWritesToWhatIsNoRegularFile(t *testing.T) {
	info, err := os.Stat(os.DevNull)
	if err != nil || !special(info) {
		t.Skip("no device to write to")
	}
	assert.NilError(t, Overwrite(os.DevNull, Content("x")))
	assert.NilError(t, Overwritable(os.DevNull))
	after, err := os.Stat(os.DevNull)
	assert.NilError(t, err)
	assert.Assert(t, special(after), "the device was replaced by a file")
}

func TestOverwriteSaysWhatIsWrongInOneLine(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	assert.NilError(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []struct {
		path, want string
		is         error
		reason     string
	}{
		{filepath.Join(dir, "missing", "r.json"), "no such file or directory", fs.ErrNotExist, "the folder is not there"},
		{dir, "it is a directory", nil, "a folder is no file"},
		{filepath.Join(file, "r.json"), "not a directory", nil, "a file is no folder"},
	} {
		for name, err := range map[string]error{
			"Overwrite": Overwrite(c.path, Content("x")), "Overwritable": Overwritable(c.path),
		} {
			assert.Equal(t, Problem(err), c.want, "%s: %s", name, c.reason)
			if c.is != nil {
				assert.ErrorIs(t, err, c.is, c.reason)
			}
		}
	}
}

func TestOverwritableLeavesNoTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	assert.NilError(t, Overwritable(path))
	_, err := os.Stat(path)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.NilError(t, os.WriteFile(path, []byte("old"), 0o600))
	assert.NilError(t, Overwritable(path))
	onlyFile(t, path, "old")
}
