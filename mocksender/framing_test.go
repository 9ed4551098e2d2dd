package mocksender_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

func framed(f mutation.Framing) mocksender.Delivery {
	d := sendertest.SampleDelivery()
	d.Mutations = []mutation.Mutation{{ID: "test/framing", Apply: func(w *mutation.Wire) error {
		w.Framing = f
		return nil
	}}}
	return d
}

// piece is what one read of a target returned, and when.
type piece struct {
	at   time.Duration
	text string
}

// record reads c piece by piece until the body is complete by the last piece,
// or the stream ends, and then answers.
func record(c net.Conn, last string) (pieces []piece, ended bool) {
	start := time.Now()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			pieces = append(pieces, piece{time.Since(start), string(buf[:n])})
		}
		if err != nil || strings.HasSuffix(string(buf[:n]), last) {
			_, _ = io.WriteString(c, sendertest.Status(200))
			return pieces, err == io.EOF
		}
	}
}

func TestFramingOnTheWire(t *testing.T) {
	const tail = `"}}` // how the sample ends
	length := len(sendertest.Sample)
	half := length / 2
	cases := []struct {
		name  string
		f     mutation.Framing
		extra string // what the head says about the body
		body  []piece
		last  string
		ended bool
	}{
		{"plain", mutation.Framing{FreshConnection: true},
			fmt.Sprintf("Content-Length: %d\r\nConnection: close\r\n", length),
			nil, tail, false},
		{"chunked", mutation.Framing{Chunked: true}, "Transfer-Encoding: chunked\r\n",
			[]piece{{0, fmt.Sprintf("%x\r\n%s\r\n", length, sendertest.Sample)}, {0, "0\r\n\r\n"}}, "0\r\n\r\n", false},
		{"chunks", mutation.Framing{Chunked: true, Pieces: 2, Pause: time.Second}, "Transfer-Encoding: chunked\r\n",
			[]piece{{0, fmt.Sprintf("%x\r\n%s\r\n", half, sendertest.Sample[:half])}, {time.Second, fmt.Sprintf("%x\r\n%s\r\n", length-half, sendertest.Sample[half:])}, {time.Second, "0\r\n\r\n"}}, "0\r\n\r\n", false},
		{"pieces", mutation.Framing{Pieces: 3, Pause: 4 * time.Second}, fmt.Sprintf("Content-Length: %d\r\n", length),
			[]piece{{0, sendertest.Sample[:length/3]}, {4 * time.Second, sendertest.Sample[length/3 : 2*length/3]}, {8 * time.Second, sendertest.Sample[2*length/3:]}}, tail, false},
		{"cut", mutation.Framing{CutAt: 10}, fmt.Sprintf("Content-Length: %d\r\n", length),
			[]piece{{0, sendertest.Sample[:10]}}, "never", true},
		{"cut chunk", mutation.Framing{CutAt: 10, Chunked: true}, "Transfer-Encoding: chunked\r\n",
			[]piece{{0, "a\r\n" + sendertest.Sample[:10] + "\r\n"}}, "never", true},
		{"expect without an answer", mutation.Framing{ExpectContinue: true}, fmt.Sprintf("Content-Length: %d\r\nExpect: 100-continue\r\n", length),
			[]piece{{time.Second, sendertest.Sample}}, tail, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				var pieces []piece
				var ended bool
				done := make(chan struct{})
				n.Target("target:80", func(c net.Conn) {
					defer close(done)
					pieces, ended = record(c, tc.last)
				})
				r := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/", framed(tc.f))
				<-done
				assert.Equal(t, r.Fate, mocksender.Delivered, "%v", r.Last().Outcome.Err)
				assert.Equal(t, ended, tc.ended)

				head := string(r.Last().Request.Head)
				assert.Assert(t, strings.HasPrefix(head, "POST / HTTP/1.1\r\nHost: target\r\n"+tc.extra+"Content-Type: "), head)
				assert.DeepEqual(t, r.Last().Request.Framing, tc.f)
				if tc.body == nil {
					assert.Equal(t, pieces[0].text, head+sendertest.Sample, "one write")
					return
				}
				assertPieces(t, pieces, append([]piece{{0, head}}, tc.body...))
			})
		})
	}
}

// assertPieces compares texts and times, whichever writes a read joined.
func assertPieces(t *testing.T, got, want []piece) {
	t.Helper()
	join := func(pieces []piece) map[time.Duration]string {
		m := map[time.Duration]string{}
		for _, p := range pieces {
			m[p.at] += p.text
		}
		return m
	}
	assert.DeepEqual(t, join(got), join(want))
}

func TestContinueReleasesTheBody(t *testing.T) {
	cases := []struct {
		name, reason string
		reply        string
		sent         bool
		status       int
		took         time.Duration
	}{
		{"100", "the target asks for the body", "HTTP/1.1 100 Continue\r\n\r\n", true, 200, 0},
		{"103", "hints are no request for the body", "HTTP/1.1 103 Early Hints\r\n\r\n", true, 200, time.Second},
		{"417", "a final answer makes the body pointless", sendertest.Status(417), false, 417, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				body := make(chan string, 1)
				n.Target("target:80", func(c net.Conn) {
					br := bufio.NewReader(c)
					for line := ""; line != "\r\n"; {
						line, _ = br.ReadString('\n')
					}
					_, _ = io.WriteString(c, tc.reply)
					got := make([]byte, len(sendertest.Sample))
					k, _ := io.ReadFull(br, got)
					body <- string(got[:k])
					_, _ = io.WriteString(c, sendertest.Status(200))
				})
				r := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/", framed(mutation.Framing{ExpectContinue: true}))
				assert.Equal(t, r.Last().Outcome.Status, tc.status)
				assert.Equal(t, r.Last().Outcome.Took, tc.took, tc.reason)
				assert.Equal(t, <-body == sendertest.Sample, tc.sent)
			})
		})
	}
}

func TestAnswerDuringASlowBodyEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("target:80", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 10))
			_, _ = io.WriteString(c, sendertest.Status(401))
			sendertest.BlockUntilClosed(c)
		})
		start := time.Now()
		r := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/", framed(mutation.Framing{Pieces: 10, Pause: time.Minute}))
		assert.Equal(t, r.Last().Outcome.Status, 401)
		assert.Equal(t, time.Since(start), time.Duration(0))
	})
}

func TestConnectionsAreReusedAfterFramedBodies(t *testing.T) {
	n := sendertest.NewNetwork(t)
	conns := make(chan net.Conn, 10)
	serve := sendertest.Answer(sendertest.Status(200))
	n.Target("target:80", func(c net.Conn) { conns <- c; serve(c) })
	s := n.Sender(mocksender.Options{})
	for _, f := range []mutation.Framing{{Chunked: true}, {Pieces: 4}, {}} {
		assert.Equal(t, sendertest.Send(t, s, "http://target/", framed(f)).Fate, mocksender.Delivered)
	}
	assert.Equal(t, len(conns), 1)
	sendertest.Send(t, s, "http://target/", framed(mutation.Framing{CutAt: 3}))
	assert.Equal(t, len(conns), 2)
}

func TestFramingOverTLS(t *testing.T) {
	type seen struct {
		body string
		err  error
		te   []string
	}
	bodies := make(chan seen, 1)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		bodies <- seen{string(body), err, r.TransferEncoding}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	s := sendertest.NewSender(t, mocksender.Options{Insecure: true})

	r := sendertest.Send(t, s, server.URL, framed(mutation.Framing{Chunked: true, Pieces: 5}))
	got := <-bodies
	assert.Equal(t, r.Last().Outcome.Status, 200)
	assert.Equal(t, got.body, sendertest.Sample)
	assert.DeepEqual(t, got.te, []string{"chunked"})

	r = sendertest.Send(t, s, server.URL, framed(mutation.Framing{ExpectContinue: true}))
	got = <-bodies
	assert.Equal(t, r.Last().Outcome.Status, 200)
	assert.Equal(t, got.body, sendertest.Sample)

	r = sendertest.Send(t, s, server.URL, framed(mutation.Framing{CutAt: 7}))
	got = <-bodies
	assert.Equal(t, got.body, sendertest.Sample[:7])
	assert.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
	assert.Equal(t, r.Last().Outcome.Status, 400, "%v", r.Last().Outcome.Err)
}

// noHalfClose hides CloseWrite.
type noHalfClose struct{ net.Conn }

func TestCutNeedsAConnectionWithTwoSides(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	go sendertest.BlockUntilClosed(far)
	s := sendertest.NewSender(t, mocksender.Options{Dial: func(context.Context, string, string) (net.Conn, error) { return noHalfClose{near}, nil }})
	o := sendertest.Send(t, s, "http://target/", framed(mutation.Framing{CutAt: 7})).Last().Outcome
	assert.Equal(t, o.Class, mocksender.ClassOther)
	assert.Error(t, o.Err, "target:80: this kind of connection cannot be closed on one side")
}

// TestHeaderLinesGoOutAsGiven holds what net/http's client would change: it
// trims values and writes some names its own way.
func TestHeaderLinesGoOutAsGiven(t *testing.T) {
	n := sendertest.NewNetwork(t)
	heads := make(chan string, 1)
	n.Target("target:80", func(c net.Conn) {
		g, _ := sendertest.ReadRequest(bufio.NewReader(c))
		heads <- g.Head
		_, _ = io.WriteString(c, sendertest.Status(200))
	})
	d := sendertest.SampleDelivery()
	d.Header = http.Header{
		"RTK-Signature":  {"first", " second ", "third"},
		"rtk-signature":  {"fourth"},
		"user-AGENT":     {"odd/1"},
		"content-length": {fmt.Sprint(len(sendertest.Sample))},
	}
	sendertest.Send(t, n.Sender(mocksender.Options{WebhookID: "w"}), "http://target/", d)
	head := <-heads
	_, fields, _ := strings.Cut(head, "Host: target\r\n")
	fields, _, _ = strings.Cut(fields, "rtk-uuid")
	assert.Equal(t, fields, "Content-Type: application/json\r\n"+
		"RTK-Signature: first\r\nRTK-Signature:  second \r\nRTK-Signature: third\r\n"+
		fmt.Sprintf("content-length: %d\r\n", len(sendertest.Sample))+
		"rtk-signature: fourth\r\n")
	assert.Assert(t, strings.HasSuffix(head, "user-AGENT: odd/1\r\n\r\n"), head)
}

func TestMethodsOfOtherKinds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method)
		w.Header().Set("X-Length", fmt.Sprint(r.ContentLength))
		_, _ = io.WriteString(w, "body")
	}))
	defer server.Close()
	s := sendertest.NewSender(t, mocksender.Options{})
	for method, body := range map[string]string{"GET": "body", "HEAD": "", "PUT": "body", "DELETE": "body", "OPTIONS": "body"} {
		d := sendertest.SampleDelivery()
		d.Mutations = []mutation.Mutation{{ID: "test/method", Apply: func(w *mutation.Wire) error {
			w.Method, w.Body = method, nil
			return nil
		}}}
		o := sendertest.Send(t, s, server.URL, d).Last().Outcome
		assert.Equal(t, o.Status, 200, method)
		assert.Equal(t, o.Header.Get("X-Method"), method)
		assert.Equal(t, o.Header.Get("X-Length"), "0")
		assert.Equal(t, string(o.Body), body)
	}
}
