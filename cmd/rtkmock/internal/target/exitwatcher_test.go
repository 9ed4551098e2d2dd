package target

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
)

// shortLimit is how long a sign may take, twice what it takes on an idle machine.
const shortLimit = 1500 * time.Millisecond

// watched does do while server is watched for signs of its end, and reports
// whether there was one.
func watched(t *testing.T, server *httptest.Server, do func()) (bool, *exitWatcher) {
	t.Helper()
	p := &exitWatcher{Place: at(t, server.URL), limit: shortLimit}
	p.watch(t.Context())
	do()
	return p.end(t.Context()), p
}

func at(t *testing.T, text string) Place {
	u, err := url.Parse(text)
	assert.NilError(t, err)
	return Place{URL: u}
}

func TestATargetThatGoesOnShowsNoSignOfAnEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		serve  func(*httptest.Server)
		why    string
	}{
		{"it keeps connections", func(*httptest.Server) {}, "its connection stayed open, and no other was refused"},
		{"it keeps none", func(s *httptest.Server) { s.Config.SetKeepAlivesEnabled(false) }, "it keeps no connection open, and none was refused"},
		{"it closes what is idle", func(s *httptest.Server) { s.Config.IdleTimeout = 20 * time.Millisecond }, "its connection stayed open, and no other was refused"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			c.serve(server)
			server.Start()
			t.Cleanup(server.Close)
			seen, p := watched(t, server, func() {})
			assert.Assert(t, !seen)
			assert.Equal(t, p.why(), c.why)
		})
	}
}

func TestSignsOfAnEndAreSeen(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, h http.Handler, keep bool) *httptest.Server {
		server := httptest.NewUnstartedServer(h)
		server.Config.SetKeepAlivesEnabled(keep)
		server.Start()
		t.Cleanup(server.Close)
		return server
	}
	t.Run("its connections end, and its port never closes", func(t *testing.T) {
		t.Parallel()
		server := serve(t, http.NotFoundHandler(), true)
		seen, _ := watched(t, server, server.CloseClientConnections)
		assert.Assert(t, seen)
	})
	t.Run("it keeps no connection, and its port is closed", func(t *testing.T) {
		t.Parallel()
		server := serve(t, http.NotFoundHandler(), false)
		seen, p := watched(t, server, server.Close)
		assert.Assert(t, seen)
		assert.Assert(t, !p.kept)
	})
	t.Run("a proxy in front of it has nobody behind it", func(t *testing.T) {
		t.Parallel()
		behind := serve(t, http.NotFoundHandler(), true)
		proxy := httputil.NewSingleHostReverseProxy(at(t, behind.URL).URL)
		proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
		seen, p := watched(t, serve(t, proxy, true), behind.Close)
		assert.Assert(t, seen)
		assert.Assert(t, p.kept)
	})
}

func TestATargetIsSeenToEndOverTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	place := at(t, server.URL)
	place.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig
	p := &exitWatcher{Place: place}
	p.watch(t.Context())
	assert.Assert(t, p.kept)
	server.CloseClientConnections()
	assert.Assert(t, p.end(t.Context()))
}

// A target that answers for ever, or nothing, is no reason to hang.
func TestWatchingIsBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write(make([]byte, 32<<10))
		}
	}))
	t.Cleanup(server.Close)
	p := &exitWatcher{Place: at(t, server.URL)}
	p.watch(t.Context())
	assert.Assert(t, !p.kept)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Assert(t, !p.end(ctx))
}

// restart is a --restart-cmd of this line for the target at url.
func restart(t *testing.T, line, target string) error {
	r := &RestartCommand{
		Line: line, Env: os.Environ(), Place: at(t, target),
		Ready: Accepts(strings.TrimPrefix(target, "http://"), nil), Limit: time.Minute, signLimit: shortLimit,
	}
	return r.Restart(t.Context())
}

func TestRestartCommandThatRestartsNothingDiffersFromOneThatFails(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	mark := filepath.Join(t.TempDir(), "ran")
	var same *conformance.NotRestarted
	assert.Assert(t, errors.As(restart(t, "echo > '"+mark+"'", server.URL), &same))
	assert.Assert(t, !same.Failed)
	assert.Assert(t, is.Contains(same.Why, "--restart-cmd ran to its end, but the process at "+server.Listener.Addr().String()+" was not seen to exit"))
	_, err := os.Stat(mark)
	assert.NilError(t, err)

	assert.Assert(t, errors.As(restart(t, "echo no such service; exit 4", server.URL), &same))
	assert.Assert(t, same.Failed)
	assert.Equal(t, same.Why, "--restart-cmd: exit status 4: no such service")
}
