package selftest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// hostile answers a request on its connection, the n-th of all.
type hostile func(c net.Conn, n int64)

// again writes text until nobody reads any more.
func again(begin, text string) hostile {
	return func(c net.Conn, _ int64) {
		_, err := io.WriteString(c, begin)
		for chunk := strings.Repeat(text, 1+4096/len(text)); err == nil; {
			_, err = io.WriteString(c, chunk)
		}
	}
}

// slowly writes begin and then one byte now and then.
func slowly(begin string) hostile {
	return func(c net.Conn, _ int64) {
		_, err := io.WriteString(c, begin)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = io.Copy(io.Discard, c)
		}()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for err == nil {
			select {
			case <-tick.C:
				_, err = io.WriteString(c, "a")
			case <-gone:
				return
			}
		}
	}
}

const wholeAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine"

// bomb is a hundred megabytes, in a hundred kilobytes.
func bomb(t *testing.T) hostile {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 100 {
		_, err := w.Write(zeros)
		assert.NilError(t, err)
	}
	assert.NilError(t, w.Close())
	head := "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
	return func(c net.Conn, _ int64) { _, _ = io.WriteString(c, head+packed.String()) }
}

// resetAtEachByte gives one byte more of an answer each time before it resets
// the connection.
func resetAtEachByte(c net.Conn, n int64) {
	_, _ = io.WriteString(c, wholeAnswer[:n%int64(len(wholeAnswer))])
	_ = c.(*net.TCPConn).SetLinger(0)
}

// serveHostile serves h on a loopback port until the test ends, and returns its URL.
func serveHostile(t *testing.T, h hostile) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	var wg sync.WaitGroup
	var n atomic.Int64
	deal := func(c net.Conn) {
		defer c.Close()
		stop := make(chan struct{})
		defer close(stop)
		wg.Go(func() {
			select {
			case <-t.Context().Done(): // the test is over
				_ = c.Close()
			case <-stop:
			}
		})
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
			h(c, n.Add(1))
		}
	}
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { deal(c) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		wg.Wait()
	})
	return "http://" + ln.Addr().String()
}

// heapGrowth runs f and returns by how much the heap grew at most during that.
func heapGrowth(f func()) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base, most := m.HeapAlloc, m.HeapAlloc
	over := make(chan struct{})
	go func() {
		defer close(over)
		f()
	}()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		case <-over:
			return most - min(base, most)
		}
	}
}

// largeHeader answers 200 with a header of 900 kB.
var largeHeader = "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Large: "+strings.Repeat("x", 1000)+"\r\n", 890) + "Content-Length: 0\r\n\r\n"

// mostMemory is what a run against a hostile target may take, garbage that is
// not collected yet included.
const mostMemory = 64 << 20

// TestHostileTargetsNeitherCrashNorBloatARun is not parallel: the memory of other
// tests would count.
func TestHostileTargetsNeitherCrashNorBloatARun(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, h := range map[string]hostile{
		"a body without an end":          again(ok+"\r\n", "and so on "),
		"a length of exabytes":           again(ok+"Content-Length: 9000000000000000000\r\n\r\n", "0"),
		"chunks without an end":          again(ok+"Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n"),
		"a chunk of exabytes":            again(ok+"Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", "0"),
		"a chunk's head without an end":  again(ok+"Transfer-Encoding: chunked\r\n\r\n5;", "ext=1;"),
		"trailers without an end":        again(ok+"Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-Trailer: 1\r\n"),
		"a flood of header fields":       again(ok, "X-Flood: 1\r\n"),
		"a header just within the bound": again(largeHeader, largeHeader),
		"a header field without an end":  again(ok+"X-Long: ", "long "),
		"a status line without an end":   again("HTTP/1.1 200 ", "OK "),
		"100 Continue for ever":          again("", "HTTP/1.1 100 Continue\r\n\r\n"),
		"a body in drips":                slowly(ok + "\r\n"),
		"a header in drips":              slowly(ok + "X-Slow: "),
		"a compressed bomb":              bomb(t),
		"a reset after each byte":        resetAtEachByte,
		"bytes that were never HTTP":     again("", "\x00\xff\x1b[2J\r\n\r\n"),
		"an answer before every request": again(wholeAnswer, wholeAnswer),
	} {
		t.Run(name, func(t *testing.T) {
			url := serveHostile(t, h)
			var report *conformance.Report
			var failed error
			grown := heapGrowth(func() { report, failed = conformance.Run(t.Context(), fewChecks(t, url)) })
			assert.NilError(t, failed)
			assert.Assert(t, report.Outcome == conformance.Nonconformant || report.Outcome == conformance.Undecided, report.Headline)
			if raceDetector {
				grown /= 4 // it records every access
			}
			assert.Assert(t, grown < mostMemory, "the heap grew by %d kB", grown>>10)
			t.Logf("%s; the heap grew by %d kB", report.Headline, grown>>10)
		})
	}
}

// hostileKeys is one pair for all hostile targets.
var hostileKeys = sync.OnceValues(func() (keys, attacker *rtk.Keyring) { return rtk.GenerateKeyring(), rtk.GenerateKeyring() })

// fewChecks are the options of a run with a few checks, and none that waits for long.
func fewChecks(t *testing.T, url string) conformance.Options {
	t.Helper()
	keys, attacker := hostileKeys()
	_, err := keys.Key()
	assert.NilError(t, err)
	var some []*conformance.Check
	for _, c := range checks.All() {
		switch c.ID {
		case "ctl/valid-accepted", "ctl/key-held", "ctl/alive-after", "sig/other-key", "sig/no-leak", "rsp/burst", "http/keep-alive":
			some = append(some, c)
		}
	}
	return conformance.Options{
		Endpoints:  conformance.NewEndpointsWithAttacker(attacker, keys, "http://endpoints.test"),
		Target:     conformance.Target{URL: url},
		Checks:     some,
		Timeout:    300 * time.Millisecond,
		WarmUp:     150 * time.Millisecond,
		RetryWaits: []time.Duration{time.Millisecond},
		Quiet:      time.Millisecond,
		Parallel:   4,
	}
}
