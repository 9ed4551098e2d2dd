package checks_test

import (
	"cmp"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// bench is the endpoints of a run on a loopback port.
type bench struct {
	endpoints *conformance.Endpoints
	addr      string
}

// newBench returns endpoints under their address, or under base if that is not
// empty.
func newBench(t testing.TB, base string) *bench {
	t.Helper()
	handler := http.NewServeMux()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	key, err := testKey()
	assert.NilError(t, err)
	attacker, err := attackerKey()
	assert.NilError(t, err)
	b := &bench{addr: server.Listener.Addr().String()}
	b.endpoints = conformance.NewEndpointsWithAttacker(rtk.NewKeyring(attacker), rtk.NewKeyring(key), cmp.Or(base, server.URL))
	next, err := nextKey()
	assert.NilError(t, err)
	b.endpoints.Next = rtk.NewKeyring(next)
	handler.Handle("/", b.endpoints.Handler())
	return b
}

// serve serves a receiver on a loopback port until the test ends, and returns
// its URL.
func serve(t testing.TB, receiver *receivers.Receiver) string {
	t.Helper()
	return serveHandler(t, receiver.Handler(), receiver.Listener)
}

// start is serve for a receiver that can be killed and restarted.
func start(t testing.TB, receiver *receivers.Receiver) (string, *receivers.Process) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	process := receivers.Serve(ln, receiver)
	t.Cleanup(process.Close)
	return "http://" + ln.Addr().String(), process
}

// serveHandler serves h on a loopback port, with below between it and the
// network unless that is nil. Unlike httptest's server, it does not wait for
// connections that linger, as those of net/http do after a request that was too
// large.
func serveHandler(t testing.TB, h http.Handler, below func(net.Listener) net.Listener) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	url := "http://" + ln.Addr().String()
	if below != nil {
		ln = below(ln)
	}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(ln) })
	t.Cleanup(func() {
		_ = server.Close()
		wg.Wait()
	})
	return url
}

// quick are options under which nothing waits for long.
func (b *bench) quick(url string) conformance.Options {
	return conformance.Options{
		Endpoints:      b.endpoints,
		Target:         conformance.Target{URL: url},
		Checks:         checks.All(),
		Seed:           1,
		Timeout:        time.Second,
		WarmUp:         time.Second,
		RetryWaits:     []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond},
		EffectsTimeout: 500 * time.Millisecond,
		Quiet:          60 * time.Millisecond,
		Recovery:       5 * time.Second,
		RecoveryEnd:    6 * time.Second,
		Parallel:       4,
	}
}

func run(ctx context.Context, t testing.TB, o conformance.Options) *conformance.Report {
	t.Helper()
	report, err := conformance.Run(ctx, o)
	assert.NilError(t, err)
	return report
}

// judged returns the ids of the verdicts with one of statuses.
func judged(r *conformance.Report, statuses ...conformance.Status) []string {
	var out []string
	for _, v := range r.Verdicts {
		for _, s := range statuses {
			if v.Status == s {
				out = append(out, string(v.ID))
			}
		}
	}
	return out
}

func explain(t testing.TB, r *conformance.Report) {
	t.Helper()
	t.Log(r.Headline)
	for _, v := range r.Verdicts {
		if v.Status != conformance.Pass {
			t.Logf("%-12s %s: %s", v.Status, v.ID, v.Reason)
		}
	}
}
