package reports

import (
	"os"
	"path/filepath"
	"testing"

	"gotest.tools/v3/assert"
)

func TestBodiesGoIntoAFolderThatNeedNotExist(t *testing.T) {
	f := Flags{Bodies: filepath.Join(t.TempDir(), "new", "bodies")}
	for range 2 { // the second finds the file there
		path, err := f.storeBody("1.json", []byte("{}"))
		assert.NilError(t, err)
		data, err := os.ReadFile(path)
		assert.NilError(t, err)
		assert.Equal(t, string(data), "{}")
	}
}

func TestBodiesNameTheFolderThatCannotBeWrittenTo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	assert.NilError(t, os.WriteFile(file, nil, 0o600))
	_, err := (&Flags{Bodies: file}).storeBody("1.json", []byte("{}"))
	assert.Error(t, err, "cannot write "+file+": not a directory")
}
