package service_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

func openDisk(t *testing.T, dir string, keep int) *store.Disk {
	t.Helper()
	d, err := store.OpenDisk(dir, keep, 0)
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
	done := s.await(1, store.Delivery.Over)
	waits := s.await(2, func(d store.Delivery) bool { return len(d.Attempts) == 1 && !d.NextAt.IsZero() })
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
	assert.Equal(t, still.State, store.Pending)

	// What waits goes on where it was, and new deliveries get new ids.
	assert.NilError(t, s.SetScale(0))
	over := s.await(2, store.Delivery.Over)
	assert.Equal(t, over.State, store.Delivered)
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
	assert.ErrorIs(t, err, dispatch.ErrUnknown)
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

// brokenStore refuses all changes once it is broken.
type brokenStore struct {
	store.Store
	now atomic.Bool
}

func (s *brokenStore) refuse(change func() error) error {
	if s.now.Load() {
		return errors.New("the disk is broken")
	}
	return change()
}

func (s *brokenStore) PutWebhook(w store.Webhook) error {
	return s.refuse(func() error { return s.Store.PutWebhook(w) })
}

func (s *brokenStore) DeleteWebhook(id string) error {
	return s.refuse(func() error { return s.Store.DeleteWebhook(id) })
}

func (s *brokenStore) Accept(ds []store.Delivery, records []store.Record) (wait func() error) {
	return func() error { return s.refuse(s.Store.Accept(ds, records)) }
}

func (s *brokenStore) PutKey(pem []byte) error {
	return s.refuse(func() error { return s.Store.PutKey(pem) })
}

func (s *brokenStore) Clear() error { return s.refuse(s.Store.Clear) }

func TestAStoreThatFailsAcknowledgesNothing(t *testing.T) {
	broken := &brokenStore{Store: store.NewMemory(0, 0)}
	s := newStand(t, func(o *service.Options) { o.Store = broken })
	target := newTarget(t)
	hook := s.register(target.URL, rtk.MeetingStarted)
	broken.now.Store(true)
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
