package receivers_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// firstBytes posts a delivery to a degenerate receiver and returns up to n bytes
// of what comes back, and how that ended.
func firstBytes(t *testing.T, name string, n int64) (string, error) {
	t.Helper()
	rc, err := receivers.Flawed(name, receivers.Config{})
	assert.NilError(t, err)
	server := httptest.NewServer(rc)
	t.Cleanup(server.Close)
	t.Cleanup(rc.Close)
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	assert.NilError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, "POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
	assert.NilError(t, err)
	got, err := io.ReadAll(io.LimitReader(c, n))
	return string(got), err
}

func TestDegenerateReceiversAnswerAsTheyAreCalled(t *testing.T) {
	for name, want := range map[string]int{
		"always-200": 200, "always-302": 302, "always-400": 400, "always-401": 401, "always-404": 404, "always-500": 500,
	} {
		got, err := firstBytes(t, name, 15)
		assert.NilError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got+"\r\n\r\n")), nil)
		assert.NilError(t, err)
		assert.Equal(t, resp.StatusCode, want, name)
		assert.NilError(t, resp.Body.Close())
	}
}

func TestDegenerateReceiversMakeNoSense(t *testing.T) {
	_, err := firstBytes(t, "resets", 1)
	assert.Assert(t, err != nil && !errors.Is(err, io.EOF), "a reset, not an end: %v", err)

	got, err := firstBytes(t, "answers-garbage", 1<<20)
	assert.NilError(t, err)
	assert.Assert(t, !strings.HasPrefix(got, "HTTP/"), got)

	const many = 10 << 20
	for name, begin := range map[string]string{
		"answers-for-ever": "HTTP/1.1 200 OK\r\n\r\nand so on",
		"header-for-ever":  "HTTP/1.1 200 OK\r\nX-And-So-On:",
	} {
		got, err := firstBytes(t, name, many)
		assert.NilError(t, err)
		assert.Assert(t, len(got) == many && strings.HasPrefix(got, begin), name)
	}
}

// What hangs or goes on for ever ends with Close, or the server would not end.
func TestDegenerateReceiversEndWithClose(t *testing.T) {
	for _, f := range receivers.Degenerate() {
		rc := f.New(receivers.Config{})
		server := httptest.NewServer(rc)
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		assert.NilError(t, err)
		_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		assert.NilError(t, err)
		rc.Close()
		_, _ = io.Copy(io.Discard, c) // to the end, however it ends
		assert.NilError(t, c.Close())
		server.Close()
	}
}
