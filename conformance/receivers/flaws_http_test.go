package receivers_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// serveListener serves a receiver on its Listener, and returns the address.
func (b *bench) serveListener(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	addr := ln.Addr().String()
	server := &http.Server{Handler: b.rc.Handler()}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(b.rc.Listener(ln)) })
	t.Cleanup(func() {
		_ = server.Close()
		wg.Wait()
	})
	return addr
}

// raw are the bytes of a delivery, with its three header names as spell writes them.
func (d *delivery) raw(spell func(string) string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "POST /webhook HTTP/1.1\r\nHost: receiver.test\r\nContent-Length: %d\r\n", len(d.body))
	for _, name := range []string{rtk.HeaderSignature, rtk.HeaderUUID, rtk.HeaderWebhookID} {
		if value := d.Header.Get(name); value != "" {
			fmt.Fprintf(&out, "%s: %s\r\n", spell(name), value)
		}
	}
	return out.String() + "\r\n" + string(d.body)
}

// talk writes requests to addr on one connection, each in pieces of at most
// size bytes, and returns the statuses of the answers. It stops at the first
// answer that is not HTTP, and counts it as 0.
func talk(t *testing.T, addr string, size int, requests ...string) []int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	assert.NilError(t, err)
	defer c.Close()
	assert.NilError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	br := bufio.NewReader(c)
	var out []int
	for _, r := range requests {
		for len(r) > 0 {
			n := min(size, len(r))
			if _, err := io.WriteString(c, r[:n]); err != nil {
				return append(out, 0)
			}
			r = r[n:]
		}
		resp, err := http.ReadResponse(br, nil)
		if err != nil {
			return append(out, 0)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		assert.NilError(t, err)
		out = append(out, resp.StatusCode)
	}
	return out
}

const whole = 1 << 20 // in one piece

func TestSpellingOfHeaderNamesShows(t *testing.T) {
	for _, test := range []struct {
		name, how string
		spell     func(string) string
		want      int
	}{
		{"exact-header-names", "as the service spells them", strings.ToLower, ok},
		{"exact-header-names", "in title case", http.CanonicalHeaderKey, unauthorized},
		{"exact-header-names", "in upper case", strings.ToUpper, unauthorized},
		{"", "in upper case", strings.ToUpper, ok},
	} {
		for _, size := range []int{whole, 1, 7} {
			b := newBench(t, test.name)
			d := b.genuine("{\r\n\"a\" : 1,\r\nrtk-uuid\r\n}")
			addr := b.serveListener(t)
			got := talk(t, addr, size, d.raw(test.spell), d.raw(test.spell))
			assert.DeepEqual(t, got, []int{test.want, test.want})
			b.rc.Close()
		}
	}
}

func TestBytesBehindAnAnswerShow(t *testing.T) {
	for _, test := range []struct {
		name   string
		first  func(*bench) *delivery
		second int
	}{
		{"surplus-bytes", func(b *bench) *delivery { return b.genuine(startedBody) }, 0},
		{"surplus-bytes", byOtherKey, 0},
		{"leaves-body-unread", sending(), bad},
		{"leaves-body-unread", byOtherKey, ok},
		{"leaves-body-unread", func(b *bench) *delivery { return b.genuine(startedBody) }, ok},
		{"", sending(), ok},
	} {
		b := newBench(t, test.name)
		addr := b.serveListener(t)
		got := talk(t, addr, whole, test.first(b).raw(strings.ToLower), b.genuine(startedBody).raw(strings.ToLower))
		assert.Equal(t, got[1], test.second, "%q: %v", test.name, got)

		// Alone, each is answered as the reference answers it.
		for _, make := range []func(*bench) *delivery{test.first, genuinely(startedBody)} {
			want := newBench(t, "")
			d := make(want)
			assert.Equal(t, talk(t, addr, whole, make(b).raw(strings.ToLower))[0], want.status(d), "%q", test.name)
			want.rc.Close()
		}
		b.rc.Close()
	}
}

func TestFewConnectionsAreServedAtATime(t *testing.T) {
	b := newBench(t, "few-connections")
	defer b.rc.Close()
	addr := b.serveListener(t)
	var idle []net.Conn
	for range 60 {
		c, err := net.Dial("tcp", addr)
		assert.NilError(t, err)
		idle = append(idle, c)
	}
	answered := make(chan []int, 1)
	go func() { answered <- talk(t, addr, whole, b.genuine(startedBody).raw(strings.ToLower)) }()
	select {
	case got := <-answered:
		t.Fatalf("answered %v while sixty connections are open", got)
	case <-time.After(100 * time.Millisecond):
	}
	for _, c := range idle {
		assert.NilError(t, c.Close())
	}
	assert.DeepEqual(t, <-answered, []int{ok})
}

func TestListenerOfFewConnectionsEnds(t *testing.T) {
	b := newBench(t, "few-connections")
	defer b.rc.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	limited := b.rc.Listener(ln)
	for range 50 {
		c, err := net.Dial("tcp", ln.Addr().String())
		assert.NilError(t, err)
		defer c.Close()
		served, err := limited.Accept()
		assert.NilError(t, err)
		defer served.Close()
	}
	over := make(chan error, 1)
	go func() {
		_, err := limited.Accept()
		over <- err
	}()
	assert.NilError(t, limited.Close())
	assert.ErrorIs(t, <-over, net.ErrClosed)
}

func TestMostReceiversAreServedOnTheListenerItself(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer ln.Close()
	rc := receivers.Reference(receivers.Config{})
	defer rc.Close()
	assert.Assert(t, rc.Listener(ln) == ln)
}

// pieces is a body that comes piece by piece.
type pieces []string

func (p *pieces) Read(buf []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(buf, (*p)[0])
	*p = (*p)[1:]
	return n, nil
}

func (*pieces) Close() error { return nil }

func TestFlawsOfReadingShow(t *testing.T) {
	inPieces := func(d *delivery) io.ReadCloser {
		return &pieces{string(d.body[:10]), string(d.body[10:])}
	}
	for _, test := range []struct {
		name   string
		change func(*delivery)
		body   func(*delivery) io.ReadCloser // nil: all at once
		want   int
		other  int // of the reference
	}{
		{"reads-once", nil, inPieces, unauthorized, ok},
		{"reads-once", nil, nil, ok, ok},
		{"chunked-400", func(d *delivery) { d.ContentLength, d.TransferEncoding = -1, []string{"chunked"} }, nil, bad, ok},
		{"reads-content-length", func(d *delivery) { d.ContentLength = -1 }, nil, unauthorized, ok},
		{"reads-content-length", nil, nil, ok, ok},
		{"truncated-200", nil, func(*delivery) io.ReadCloser { return broken{} }, ok, bad},
		{"truncated-hangs-up-for-good", nil, func(*delivery) io.ReadCloser { return broken{} }, internal, bad},
		{"exact-content-type", func(d *delivery) { d.Header.Set("Content-Type", "application/json; charset=utf-8") }, nil, http.StatusUnsupportedMediaType, ok},
		{"expect-400", func(d *delivery) { d.Header.Set("Expect", "100-continue") }, nil, bad, ok},
	} {
		for name, want := range map[string]int{test.name: test.want, "": test.other} {
			b := newBench(t, name)
			d := b.genuine(startedBody)
			if test.change != nil {
				test.change(d)
			}
			body := io.ReadCloser(readCloser{strings.NewReader(string(d.body))})
			if test.body != nil {
				body = test.body(d)
			}
			assert.Equal(t, b.sendBody(d, body), want, "%q", name)
			b.rc.Close()
		}
	}
}

func TestProcessThatATruncatedBodyEndsStaysDead(t *testing.T) {
	b := newBench(t, "truncated-hangs-up-for-good")
	defer b.rc.Close()
	d := b.genuine(startedBody)
	assert.Equal(t, b.status(d), ok)
	b.sendBody(d, broken{})
	_, err := b.whole(t)(d)
	assert.Assert(t, err != nil)
}

func TestBodiesAreReadOneAtATime(t *testing.T) {
	for name, held := range map[string]bool{"one-body-at-a-time": true, "": false} {
		synctestRun(t, func(t *testing.T) {
			b := newBench(t, name)
			defer b.rc.Close()
			stuck, feed := io.Pipe()
			go b.sendBody(b.genuine(startedBody), stuck)
			later(second)
			answered := b.together([]*delivery{b.genuine(startedBody)})
			began := time.Now()
			go func() {
				<-time.After(second)
				_ = feed.CloseWithError(io.ErrUnexpectedEOF)
			}()
			assert.DeepEqual(t, answered(), []int{ok})
			assert.Equal(t, time.Since(began) >= second, held, "%q", name)
			later(2 * second)
		})
	}
}
