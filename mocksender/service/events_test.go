package service_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/service"
)

// serve makes b answer in its network until end is called.
func (b *bubble) serve() (end func()) {
	b.t.Helper()
	ln, err := b.net.Listen("rtkmock")
	assert.NilError(b.t, err)
	server := &http.Server{Handler: b.Handler()}
	go server.Serve(ln) //nolint:errcheck // it ends with Close
	return func() { assert.Check(b.t, server.Close()) }
}

// stream is a stream of updates. The test decides when to read it.
type stream struct {
	net.Conn
	lines *bufio.Reader
	t     *testing.T
}

// open asks for a stream and returns the status line.
func (b *bubble) open() (*stream, string) {
	b.t.Helper()
	c, err := b.net.DialContext(b.t.Context(), "", "rtkmock")
	assert.NilError(b.t, err)
	_, err = c.Write([]byte("GET /_rtkmock/events HTTP/1.1\r\nHost: rtkmock\r\n\r\n"))
	assert.NilError(b.t, err)
	s := &stream{c, bufio.NewReaderSize(c, 16), b.t}
	status, err := s.lines.ReadString('\n')
	assert.NilError(b.t, err)
	return s, strings.TrimSpace(status)
}

// read returns the names of the events that are there, and what ended them.
func (s *stream) read() (kinds []string, err error) {
	assert.NilError(s.t, s.SetReadDeadline(time.Now().Add(time.Second)))
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return kinds, err
		}
		if kind, ok := strings.CutPrefix(line, "event: "); ok {
			kinds = append(kinds, strings.TrimSpace(kind))
		}
	}
}

// tick causes n updates. A stream takes them for as long as it can.
func (b *bubble) tick(n int) {
	for i := range n {
		assert.NilError(b.t, b.SetScale(1))
		if i%500 == 0 {
			synctest.Wait()
		}
	}
	synctest.Wait()
}

// more is a number of updates that a stream cannot hold if nobody reads it.
const more = 6000

func TestAStreamThatIsNotReadHoldsUpNothingAndIsToldWhatItMissed(t *testing.T) {
	inBubble(t, service.Options{}, huge, func(b *bubble) {
		defer b.serve()()
		s, status := b.open()
		defer s.Close()
		assert.Equal(t, status, "HTTP/1.1 200 OK")
		began := time.Now()
		b.tick(more)
		assert.Equal(b.t, time.Since(began), time.Duration(0))
		kinds, _ := s.read()
		assert.Assert(b.t, len(kinds) >= 1024 && len(kinds) < more, "%d came", len(kinds))
		b.tick(1)
		kinds, _ = s.read()
		assert.DeepEqual(b.t, kinds, []string{"missed", "clock"})
	})
}

func TestStreamsAreCountedAndThoseThatNobodyReadsEnd(t *testing.T) {
	inBubble(t, service.Options{}, huge, func(b *bubble) {
		defer b.serve()()
		defer b.Watch().Close() // no stream
		var open []*stream
		for range 100 {
			s, status := b.open()
			defer s.Close()
			assert.Equal(b.t, status, "HTTP/1.1 200 OK")
			open = append(open, s)
		}
		refused, status := b.open()
		defer refused.Close()
		assert.Equal(b.t, status, "HTTP/1.1 429 Too Many Requests")
		assert.NilError(b.t, refused.SetReadDeadline(time.Now().Add(time.Second)))
		var body string
		for !strings.HasPrefix(body, "{") {
			var err error
			body, err = refused.lines.ReadString('\n')
			assert.NilError(b.t, err)
		}
		assert.Equal(b.t, body, `{"success":false,"error":{"code":429,"message":"100 streams are open already, want one of them to be closed first"}}`+"\n")

		assert.NilError(b.t, open[0].Close())
		synctest.Wait()
		again, status := b.open()
		defer again.Close()
		assert.Equal(b.t, status, "HTTP/1.1 200 OK", "one has left")

		b.tick(more)
		<-time.After(time.Minute)
		_, err := open[1].read()
		assert.Assert(b.t, err != nil && !strings.Contains(err.Error(), "timeout"), "found %v, want the end", err)
		fresh, status := b.open()
		defer fresh.Close()
		assert.Equal(b.t, status, "HTTP/1.1 200 OK", "those that read nothing were ended")
	})
}

func TestAStreamEndsWithTheService(t *testing.T) {
	inBubble(t, service.Options{}, huge, func(b *bubble) {
		defer b.serve()()
		s, _ := b.open()
		defer s.Close()
		b.tick(1)
		_, err := b.Service.Close(b.t.Context())
		assert.NilError(b.t, err)
		kinds, _ := s.read()
		assert.DeepEqual(b.t, kinds, []string{"clock"})
		late, _ := b.open()
		defer late.Close()
		assert.NilError(b.t, late.SetReadDeadline(time.Now().Add(time.Second)))
		for line := ""; line != "0\r\n"; { // the last chunk
			line, err = late.lines.ReadString('\n')
			assert.NilError(b.t, err)
		}
	})
}

func TestHeadOfTheStreamHasAnEnd(t *testing.T) {
	s := newStand(t, nil)
	status, body := s.call(http.MethodHead, "/_rtkmock/events", nil)
	assert.Equal(t, status, 200)
	assert.Equal(t, body, "")
	status, _ = s.call(http.MethodHead, "/_rtkmock/events", nil) // on the same connection
	assert.Equal(t, status, 200)
}
