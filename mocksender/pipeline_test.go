package mocksender_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
)

// first answers the first n requests on a connection and then closes it.
func first(n int, responses ...string) func(net.Conn) {
	return func(c net.Conn) {
		br := bufio.NewReader(c)
		for i := range n {
			if _, err := sendertest.ReadRequest(br); err != nil {
				return
			}
			_, _ = io.WriteString(c, responses[min(i, len(responses)-1)])
		}
	}
}

func TestLineStaysOnItsConnectionForAsLongAsTheTargetKeepsIt(t *testing.T) {
	type sent struct {
		status int
		class  mocksender.Class
		reused bool
	}
	ok := sent{200, "", false}
	again := sent{200, "", true}
	for _, tc := range []struct {
		name, reason string
		handle       func(net.Conn)
		want         []sent
		connections  int32
	}{
		{"keep-alive", "the default of HTTP/1.1", sendertest.Answer(sendertest.Status(200)), []sent{ok, again, again}, 1},
		{"refusal", "it ends nothing", sendertest.Answer(sendertest.Status(401), sendertest.Status(200)), []sent{{401, "", false}, again, again}, 1},
		{"close", "the target said so", sendertest.Answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), []sent{ok, ok, ok}, 3},
		{"closed unannounced", "a target may, and nothing is lost by it", first(1, sendertest.Status(200)), []sent{ok, ok, ok}, 3},
		{"answer behind the answer", "it is taken for the next one", sendertest.Answer(sendertest.Status(200) + sendertest.Status(400)), []sent{ok, {400, "", true}, again}, 1},
		{"bytes behind the answer", "they spoil the next one", sendertest.Answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nokay"), []sent{ok, {0, mocksender.ClassProtocol, true}, ok}, 2},
		{"body after 204", "it is taken for the next answer", sendertest.Answer("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 No\r\n\r\n"), []sent{{204, "", false}, {500, "", true}, {204, "", false}}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				var connections atomic.Int32
				n.Target("target:80", counted(&connections, tc.handle))
				line := n.Sender(mocksender.Options{}).Pipeline("http://target/")
				defer line.Close()
				for i, want := range tc.want {
					r, reused, err := line.Send(t.Context(), sendertest.SampleDelivery())
					assert.NilError(t, err)
					synctest.Wait() // until the target has closed what it closes
					o := r.Last().Outcome
					assert.Equal(t, sent{o.Status, o.Class, reused}, want, "%d: %s: %v", i, tc.reason, o.Err)
					assert.Equal(t, len(r.Attempts), 1)
				}
				assert.Equal(t, connections.Load(), tc.connections)
			})
		})
	}
}

func TestLineSaysWhatBecameOfEachDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("target:80", sendertest.Answer(sendertest.Status(200), sendertest.Status(410), sendertest.Status(503), ""))
		var attempts int
		line := n.Sender(mocksender.Options{OnAttempt: func(mocksender.Delivery, mocksender.Attempt) { attempts++ }}).Pipeline("http://target/")
		defer line.Close()
		for _, want := range []mocksender.Fate{mocksender.Delivered, mocksender.Failed, mocksender.Exhausted, mocksender.Exhausted} {
			r, _, err := line.Send(t.Context(), sendertest.SampleDelivery())
			assert.NilError(t, err)
			assert.Equal(t, r.Fate, want)
			assert.Assert(t, r.Delivery.UUID != "")
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		r, _, err := line.Send(gone, sendertest.SampleDelivery())
		assert.NilError(t, err)
		assert.Equal(t, r.Fate, mocksender.Abandoned)
		assert.Equal(t, attempts, 4)

		nowhere := n.Sender(mocksender.Options{}).Pipeline("http://nobody/")
		r, reused, err := nowhere.Send(t.Context(), sendertest.SampleDelivery())
		assert.NilError(t, err)
		assert.Equal(t, r.Last().Outcome.Class, mocksender.ClassRefused)
		assert.Assert(t, !reused)

		_, _, err = n.Sender(mocksender.Options{}).Pipeline("target").Send(t.Context(), sendertest.SampleDelivery())
		assert.ErrorIs(t, err, mocksender.ErrURL)
	})
}

func TestLineGoesOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	line := sendertest.NewSender(t, mocksender.Options{Insecure: true}).Pipeline(server.URL)
	defer line.Close()
	for _, want := range []bool{false, true, true} {
		r, reused, err := line.Send(t.Context(), sendertest.SampleDelivery())
		assert.NilError(t, err)
		assert.Equal(t, r.Fate, mocksender.Delivered, "%v", r.Last().Outcome.Err)
		assert.Equal(t, reused, want)
	}
}

func TestStallSendsSoMuchAndNoMore(t *testing.T) {
	for _, tc := range []struct {
		where mocksender.IdlePoint
		want  func(head, body string) string
	}{
		{mocksender.IdleAtOnce, func(string, string) string { return "" }},
		{mocksender.IdleInHead, func(head, _ string) string { return head[:len(head)/2] }},
		{mocksender.IdleInBody, func(head, body string) string { return head + body[:len(body)/2] }},
		{mocksender.IdleAtEnd, func(head, body string) string { return head + body }},
	} {
		t.Run(string(tc.where), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				var got strings.Builder
				var ended time.Duration
				var connections atomic.Int32
				start := time.Now()
				n.Target("target:80", func(c net.Conn) {
					if connections.Add(1) == 1 {
						sendertest.Answer(sendertest.Status(200))(c)
						return
					}
					_, _ = io.Copy(&got, c)
					ended = time.Since(start)
				})
				d := sendertest.SampleDelivery()
				d.UUID, d.WebhookID = "u", "w"
				s := n.Sender(mocksender.Options{Timeout: time.Second})
				whole := sendertest.Send(t, s, "http://target/", d).Last().Request
				conn, err := s.OpenIdle(t.Context(), "http://target/", d, tc.where)
				assert.NilError(t, err)
				sendertest.Pass(time.Hour) // longer than any time-out
				assert.NilError(t, conn.Close())
				synctest.Wait()
				assert.Equal(t, got.String(), tc.want(string(whole.Head), string(whole.Body)))
				assert.Equal(t, ended, time.Hour, "it stays for as long as the caller wants")
			})
		})
	}
}

func TestStallThatIsNotTakenIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("reads-nothing:80", func(net.Conn) { sendertest.Pass(time.Minute) })
		s := n.Sender(mocksender.Options{Timeout: time.Second})
		failure := new(mocksender.NetError)
		_, err := s.OpenIdle(t.Context(), "http://nobody/", sendertest.SampleDelivery(), mocksender.IdleAtOnce)
		assert.Assert(t, errors.As(err, &failure), "%v", err)
		assert.Equal(t, failure.Class, mocksender.ClassRefused)

		huge := sendertest.SampleDelivery()
		huge.Event.Body = make([]byte, 8<<20)
		began := time.Now()
		_, err = s.OpenIdle(t.Context(), "http://reads-nothing/", huge, mocksender.IdleInBody)
		assert.Assert(t, errors.As(err, &failure), "%v", err)
		assert.Equal(t, failure.Class, mocksender.ClassTimeout)
		assert.Equal(t, time.Since(began), time.Second)

		_, err = s.OpenIdle(t.Context(), "http://nobody/", sendertest.SampleDelivery(), "in-between")
		assert.Assert(t, err != nil && !errors.As(err, new(*mocksender.NetError)), "%v", err)
		_, err = s.OpenIdle(t.Context(), "nobody", sendertest.SampleDelivery(), mocksender.IdleAtOnce)
		assert.ErrorIs(t, err, mocksender.ErrURL)
	})
}

func TestConnectionsThatTheTargetEndsAtOnceAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		s := n.Sender(mocksender.Options{Timeout: time.Second})
		for _, tc := range []struct {
			reason string
			serve  func(net.Conn)
			took   time.Duration
			ends   bool
			within time.Duration
		}{
			{"a proxy with nobody behind it", func(net.Conn) {}, 0, true, 0},
			{"one that has asked behind it first", func(net.Conn) { sendertest.Pass(20 * time.Millisecond) }, 0, true, 20 * time.Millisecond},
			{"a server waits for a request", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, 200 * time.Millisecond, false, 25 * time.Millisecond},
			{"so does one that started slowly", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, 600 * time.Millisecond, false, 75 * time.Millisecond},
			{"and one that took very long", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, time.Minute, false, 100 * time.Millisecond},
			{"a proxy on a busy machine", func(net.Conn) { sendertest.Pass(90 * time.Millisecond) }, time.Second, true, 90 * time.Millisecond},
			{"what speaks first is there", func(c net.Conn) { _, _ = io.WriteString(c, "220 hello\r\n") }, 0, false, 0},
			{"a server has little patience", func(net.Conn) { sendertest.Pass(200 * time.Millisecond) }, time.Minute, false, 100 * time.Millisecond},
			{"a server ends what is idle", func(net.Conn) { sendertest.Pass(time.Second) }, 0, false, 25 * time.Millisecond},
		} {
			host := strings.ReplaceAll(tc.reason, " ", "-")
			n.Target(host+":80", tc.serve)
			conn, err := s.OpenIdle(t.Context(), "http://"+host+"/", sendertest.SampleDelivery(), mocksender.IdleAtOnce)
			assert.NilError(t, err)
			began := time.Now()
			assert.Equal(t, mocksender.EndsAtOnce(conn, tc.took), tc.ends, tc.reason)
			assert.Equal(t, time.Since(began), tc.within, tc.reason)
			assert.NilError(t, conn.Close())
		}
	})
}
