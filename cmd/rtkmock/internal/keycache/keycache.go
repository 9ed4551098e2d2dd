// Package keycache keeps the last keys that runs have signed with, so that a
// receiver which still holds the key of an earlier run can be judged.
//
// There is a folder for each working folder, and a file for each key in it. A file
// is put in its place whole, and its name is made of the key, so that runs at the
// same time need no lock: none of them sees half a key, and none loses another's.
package keycache

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// How many keys are kept. A run leaves up to two: it changes the key at its end.
const (
	perTarget = 6
	perFolder = 24
	maxFile   = 64 << 10 // bytes that are read of one
)

// Cache holds the keys of one working folder.
type Cache struct {
	// Dir is the folder that they are in.
	Dir    string
	target string // begins the names of the files that were used for it
}

// Open opens, or makes, the cache for the runs in the folder work, below the user's
// cache folder. target is the URL of the receiver as it was typed: its keys are
// tried first. The query of it is left out, since it may hold a secret.
func Open(userCache, work, target string) (*Cache, error) {
	c := &Cache{Dir: filepath.Join(userCache, "rtkmock", "keys", digest(work))}
	if i := strings.IndexAny(target, "?#"); i >= 0 {
		target = target[:i]
	}
	c.target = digest(target) + "-"
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	// What is there may be read only, as in a container.
	probe := filepath.Join(c.Dir, ".writable-"+digest(time.Now().String()))
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return nil, err
	}
	return c, os.Remove(probe)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Keys returns the keys that are kept: those of the target first, the latest of
// them first, and then those of other targets. What is no key is left out.
func (c *Cache) Keys() []*rsa.PrivateKey {
	var out []*rsa.PrivateKey
	for _, name := range c.names() {
		data, err := files.Read(filepath.Join(c.Dir, name), maxFile)
		if err != nil {
			continue // another run has dropped it
		}
		key, err := rtk.ParsePrivateKey(data)
		if err == nil && !slices.ContainsFunc(out, func(k *rsa.PrivateKey) bool { return k.Equal(key) }) {
			out = append(out, key)
		}
	}
	return out
}

// names returns the names of the files in the order of Keys.
func (c *Cache) names() []string {
	entries, _ := os.ReadDir(c.Dir)
	used := map[string]time.Time{}
	var names []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && filepath.Ext(e.Name()) == ".pem" {
			used[e.Name()] = info.ModTime()
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if own := strings.HasPrefix(a, c.target); own != strings.HasPrefix(b, c.target) {
			if own {
				return -1
			}
			return 1
		}
		return used[b].Compare(used[a])
	})
	return names
}

// Keep keeps key as the latest of the target, readable by the user alone, and drops
// the oldest ones.
func (c *Cache) Keep(key *rsa.PrivateKey) error {
	path, err := c.path(key)
	if err != nil {
		return err
	}
	pem, err := rtk.PrivatePEM(key)
	if err != nil {
		return err
	}
	if err := files.Write(path, files.Options{Mode: 0o600, Chmod: true, Replace: true}, files.Content(pem)); err != nil {
		return err
	}
	for i, name := range c.names() {
		if i >= perFolder || i >= perTarget && strings.HasPrefix(name, c.target) {
			_ = os.Remove(filepath.Join(c.Dir, name)) // another run may have done so
		}
	}
	return nil
}

// Drop forgets a key of the target.
func (c *Cache) Drop(key *rsa.PrivateKey) error {
	path, err := c.path(key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (c *Cache) path(key *rsa.PrivateKey) (string, error) {
	fingerprint, err := rtk.Fingerprint(&key.PublicKey)
	if err != nil {
		return "", err
	}
	return filepath.Join(c.Dir, c.target+digest(fingerprint)+".pem"), nil
}
