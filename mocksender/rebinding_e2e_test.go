//go:build e2e

package mocksender_test

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// A name that is private when it is checked, and something else when it is connected
// to, leads nowhere. The test is a process in a network and with mounts of its own.
func TestE2ENameThatLeadsElsewhereNowLeadsNowhere(t *testing.T) {
	if os.Getenv("RTKMOCK_ALONE") == "" {
		runtime.LockOSThread() // without unlocking: the thread ends with the test
		if err := syscall.Unshare(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS); err != nil {
			t.Skipf("a network of its own: %v", err)
		}
		assert.NilError(t, syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
		conf := filepath.Join(t.TempDir(), "resolv.conf")
		assert.NilError(t, os.WriteFile(conf, []byte("nameserver 127.0.0.1\n"), 0o644))
		assert.NilError(t, syscall.Mount(conf, "/etc/resolv.conf", "", syscall.MS_BIND, ""))
		up, err := exec.CommandContext(t.Context(), "ip", "link", "set", "lo", "up").CombinedOutput()
		assert.NilError(t, err, "%s", up)
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "RTKMOCK_ALONE=1", "GODEBUG=netdns=go")
		out, err := cmd.CombinedOutput()
		assert.NilError(t, err, "%s", out)
		return
	}

	// Private once, and then an address for documentation, which is nowhere.
	answers := answerNames(t, "127.0.0.1", "203.0.113.9")
	allowed, known := mocksender.AllowedByDefault(t.Context(), "receiver.example")
	assert.Assert(t, allowed && known)
	s, err := mocksender.New(mocksender.Options{Dial: mocksender.DialAllowed, Retry: mocksender.Retry{Waits: []time.Duration{time.Millisecond}}})
	assert.NilError(t, err)
	defer s.Close()
	e := rtk.Event{Type: rtk.MeetingStarted, Body: []byte("{}")}
	r, err := s.Send(t.Context(), "http://receiver.example/webhook", mocksender.Delivery{Event: e})
	assert.ErrorIs(t, err, mocksender.ErrNotAllowed)
	assert.ErrorContains(t, err, "203.0.113.9 is neither this machine nor in a private network")
	assert.Equal(t, len(r.Attempts), 1)
	assert.Assert(t, answers.Load() > 1, "the name was looked up again")
}

// answerNames is a name server on port 53. Each look-up of an address gets the next of
// addrs, and then the last again. It counts them.
func answerNames(t *testing.T, addrs ...string) *atomic.Int64 {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:53")
	assert.NilError(t, err)
	answered := new(atomic.Int64)
	over := make(chan struct{})
	go func() {
		defer close(over)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				i := min(int(answered.Add(1)), len(addrs)) - 1
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addrs[i]).As4()},
				}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	t.Cleanup(func() {
		assert.Check(t, conn.Close())
		<-over
	})
	return answered
}
