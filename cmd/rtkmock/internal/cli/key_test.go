package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

func TestKeyNewKeepsTheKeyToItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	r := call(t, "key", "new", "--out", path)
	r.exits(t, ExitOK)
	info, err := os.Stat(path)
	assert.NilError(t, err)
	assert.Equal(t, info.Mode().Perm(), os.FileMode(0o600))
	first, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(first), "Not for production use"))
	_, err = rtk.ParsePrivateKey(first)
	assert.NilError(t, err)

	call(t, "key", "new", "--out", path).says(t, ExitUsage, "--out: "+path+": it exists already, want another name or --force")
	same, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, bytes.Equal(first, same))

	call(t, "key", "new", "--out", path, "--force").exits(t, ExitOK)
	other, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, !bytes.Equal(first, other))
	files, err := os.ReadDir(filepath.Dir(path))
	assert.NilError(t, err)
	assert.Equal(t, len(files), 1, "nothing temporary is left")
}

func TestWriteFileDoesNotReplaceWhatAppearedMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	assert.NilError(t, writeFile(path, []byte("first"), 0o600, false))
	assert.ErrorIs(t, writeFile(path, []byte("second"), 0o600, false), os.ErrExist)
	assert.ErrorIs(t, copyExclusive(path, 0o600, path), os.ErrExist)
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Equal(t, string(data), "first")
	files, err := os.ReadDir(filepath.Dir(path))
	assert.NilError(t, err)
	assert.Equal(t, len(files), 1)
}

func TestKeyShowShowsThePublicSideAlone(t *testing.T) {
	path := keyFile(t)
	key, err := readKey(path)
	assert.NilError(t, err)
	publicPEM, err := rtk.PublicPEM(&key.PublicKey)
	assert.NilError(t, err)
	fingerprint, err := rtk.Fingerprint(&key.PublicKey)
	assert.NilError(t, err)

	r := call(t, "key", "show", path)
	r.exits(t, ExitOK)
	assert.Assert(t, is.Contains(r.out, publicPEM+"\n"))
	assert.Assert(t, is.Contains(r.out, fingerprint+"\n"))
	assert.Assert(t, !strings.Contains(r.out, "PRIVATE"))

	r = call(t, "key", "show", path, "--output", "json")
	var got struct {
		Fingerprint string
		PublicKey   string `json:"public_key"`
		Document    json.RawMessage
	}
	assert.NilError(t, json.Unmarshal([]byte(r.out), &got))
	assert.Equal(t, got.PublicKey, publicPEM)
	assert.Equal(t, got.Fingerprint, fingerprint)
	assert.NilError(t, schemas.Validate("key-document", schemas.Strict, got.Document))
}
