//go:build e2e && linux

package service_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// The test fills a small file system of its own. What was acknowledged before is
// kept. What comes after is refused in the API's form. Once there is room again, the
// server goes on.
func TestE2EAFullDiskIsReported(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no file system of its own can be mounted: %v", err)
	}
	t.Cleanup(func() { assert.Check(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	state := filepath.Join(dir, "state")
	s := onDisk(t, state)
	hook := s.register(newTarget(t).URL, rtk.MeetingStarted)

	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	assert.NilError(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	assert.ErrorIs(t, err, syscall.ENOSPC)
	assert.NilError(t, f.Close())

	big := `{"event":"meeting.started","set":{"meeting.title":"` + strings.Repeat("x", 200_000) + `"}}`
	status, text := s.call(http.MethodPost, "/_rtkmock/emit", big)
	assert.Equal(t, status, http.StatusInternalServerError, text)
	assert.Assert(t, strings.Contains(text, "no space left on device"), text)

	assert.NilError(t, os.Remove(ballast))
	status, text = s.call(http.MethodPost, "/_rtkmock/emit", `{"event":"meeting.started"}`)
	assert.Equal(t, status, http.StatusAccepted, text)
	s.quiet()
	_, err = s.Close(t.Context())
	assert.NilError(t, err)
	s = onDisk(t, state)
	assert.Equal(t, len(s.Webhooks()), 1)
	assert.Equal(t, s.Webhooks()[0].ID, hook.ID)
	all, err := s.Deliveries(store.Filter{})
	assert.NilError(t, err)
	assert.Equal(t, len(all), 1)
	assert.Equal(t, all[0].State, store.Delivered)
	_, err = s.Close(t.Context())
	assert.NilError(t, err)
}
