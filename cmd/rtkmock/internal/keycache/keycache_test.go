package keycache

import (
	"crypto/rsa"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// testKeys are the keys of all tests: to make one takes longer than most tests.
var testKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, perTarget+2)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i], _ = rtk.GenerateKey() })
	}
	wg.Wait()
	return keys
})

func open(t *testing.T, root, target string) *Cache {
	t.Helper()
	c, err := Open(root, "/work", target)
	assert.NilError(t, err)
	return c
}

// numbers are the places of keys in testKeys.
func numbers(keys []*rsa.PrivateKey) []int {
	out := []int{}
	for _, key := range keys {
		out = append(out, slices.IndexFunc(testKeys(), func(k *rsa.PrivateKey) bool { return k.Equal(key) }))
	}
	return out
}

// keep keeps keys one after the other, seconds apart as in separate runs.
func keep(t *testing.T, c *Cache, from time.Time, keys ...int) {
	t.Helper()
	for i, n := range keys {
		assert.NilError(t, c.Keep(testKeys()[n]))
		path, err := c.path(testKeys()[n])
		assert.NilError(t, err)
		at := from.Add(time.Duration(i) * time.Second)
		assert.NilError(t, os.Chtimes(path, at, at))
	}
}

func TestTheLatestKeysOfTheTargetComeFirst(t *testing.T) {
	root := t.TempDir()
	began := time.Now().Add(-time.Hour)
	a, b := open(t, root, "http://localhost:1/webhook?token=secret"), open(t, root, "http://localhost:2/webhook")
	keep(t, a, began, 0, 1)
	keep(t, b, began.Add(time.Minute), 2, 3)
	keep(t, a, began.Add(2*time.Minute), 0) // used again
	assert.DeepEqual(t, numbers(a.Keys()), []int{0, 1, 3, 2})
	assert.DeepEqual(t, numbers(open(t, root, "http://localhost:2/webhook#x").Keys()), []int{3, 2, 0, 1})

	other, err := Open(root, "/elsewhere", "http://localhost:1/webhook")
	assert.NilError(t, err)
	assert.DeepEqual(t, numbers(other.Keys()), []int{}) // it has keys of its own

	assert.NilError(t, a.Drop(testKeys()[0]))
	assert.NilError(t, a.Drop(testKeys()[0]), "it is gone already")
	assert.DeepEqual(t, numbers(a.Keys()), []int{1, 3, 2})
}

func TestOnlyTheLastFewKeysAreKept(t *testing.T) {
	root := t.TempDir()
	other, c := open(t, root, "http://other"), open(t, root, "http://own")
	began := time.Now().Add(-time.Hour)
	keep(t, other, began, 0)
	keep(t, c, began, 1, 2, 3, 4, 5, 6, 7)
	assert.DeepEqual(t, numbers(c.Keys()), []int{7, 6, 5, 4, 3, 2, 0})
}

func TestKeysAreTheUsersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits")
	}
	c := open(t, t.TempDir(), "http://own")
	assert.NilError(t, c.Keep(testKeys()[0]))
	dir, err := os.Stat(c.Dir)
	assert.NilError(t, err)
	assert.Equal(t, dir.Mode().Perm(), os.FileMode(0o700))
	for _, name := range c.names() {
		info, err := os.Stat(filepath.Join(c.Dir, name))
		assert.NilError(t, err)
		assert.Equal(t, info.Mode().Perm(), os.FileMode(0o600))
	}
}

func TestRunsAtTheSameTimeLoseNoKeyAndSeeNoHalfOne(t *testing.T) {
	root := t.TempDir()
	var wg sync.WaitGroup
	for i := range perTarget {
		wg.Go(func() {
			c, err := Open(root, "/work", "http://own")
			if !assert.Check(t, err == nil) {
				return
			}
			for range 20 {
				assert.Check(t, c.Keep(testKeys()[i]) == nil)
				for _, n := range numbers(c.Keys()) {
					assert.Check(t, n >= 0)
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, len(open(t, root, "http://own").Keys()), perTarget)
}

func TestWhatIsNoKeyIsLeftOut(t *testing.T) {
	c := open(t, t.TempDir(), "http://own")
	keep(t, c, time.Now().Add(-time.Hour), 0)
	for name, text := range map[string]string{c.target + "x.pem": "no key", c.target + "y.pem": "", "notes.txt": "mine"} {
		assert.NilError(t, os.WriteFile(filepath.Join(c.Dir, name), []byte(text), 0o600))
	}
	assert.NilError(t, os.Mkdir(filepath.Join(c.Dir, "dir.pem"), 0o700))
	assert.DeepEqual(t, numbers(c.Keys()), []int{0})
}

func TestAFolderThatCannotBeWrittenToIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	assert.NilError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(file, "/work", "http://own")
	assert.Assert(t, err != nil)
}
