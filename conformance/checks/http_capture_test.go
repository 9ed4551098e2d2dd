package checks_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"
)

// captured is one request as its bytes came, or the beginning of one.
type captured struct {
	conn   int      // number of the connection
	pieces []string // what single reads returned
	whole  bool     // it came to its end
}

func (c captured) text() string { return strings.Join(c.pieces, "") }

// head and body are the two parts of the request, the body as it was framed.
func (c captured) head() string {
	head, _, _ := strings.Cut(c.text(), "\r\n\r\n")
	return head + "\r\n"
}
func (c captured) body() string { _, body, _ := strings.Cut(c.text(), "\r\n\r\n"); return body }

// field returns the value of a header field, spelt as given.
func (c captured) field(name string) string {
	_, rest, _ := strings.Cut(c.head(), "\r\n"+name+": ")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// wire is a target that understands as much of HTTP as it takes to know where a
// request ends, and keeps all that comes.
type wire struct {
	url    string
	answer func(captured) int // 0 cuts the connection, -1 says nothing
	over   chan struct{}      // closed when the test ends

	mu       sync.Mutex
	requests []captured
	conns    int
}

// newWire serves a target that accepts what has a signature. answer may decide
// otherwise; 200 from it stands for that.
func newWire(t *testing.T, answer func(captured) int) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	w := &wire{url: "http://" + ln.Addr().String(), answer: answer, over: make(chan struct{})}
	var wg sync.WaitGroup
	var open sync.Map
	t.Cleanup(func() {
		_ = ln.Close()
		close(w.over)
		open.Range(func(c, _ any) bool { return c.(net.Conn).Close() == nil })
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			open.Store(c, true)
			wg.Go(func() {
				defer open.Delete(c)
				defer c.Close()
				w.serve(c)
			})
		}
	})
	return w
}

func (w *wire) serve(c net.Conn) {
	w.mu.Lock()
	w.conns++
	r := captured{conn: w.conns}
	w.mu.Unlock()
	buf := make([]byte, 1<<20)
	asked := false
	for {
		n, err := c.Read(buf)
		if n > 0 {
			r.pieces = append(r.pieces, string(buf[:n]))
		}
		r.whole = whole(r)
		if strings.Contains(r.text(), "Expect: 100-continue\r\n") && strings.Contains(r.text(), "\r\n\r\n") && !asked {
			asked = true
			_, _ = io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		if !r.whole && err == nil {
			continue
		}
		w.mu.Lock()
		w.requests = append(w.requests, r)
		w.mu.Unlock()
		if r.text() == "" || !w.respond(c, r) || err != nil {
			return
		}
		r, asked = captured{conn: r.conn}, false
	}
}

// respond answers r and reports whether the connection goes on.
func (w *wire) respond(c net.Conn, r captured) bool {
	code := http.StatusOK
	switch {
	case !r.whole:
		code = http.StatusBadRequest
	case !strings.Contains(strings.ToLower(r.head()), "\r\nrtk-signature:"):
		code = http.StatusUnauthorized
	}
	if w.answer != nil {
		if own := w.answer(r); own != http.StatusOK {
			code = own
		}
	}
	switch code {
	case 0:
		return false
	case -1:
		<-w.over
		return false
	}
	_, err := fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\n\r\n", code, http.StatusText(code))
	return err == nil
}

// whole reports whether a request has come to its end.
func whole(r captured) bool {
	text := r.text()
	if !strings.Contains(text, "\r\n\r\n") {
		return false
	}
	if strings.Contains(r.head(), "Transfer-Encoding: chunked\r\n") {
		return strings.HasSuffix(text, "0\r\n\r\n")
	}
	for line := range strings.SplitSeq(r.head(), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		if strings.EqualFold(name, "Content-Length") {
			length, _ := strconv.Atoi(value)
			return len(r.body()) >= length
		}
	}
	return true
}

// all returns what has come so far.
func (w *wire) all() []captured {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]captured(nil), w.requests...)
}

// those returns the requests that satisfy f.
func (w *wire) those(f func(captured) bool) []captured {
	var out []captured
	for _, r := range w.all() {
		if f(r) {
			out = append(out, r)
		}
	}
	return out
}
