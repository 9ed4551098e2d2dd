package http1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/internal/http1"
	"github.com/rtkmock/rtkmock/mocksender/internal/memnet"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// client returns a client and its network. Connections to target:80 are counted
// and answered by serve.
func client(t *testing.T, o http1.Options, serve func(net.Conn)) (*http1.Client, *atomic.Int32) {
	n, opened := new(memnet.Net), new(atomic.Int32)
	l, err := n.Listen("target:80")
	assert.NilError(t, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			opened.Add(1)
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	o.Timeout, o.MaxHeader, o.MaxBody, o.Idle, o.Dial = 3*time.Second, 1<<20, 64, 4, n.DialContext
	c := http1.NewClient(o)
	t.Cleanup(func() {
		c.Close()
		_ = l.Close()
	})
	return c, opened
}

// answer reads requests and answers each with text.
func answer(text string) func(net.Conn) {
	return func(c net.Conn) {
		br := bufio.NewReader(c)
		for {
			q, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, q.Body)
			_, _ = io.WriteString(c, text)
		}
	}
}

func request(t *testing.T, c *http1.Client, f mutation.Framing) *http1.Request {
	t.Helper()
	target, err := http1.ParseTarget("http://target/hook?x=1")
	assert.NilError(t, err)
	q := &http1.Request{Target: target, Method: "POST", Header: http.Header{"x-Odd": {" a ", "b"}}, Body: []byte("body"), Framing: f}
	assert.NilError(t, c.LayOut(q))
	return q
}

func TestHeadIsWrittenAsItIsSpelt(t *testing.T) {
	q := request(t, http1.NewClient(http1.Options{}), mutation.Framing{})
	assert.Equal(t, string(q.Head), "POST /hook?x=1 HTTP/1.1\r\nHost: target\r\nContent-Length: 4\r\nx-Odd:  a \r\nx-Odd: b\r\n\r\n")
	q.Method = "P T"
	assert.ErrorContains(t, q.LayOut(), "not a token")
	q.Method, q.Framing.CutAt = "POST", 4
	assert.ErrorContains(t, q.LayOut(), "cannot be cut at 4")
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, opened := client(t, http1.Options{}, answer(ok))
		for i := range 3 {
			res := c.Do(t.Context(), request(t, c, mutation.Framing{}))
			assert.Equal(t, res.Status, 200)
			assert.Equal(t, string(res.Body), "ok")
			assert.Equal(t, res.Reused, i > 0)
			synctest.Wait()
		}
		assert.Equal(t, opened.Load(), int32(1))
		assert.Assert(t, !c.Do(t.Context(), request(t, c, mutation.Framing{FreshConnection: true})).Reused)
		c.CloseIdle()
		assert.Assert(t, !c.Do(t.Context(), request(t, c, mutation.Framing{})).Reused)

		line := c.NewPipeline()
		defer line.Close()
		assert.Assert(t, !line.Do(t.Context(), request(t, c, mutation.Framing{})).Reused)
		assert.Assert(t, line.Do(t.Context(), request(t, c, mutation.Framing{FreshConnection: true})).Reused, "it has one connection alone")
		assert.Equal(t, opened.Load(), int32(4))
	})
}

func TestRequestOnAConnectionThatIsJustClosedIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, opened := client(t, http1.Options{}, func(c net.Conn) {
			br := bufio.NewReader(c)
			_, _ = http.ReadRequest(br)
			_, _ = io.WriteString(c, ok)
			_, _ = http.ReadRequest(br) // and cut without an answer
		})
		line := c.NewPipeline()
		defer line.Close()
		assert.Equal(t, line.Do(t.Context(), request(t, c, mutation.Framing{})).Status, 200)
		res := line.Do(t.Context(), request(t, c, mutation.Framing{}))
		assert.Equal(t, res.Status, 200)
		assert.Assert(t, res.Resent && !res.Reused)
		assert.Equal(t, opened.Load(), int32(2))
	})
}

func TestFailuresHaveAKindAndASentence(t *testing.T) {
	for _, tc := range []struct {
		serve func(net.Conn)
		kind  http1.Kind
		says  string
	}{
		{func(net.Conn) {}, http1.Reset, "target:80 cut the connection without an answer"},
		{func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, http1.Timeout, "target:80 did not answer within 3s"},
		{answer("HTTP/1.1 200"), http1.Timeout, "target:80 did not end its response header within 3s"},
		{answer("SSH-2.0\r\n\r\n"), http1.Protocol, `target:80 does not answer in HTTP/1: its answer begins with "SSH-2.0\r\n\r\n"`},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := client(t, http1.Options{}, tc.serve)
			res := c.Do(t.Context(), request(t, c, mutation.Framing{}))
			assert.Equal(t, res.Status, 0)
			assert.Equal(t, res.Failure.Kind, tc.kind)
			assert.Equal(t, res.Failure.Msg, tc.says)
		})
	}
}

// A delivery may have a context of its own, or one with many others.
func TestTheEndOfAContextInterruptsItsOwnRequestsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c, opened := client(t, http1.Options{}, func(c net.Conn) {
			for br := bufio.NewReader(c); ; requests++ {
				q, err := http.ReadRequest(br)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, q.Body)
				if requests < 3 {
					_, _ = io.WriteString(c, ok)
				}
			}
		})
		first, cancel := context.WithCancel(t.Context())
		assert.Equal(t, c.Do(first, request(t, c, mutation.Framing{})).Status, 200)
		cancel()
		synctest.Wait()

		second, cancel := context.WithCancel(t.Context())
		for range 2 {
			res := c.Do(second, request(t, c, mutation.Framing{}))
			assert.Equal(t, res.Status, 200)
			assert.Assert(t, res.Reused, "the connection was idle when the first context ended")
		}
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		res := c.Do(second, request(t, c, mutation.Framing{}))
		assert.Equal(t, res.Failure.Kind, http1.Canceled)
		assert.Equal(t, time.Since(start), time.Second)
		assert.Equal(t, opened.Load(), int32(1))

		assert.Equal(t, c.Do(second, request(t, c, mutation.Framing{})).Failure.Kind, http1.Canceled, "it has ended before")
	})
}
