package service_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
)

func openDisk(t *testing.T, dir string, keep int) *service.Disk {
	t.Helper()
	d, err := service.OpenDisk(dir, keep, 0)
	assert.NilError(t, err)
	return d
}

// onDisk is a service whose state is in dir, which waits an hour before retries.
func onDisk(t *testing.T, dir string) *stand {
	return newStand(t, func(o *service.Options) {
		o.Store = openDisk(t, dir, 0)
		o.Sender.Retry = mocksender.Retry{Waits: []time.Duration{time.Hour, time.Hour}}
	})
}

func TestStateOutlivesTheServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	good, bad := newTarget(t), newTarget(t, 503)
	s := onDisk(t, dir)
	first := s.register(good.URL, rtk.MeetingStarted)
	second := s.register(bad.URL, rtk.MeetingStarted)
	s.emit(rtk.MeetingStarted)
	done := s.await(1, service.Delivery.Over)
	waits := s.await(2, func(d service.Delivery) bool { return len(d.Attempts) == 1 && !d.NextAt.IsZero() })
	left, err := s.Close(t.Context())
	assert.NilError(t, err)
	assert.Equal(t, left, 1)

	s = onDisk(t, dir)
	hooks := s.Webhooks()
	assert.Equal(t, len(hooks), 2)
	assert.Equal(t, hooks[0].ID, first.ID)
	assert.Equal(t, hooks[1].ID, second.ID)
	again, err := s.Delivery(1)
	assert.NilError(t, err)
	assert.DeepEqual(t, again, done)
	still, err := s.Delivery(2)
	assert.NilError(t, err)
	assert.Equal(t, still.UUID, waits.UUID)
	assert.Equal(t, still.State, service.Pending)

	// What waits goes on where it was, and new deliveries have new ids.
	assert.NilError(t, s.SetScale(0))
	over := s.await(2, service.Delivery.Over)
	assert.Equal(t, over.State, service.Delivered)
	assert.Equal(t, len(over.Attempts), 2)
	assert.Equal(t, s.emit(rtk.MeetingStarted).Deliveries[0].ID, uint64(3))
	s.quiet()

	s.is(http.StatusOK, http.MethodDelete, app+"/"+first.ID)
	_, err = s.Close(t.Context())
	assert.NilError(t, err)
	s = onDisk(t, dir)
	assert.Equal(t, len(s.Webhooks()), 1)
	assert.NilError(t, s.Reset())
	_, err = s.Close(t.Context())
	assert.NilError(t, err)
	s = onDisk(t, dir)
	assert.Equal(t, len(s.Webhooks()), 0)
	_, err = s.Delivery(2)
	assert.ErrorIs(t, err, service.ErrUnknown)
	s.register(good.URL, rtk.MeetingStarted)
	assert.Assert(t, s.emit(rtk.MeetingStarted).Deliveries[0].ID > 4, "ids go on where they were")
}

// is asserts the status of a call.
func (s *stand) is(status int, method, path string) {
	s.t.Helper()
	got, text := s.call(method, path, nil)
	assert.Equal(s.t, got, status, text)
}

func TestTheKeyIsKept(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir, 0)
	pem, err := d.Key()
	assert.NilError(t, err)
	assert.Equal(t, len(pem), 0)
	s := newStand(t, func(o *service.Options) { o.Store = d })
	assert.NilError(t, s.Rotate())
	now, err := s.Service.Key()
	assert.NilError(t, err)
	_, err = s.Close(t.Context())
	assert.NilError(t, err)

	d = openDisk(t, dir, 0)
	defer d.Close()
	pem, err = d.Key()
	assert.NilError(t, err)
	kept, err := rtk.ParsePrivateKey(pem)
	assert.NilError(t, err)
	print, err := rtk.Fingerprint(&kept.PublicKey)
	assert.NilError(t, err)
	assert.Equal(t, print, now.Fingerprint)
	info, err := os.Stat(filepath.Join(dir, "rtkmock.db"))
	assert.NilError(t, err)
	assert.Equal(t, info.Mode().Perm(), os.FileMode(0o600))
}

func TestDiskForgetsWhatMakesRoom(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir, 10)
	for id := range uint64(50) {
		one := service.Delivery{ID: id + 1, State: service.Pending, EmittedAt: time.Now()}
		assert.NilError(t, d.Accept([]service.Delivery{one}))
		one.State, one.EndedAt = service.Delivered, time.Now()
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
	all, err := d.Deliveries(service.Filter{})
	assert.NilError(t, err)
	assert.Equal(t, len(all), 10)
	assert.Equal(t, all[0].ID, uint64(50))
	assert.Equal(t, d.Forgotten(), uint64(40))
}

func TestAFolderInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir, 0)
	defer d.Close()
	_, err := service.OpenDisk(dir, 0, 0)
	assert.ErrorIs(t, err, service.ErrLocked)
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
		_, err = service.OpenDisk(filepath.Dir(path), 0, 0)
		assert.ErrorIs(t, err, service.ErrFormat, reason)
		after, err := os.ReadFile(path)
		assert.NilError(t, err)
		assert.DeepEqual(t, before, after)
	}
	_, err := service.OpenDisk(filepath.Join(garbage, "below"), 0, 0)
	assert.ErrorContains(t, err, "make the state folder")
}

func TestADiskThatFailsAcknowledgesNothing(t *testing.T) {
	d := openDisk(t, t.TempDir(), 0)
	s := newStand(t, func(o *service.Options) { o.Store = d })
	target := newTarget(t)
	hook := s.register(target.URL, rtk.MeetingStarted)
	service.Break(d)
	for _, c := range []struct{ method, path, body string }{
		{http.MethodPost, app, `{"name":"x","url":"http://localhost/","events":["meeting.started"]}`},
		{http.MethodPatch, app + "/" + hook.ID, `{"name":"y"}`},
		{http.MethodDelete, app + "/" + hook.ID, ""},
		{http.MethodPost, "/_rtkmock/emit", `{"event":"meeting.started"}`},
		{http.MethodPost, "/_rtkmock/key/rotate", ""},
		{http.MethodPost, "/_rtkmock/reset", ""},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		status, text := s.call(c.method, c.path, body)
		assert.Equal(t, status, http.StatusInternalServerError, "%s %s: %s", c.method, c.path, text)
	}
	assert.Equal(t, len(s.Webhooks()), 1)
	assert.Equal(t, s.Webhooks()[0].Name, hook.Name)
	assert.Equal(t, len(target.all()), 0, "what was not accepted was sent")
}
