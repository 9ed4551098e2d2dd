package memnet_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
)

func listen(t *testing.T, n *memnet.Net, addr string) *memnet.Listener {
	t.Helper()
	l, err := n.Listen(addr)
	assert.NilError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestDialReachesTheListenerOfTheAddress(t *testing.T) {
	var n memnet.Net
	listen(t, &n, "other:80")
	l := listen(t, &n, "target:80")
	near, err := n.DialContext(t.Context(), "tcp", "target:80")
	assert.NilError(t, err)
	defer near.Close()
	far, err := l.Accept()
	assert.NilError(t, err)
	defer far.Close()
	assert.Equal(t, near.RemoteAddr().String(), "target:80")
	assert.Equal(t, far.RemoteAddr(), near.LocalAddr())
	_, err = near.Write([]byte("x"))
	assert.NilError(t, err)
	_, err = far.Read(make([]byte, 1))
	assert.NilError(t, err)
}

func TestDialIsRefusedWhereNothingListens(t *testing.T) {
	var n memnet.Net
	_, err := n.DialContext(t.Context(), "tcp", "target:80")
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)

	l := listen(t, &n, "target:80")
	assert.NilError(t, l.Close())
	_, err = n.DialContext(t.Context(), "tcp", "target:80")
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestAddressIsTakenOnceAndFreedByClose(t *testing.T) {
	var n memnet.Net
	l := listen(t, &n, "target:80")
	_, err := n.Listen("target:80")
	assert.ErrorIs(t, err, syscall.EADDRINUSE)
	assert.NilError(t, l.Close())
	listen(t, &n, "target:80")
}

func TestFullBacklogBlocksTheDialUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Net
		listen(t, &n, "target:80")
		for range memnet.Backlog {
			_, err := n.DialContext(t.Context(), "tcp", "target:80")
			assert.NilError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := n.DialContext(ctx, "tcp", "target:80")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Since(start), time.Minute)
		_, err = n.DialContext(ctx, "tcp", "target:80")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestClosingAListenerEndsAcceptAndResetsTheQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Net
		l := listen(t, &n, "idle:80")
		accepted := make(chan error)
		go func() {
			_, err := l.Accept()
			accepted <- err
		}()
		synctest.Wait()
		assert.NilError(t, l.Close())
		assert.ErrorIs(t, <-accepted, net.ErrClosed)
		assert.ErrorIs(t, l.Close(), net.ErrClosed)

		l = listen(t, &n, "queue:80")
		near, err := n.DialContext(t.Context(), "tcp", "queue:80")
		assert.NilError(t, err)
		assert.NilError(t, l.Close())
		_, err = near.Read(make([]byte, 1))
		assert.ErrorIs(t, err, syscall.ECONNRESET)
	})
}

// pass lets virtual time pass.
func pass(d time.Duration) { <-time.After(d) }

// The reason for this package: a server and a client of net/http over a day of
// waits, in no time.
func TestHTTPRunsThroughADayOfVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Net
		l := listen(t, &n, "target:80")
		asked := 0
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			pass(time.Minute)
			_, _ = io.Copy(w, r.Body)
		})}
		served := make(chan error)
		go func() { served <- server.Serve(l) }()
		client := &http.Client{Transport: &http.Transport{DialContext: n.DialContext}}

		start := time.Now()
		for range 24 {
			res, err := client.Post("http://target/", "text/plain", strings.NewReader("echo"))
			assert.NilError(t, err)
			body, err := io.ReadAll(res.Body)
			assert.NilError(t, err)
			assert.NilError(t, res.Body.Close())
			assert.Equal(t, string(body), "echo")
			pass(59 * time.Minute)
		}
		assert.Equal(t, time.Since(start), 24*time.Hour)
		assert.Equal(t, asked, 24)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://target/", nil)
		assert.NilError(t, err)
		_, err = client.Do(r)
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		client.CloseIdleConnections()
		assert.NilError(t, server.Shutdown(t.Context()))
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}
