package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

func openDisk(t *testing.T, dir string, keep int) *store.Disk {
	t.Helper()
	d, err := store.OpenDisk(dir, keep, 0)
	assert.NilError(t, err)
	return d
}

func pending(id uint64) store.Delivery {
	return store.Delivery{Info: store.Info{ID: id, State: store.Pending, EmittedAt: time.Now()}}
}

func TestDiskForgetsWhatMakesRoom(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir, 10)
	for id := range uint64(50) {
		one := pending(id + 1)
		assert.NilError(t, d.Accept([]store.Delivery{one}, nil)())
		one.State, one.EndedAt = store.Delivered, time.Now()
		assert.NilError(t, d.Update(one))
	}
	assert.Equal(t, d.Forgotten(), uint64(40))
	assert.NilError(t, d.Close())
	d = openDisk(t, dir, 10)
	defer d.Close()
	held, err := d.Load()
	assert.NilError(t, err)
	assert.Equal(t, held.LastID, uint64(50))
	assert.Equal(t, len(held.Pending), 0)
	all, err := d.Deliveries(store.Filter{})
	assert.NilError(t, err)
	assert.Equal(t, len(all), 10)
	assert.Equal(t, all[0].ID, uint64(50))
	assert.Equal(t, d.Forgotten(), uint64(40))
}

func TestAFolderInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir, 0)
	defer d.Close()
	_, err := store.OpenDisk(dir, 0, 0)
	assert.ErrorIs(t, err, store.ErrLocked)
	assert.ErrorContains(t, err, dir)
}

func TestWhatIsNoStateIsRefused(t *testing.T) {
	file := func(t *testing.T) string { return filepath.Join(t.TempDir(), "rtkmock.db") }
	database := func(t *testing.T, bucket, format string) string {
		path := file(t)
		db, err := bbolt.Open(path, 0o600, nil)
		assert.NilError(t, err)
		assert.NilError(t, db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket([]byte(bucket))
			if err != nil {
				return err
			}
			return b.Put([]byte("format"), []byte(format))
		}))
		assert.NilError(t, db.Close())
		return path
	}
	garbage := file(t)
	assert.NilError(t, os.WriteFile(garbage, make([]byte, 1<<16), 0o600))
	for reason, path := range map[string]string{
		"a file of another kind":        garbage,
		"a database of another program": database(t, "pictures", "1"),
		"a later format":                database(t, "meta", "2"),
	} {
		before, err := os.ReadFile(path)
		assert.NilError(t, err)
		_, err = store.OpenDisk(filepath.Dir(path), 0, 0)
		assert.ErrorIs(t, err, store.ErrFormat, reason)
		after, err := os.ReadFile(path)
		assert.NilError(t, err)
		assert.DeepEqual(t, before, after)
	}
	_, err := store.OpenDisk(filepath.Join(garbage, "below"), 0, 0)
	assert.ErrorContains(t, err, "make the state folder")
}

func TestADiskThatFailsSaysSo(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir, 0)
	assert.NilError(t, d.PutWebhook(store.Webhook{ID: "kept"}))
	store.Break(d)
	assert.ErrorContains(t, d.PutWebhook(store.Webhook{ID: "lost"}), "write the state")
	assert.ErrorContains(t, d.Accept([]store.Delivery{pending(1)}, nil)(), "write the state")
	_, there, err := d.Delivery(1)
	assert.NilError(t, err)
	assert.Assert(t, !there, "memory holds what the disk does not")
	assert.ErrorContains(t, d.Update(pending(1)), "database not open")
	assert.ErrorContains(t, d.Clear(), "write the state")
	assert.ErrorContains(t, d.Close(), "database not open")

	d = openDisk(t, dir, 0)
	defer d.Close()
	held, err := d.Load()
	assert.NilError(t, err)
	assert.Equal(t, len(held.Webhooks), 1)
}
