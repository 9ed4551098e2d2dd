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

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

func TestKeyNewKeepsTheKeyToItsOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key.pem")
	r := call(t, "key", "new", "--out", path)
	r.exits(t, exit.OK)
	info, err := os.Stat(path)
	assert.NilError(t, err)
	assert.Equal(t, info.Mode().Perm(), os.FileMode(0o600))
	first, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(first), "Not for production use"))
	_, err = rtk.ParsePrivateKey(first)
	assert.NilError(t, err)

	call(t, "key", "new", "--out", path).says(t, exit.Usage, "--out: "+path+": it exists already, want another name or --force")
	same, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, bytes.Equal(first, same))

	call(t, "key", "new", "--out", path, "--force").exits(t, exit.OK)
	other, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, !bytes.Equal(first, other))
	files, err := os.ReadDir(filepath.Dir(path))
	assert.NilError(t, err)
	assert.Equal(t, len(files), 1, "nothing temporary is left")
}

func TestKeyNewFastMakesAKeyThatSaysWhomItIsFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fast.pem")
	call(t, "key", "new", "--out", path, "--fast", "--bits", "4096").says(t, exit.Usage, "--fast: found it with a size of 4096 bits, want 2048")
	r := call(t, "key", "new", "--out", path, "--fast")
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "2048 bits with 4 primes, for rtkmock alone, for tests only"))
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, is.Contains(string(data), "Not for production use"))
	assert.Assert(t, is.Contains(string(data), "other tools may refuse it"))
	key, err := rtk.ParsePrivateKey(data)
	assert.NilError(t, err)
	assert.Equal(t, len(key.Primes), 4)
	assert.Equal(t, key.N.BitLen(), 2048)

	r = call(t, "key", "show", path)
	r.exits(t, exit.OK)
	assert.Assert(t, is.Contains(r.out, "2048 bits with 4 primes, for rtkmock alone\n"))
}

// Nobody asked for a fast key where it is not named.
func TestKeyNewMakesTwoPrimes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key.pem")
	call(t, "key", "new", "--out", path).exits(t, exit.OK)
	data, err := os.ReadFile(path)
	assert.NilError(t, err)
	assert.Assert(t, !strings.Contains(string(data), "four primes"))
	key, err := rtk.ParsePrivateKey(data)
	assert.NilError(t, err)
	assert.Equal(t, len(key.Primes), 2)
}

func TestKeyShowShowsThePublicSideAlone(t *testing.T) {
	t.Parallel()
	path := keyFile(t)
	key := testKeys()[0]
	publicPEM, err := rtk.PublicPEM(&key.PublicKey)
	assert.NilError(t, err)
	fingerprint, err := rtk.Fingerprint(&key.PublicKey)
	assert.NilError(t, err)

	r := call(t, "key", "show", path)
	r.exits(t, exit.OK)
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
