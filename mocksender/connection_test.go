package mocksender_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
)

// counted counts the connections that handle gets.
func counted(count *atomic.Int32, handle func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		count.Add(1)
		handle(c)
	}
}

func TestConnectionsAreReusedOnlyWhereThatIsSafe(t *testing.T) {
	fresh := sendertest.SampleDelivery()
	fresh.Mutations = []mutation.Mutation{{ID: "test/fresh", Apply: func(w *mutation.Wire) error {
		w.Framing.FreshConnection = true
		return nil
	}}}
	closing := sendertest.SampleDelivery()
	closing.Header = http.Header{"connection": {"Close"}}
	cases := []struct {
		name, reason string
		handle       func(net.Conn)
		d            mocksender.Delivery
		wait         time.Duration
		connections  int32
	}{
		{"keep-alive", "the default of HTTP/1.1", sendertest.Answer(sendertest.Status(200)), sendertest.SampleDelivery(), 0, 1},
		{"with a body", "it was read to its end", sendertest.Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), sendertest.SampleDelivery(), 0, 1},
		{"chunked", "it was read to its end", sendertest.Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), sendertest.SampleDelivery(), 0, 1},
		{"204", "it has no body", sendertest.Answer("HTTP/1.1 204 No Content\r\n\r\n"), sendertest.SampleDelivery(), 0, 1},
		{"after 1xx", "the final response counts", sendertest.Answer("HTTP/1.1 103 Early Hints\r\n\r\n" + sendertest.Status(200)), sendertest.SampleDelivery(), 0, 1},
		{"close", "the target said so", sendertest.Answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), sendertest.SampleDelivery(), 0, 5},
		{"HTTP/1.0", "the default of HTTP/1.0", sendertest.Answer("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), sendertest.SampleDelivery(), 0, 5},
		{"truncated", "the rest is still on its way", sendertest.Answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + string(make([]byte, 100))), sendertest.SampleDelivery(), 0, 5},
		{"truncated in between", "the rest is still to come", sendertest.Answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n01234567890"), sendertest.SampleDelivery(), 0, 5},
		{"unasked bytes", "they could pass for the next answer", sendertest.Answer(sendertest.Status(200) + sendertest.Status(500)), sendertest.SampleDelivery(), 0, 5},
		{"body after 204", "it could pass for the next answer", sendertest.Answer("HTTP/1.1 204 No Content\r\n\r\nsurprise"), sendertest.SampleDelivery(), 0, 5},
		{"fresh", "asked for", sendertest.Answer(sendertest.Status(200)), fresh, 0, 5},
		{"closing", "the caller's header says so", sendertest.Answer(sendertest.Status(200)), closing, 0, 5},
		{"101", "the connection speaks another protocol now", sendertest.Answer(sendertest.Status(101)), sendertest.SampleDelivery(), 0, 5},
		{"idle for a while", "targets close idle connections themselves", sendertest.Answer(sendertest.Status(200)), sendertest.SampleDelivery(), 1001 * time.Millisecond, 5},
		{"idle for a moment", "still kept", sendertest.Answer(sendertest.Status(200)), sendertest.SampleDelivery(), 900 * time.Millisecond, 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				var connections atomic.Int32
				n.Target("target:80", counted(&connections, tc.handle))
				s := n.Sender(mocksender.Options{MaxAnswer: 10})
				for range 5 {
					r := sendertest.Send(t, s, "http://target/", tc.d)
					assert.NilError(t, r.Last().Outcome.Err)
					assert.Assert(t, !r.Last().Resent)
					sendertest.Pass(tc.wait)
				}
				assert.Equal(t, connections.Load(), tc.connections, tc.reason)
			})
		})
	}
}

func TestConnectionClosedWhileIdleIsNotUsed(t *testing.T) {
	cases := []struct {
		name, reason string
		after        func(c net.Conn)
	}{
		{"closed", "the end was seen", func(c net.Conn) { _ = c.Close() }},
		{"written to", "an answer without a request", func(c net.Conn) { _, _ = io.WriteString(c, sendertest.Status(500)) }},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				var connections atomic.Int32
				n.Target("target:80", counted(&connections, func(c net.Conn) {
					_, _ = sendertest.ReadRequest(bufio.NewReader(c))
					_, _ = io.WriteString(c, sendertest.Status(200))
					sendertest.Pass(time.Millisecond)
					tc.after(c)
					sendertest.BlockUntilClosed(c)
				}))
				s := n.Sender(mocksender.Options{})
				for range 3 {
					r := sendertest.Send(t, s, "http://target/")
					assert.Equal(t, r.Last().Outcome.Status, 200, tc.reason)
					assert.Assert(t, !r.Last().Resent)
					sendertest.Pass(2 * time.Millisecond)
				}
				assert.Equal(t, connections.Load(), int32(3))
			})
		})
	}
}

// The target closes an idle connection at the moment it is used: that is the
// keep-alive time-out, not a failed delivery.
// Over the loopback a connection that is used again at once is looked at without a
// goroutine that has watched it. One that rests for longer is watched.
func TestConnectionOverLoopbackIsLookedAtBeforeItIsUsedAgain(t *testing.T) {
	cases := []struct {
		name  string
		after func(c net.Conn)
		used  int32 // connections
	}{
		{"kept", func(net.Conn) {}, 1},
		{"closed", func(c net.Conn) { _ = c.Close() }, 5},
		{"written to", func(c net.Conn) { _, _ = io.WriteString(c, sendertest.Status(500)) }, 5},
	}
	for _, tc := range cases {
		for _, rest := range []time.Duration{0, 30 * time.Millisecond} {
			t.Run(tc.name+" "+rest.String(), func(t *testing.T) {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				assert.NilError(t, err)
				defer listener.Close()
				var connections atomic.Int32
				answered := make(chan struct{})
				go func() {
					for {
						c, err := listener.Accept()
						if err != nil {
							return
						}
						connections.Add(1)
						go func() {
							defer c.Close()
							for in := bufio.NewReader(c); ; {
								if _, err := sendertest.ReadRequest(in); err != nil {
									return
								}
								_, _ = io.WriteString(c, sendertest.Status(200))
								tc.after(c)
								answered <- struct{}{}
							}
						}()
					}
				}()
				s := sendertest.NewSender(t, mocksender.Options{})
				for range 5 {
					r := sendertest.Send(t, s, "http://"+listener.Addr().String()+"/")
					assert.Equal(t, r.Last().Outcome.Status, 200)
					assert.Assert(t, !r.Last().Resent)
					<-answered
					<-time.After(rest)
				}
				assert.Equal(t, connections.Load(), tc.used)
			})
		}
	}
}

func TestRequestThatMetAClosingConnectionIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		var connections atomic.Int32
		n.Target("target:80", counted(&connections, func(c net.Conn) {
			br := bufio.NewReader(c)
			_, _ = sendertest.ReadRequest(br)
			_, _ = io.WriteString(c, sendertest.Status(200))
			_, _ = br.Peek(1) // the next request has come: too late
		}))
		s := n.Sender(mocksender.Options{})
		assert.Assert(t, !sendertest.Send(t, s, "http://target/").Last().Resent)
		r := sendertest.Send(t, s, "http://target/")
		assert.Equal(t, r.Fate, mocksender.Delivered)
		assert.Equal(t, len(r.Attempts), 1)
		assert.Assert(t, r.Last().Resent)
		assert.Equal(t, connections.Load(), int32(2))
	})
}

// What follows a reused connection's first byte, or a fresh connection, is the
// target's own doing.
func TestRequestIsNotSentAgainOtherwise(t *testing.T) {
	cases := []struct {
		name, reason string
		second       func(net.Conn) // the handling of the second request
		want         mocksender.Class
		connections  int32
	}{
		{"a byte came", "the request was seen", func(c net.Conn) { _, _ = io.WriteString(c, "H") }, mocksender.ClassReset, 1},
		{"time-out", "the request was taken", func(net.Conn) { sendertest.Pass(time.Minute) }, mocksender.ClassTimeout, 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				var connections atomic.Int32
				n.Target("target:80", counted(&connections, func(c net.Conn) {
					br := bufio.NewReader(c)
					_, _ = sendertest.ReadRequest(br)
					_, _ = io.WriteString(c, sendertest.Status(200))
					_, _ = sendertest.ReadRequest(br)
					tc.second(c)
				}))
				s := n.Sender(mocksender.Options{})
				sendertest.Send(t, s, "http://target/")
				r := sendertest.Send(t, s, "http://target/")
				assert.Equal(t, r.Last().Outcome.Class, tc.want, tc.reason)
				assert.Assert(t, !r.Last().Resent)
				assert.Equal(t, connections.Load(), tc.connections)
			})
		})
	}
}

func TestCrashOnARequestIsSeenOnTheFreshConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		var requests atomic.Int32
		n.Target("target:80", func(c net.Conn) {
			br := bufio.NewReader(c)
			for {
				if _, err := sendertest.ReadRequest(br); err != nil || requests.Add(1) > 1 {
					return
				}
				_, _ = io.WriteString(c, sendertest.Status(200))
			}
		})
		s := n.Sender(mocksender.Options{})
		sendertest.Send(t, s, "http://target/")
		r := sendertest.Send(t, s, "http://target/")
		assert.Equal(t, r.Last().Outcome.Class, mocksender.ClassReset)
		assert.Assert(t, r.Last().Resent)
		assert.Equal(t, requests.Load(), int32(3))
	})
}

func TestIdleConnectionsAreBoundedByTheConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		var connections atomic.Int32
		n.Target("target:80", counted(&connections, func(c net.Conn) {
			br := bufio.NewReader(c)
			for {
				if _, err := sendertest.ReadRequest(br); err != nil {
					return
				}
				sendertest.Pass(time.Millisecond)
				_, _ = io.WriteString(c, sendertest.Status(200))
			}
		}))
		s := n.Sender(mocksender.Options{Concurrency: 2})
		for range 3 {
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() { sendertest.Send(t, s, "http://target/") })
			}
			wg.Wait()
		}
		assert.Equal(t, connections.Load(), int32(5+3+3))
	})
}

// Inside a bubble a goroutine that outlives the test is a failure, so this
// sees a watcher that does not end.
func TestCloseEndsIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		ended := make(chan time.Time, 2)
		n.Target("target:80", func(c net.Conn) {
			sendertest.Answer(sendertest.Status(200))(c)
			ended <- time.Now()
		})
		s := n.Sender(mocksender.Options{})
		start := time.Now()
		sendertest.Send(t, s, "http://target/")
		s.Close()
		assert.Equal(t, (<-ended).Sub(start), time.Duration(0))
		sendertest.Send(t, s, "http://target/")
		assert.Equal(t, (<-ended).Sub(start), time.Duration(0), "what is sent after Close keeps no connection")
	})
}

func TestManyConcurrentDeliveriesOverLoopback(t *testing.T) {
	before := runtime.NumGoroutine()
	var count, connections atomic.Int32
	server := func(start func(*httptest.Server)) *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			count.Add(1)
			_, _ = io.Copy(w, r.Body)
		}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		start(s)
		return s
	}
	plain, secure := server((*httptest.Server).Start), server((*httptest.Server).StartTLS)
	s := sendertest.NewSender(t, mocksender.Options{Insecure: true, Timeout: time.Minute})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for range 20 {
				r := sendertest.Send(t, s, []string{plain.URL, secure.URL}[i%2])
				assert.Check(t, string(r.Last().Outcome.Body) == sendertest.Sample)
				assert.Check(t, r.Fate == mocksender.Delivered)
				assert.Check(t, !r.Last().Resent)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, count.Load(), int32(32*20))
	assert.Equal(t, s.Signatures(), uint64(1))
	assert.Assert(t, connections.Load() <= 32, "%d connections: not reused", connections.Load())

	s.Close()
	plain.Close()
	secure.Close()
	for start := time.Now(); runtime.NumGoroutine() > before; runtime.Gosched() {
		assert.Assert(t, time.Since(start) < 10*time.Second, "goroutines were left behind")
	}
}
