package mocksender_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// TestDeliveryIsWhatTheGuideDescribes: S1 "RealtimeKit sends an HTTP POST
// request to your configured endpoint with a JSON payload", S6 rtk-signature,
// S7 rtk-uuid, S8 rtk-webhook-id.
func TestDeliveryIsWhatTheGuideDescribes(t *testing.T) {
	n := sendertest.NewNetwork(t)
	requests := make(chan sendertest.Received, 1)
	n.Target("target.example:80", func(c net.Conn) {
		g, err := sendertest.ReadRequest(bufio.NewReader(c))
		assert.Check(t, err)
		requests <- g
		_, _ = c.Write([]byte(sendertest.Status(200)))
	})
	s := n.Sender(mocksender.Options{WebhookID: "hook-1"})
	d := sendertest.SampleDelivery()
	d.UUID = "uuid-1"
	r := sendertest.Send(t, s, "http://target.example/hooks/rtk?app=1#top", d)
	g := <-requests

	signature := g.Request.Header.Get("rtk-signature")
	assert.NilError(t, rtk.Verify(&sendertest.GenuineKey().PublicKey, []byte(sendertest.Sample), signature))
	assert.DeepEqual(t, string(g.Body), sendertest.Sample)
	want := "POST /hooks/rtk?app=1 HTTP/1.1\r\n" +
		"Host: target.example\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n", len(sendertest.Sample)) +
		"Content-Type: application/json\r\n" +
		"User-Agent: rtkmock (RealtimeKit webhook test sender)\r\n" +
		"rtk-signature: " + signature + "\r\n" +
		"rtk-uuid: uuid-1\r\n" +
		"rtk-webhook-id: hook-1\r\n\r\n"
	assert.Equal(t, g.Head, want)

	a := r.Last()
	assert.Equal(t, string(a.Request.Head), want, "the receipt holds the bytes that went out")
	assert.Equal(t, string(a.Request.Body), sendertest.Sample)
	assert.Equal(t, a.Request.Field("RTK-UUID"), "uuid-1")
	assert.Equal(t, r.Delivery.WebhookID, "hook-1")
	assert.Equal(t, r.Fate, mocksender.Delivered)
}

func TestHeaderNamesChooseTheSets(t *testing.T) {
	cases := []struct {
		names  rtk.HeaderNames
		want   []string
		reason string
	}{
		{"", []string{"rtk-signature", "rtk-uuid", "rtk-webhook-id"}, "the guide's names by default"},
		{rtk.HeadersDyte, []string{"dyte-signature", "dyte-uuid", "dyte-webhook-id"}, "the predecessor's"},
		{rtk.HeadersBoth, []string{
			"dyte-signature", "dyte-uuid", "dyte-webhook-id",
			"rtk-signature", "rtk-uuid", "rtk-webhook-id"}, "both with equal values"},
	}
	n := sendertest.NewNetwork(t)
	n.Target("target:80", sendertest.Answer(sendertest.Status(200)))
	for _, tc := range cases {
		t.Run(string(tc.names), func(t *testing.T) {
			r := sendertest.Send(t, n.Sender(mocksender.Options{HeaderNames: tc.names}), "http://target/")
			var names []string
			values := map[string]bool{}
			for name, v := range r.Last().Request.Header {
				if strings.HasPrefix(name, "rtk-") || strings.HasPrefix(name, "dyte-") {
					names = append(names, name)
					values[v[0]] = true
				}
			}
			slices.Sort(names)
			assert.DeepEqual(t, names, tc.want)
			assert.Equal(t, len(values), 3, tc.reason)
		})
	}
}

func TestGivenHeadersReplaceTheSendersOwn(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", sendertest.Answer(sendertest.Status(200)))
	all := http.Header{"X-Token": {"a", "b"}, "x-all": {"option"}, "CONTENT-type": {"text/plain"}}
	s := n.Sender(mocksender.Options{UserAgent: "tests/1", Header: all})
	all.Set("X-Late", "too late for this sender")
	d := sendertest.SampleDelivery()
	d.Header = http.Header{"X-ALL": {"delivery"}, "rtk-uuid": nil, "host": {"other.example"}}
	r := sendertest.Send(t, s, "http://user:secret@target/", d)
	head := string(r.Last().Request.Head)
	_, fields, _ := strings.Cut(head, "\r\n")
	sig := r.Last().Request.Field("rtk-signature")
	assert.Equal(t, fields, "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"+
		fmt.Sprintf("Content-Length: %d\r\n", len(sendertest.Sample))+
		"CONTENT-type: text/plain\r\n"+
		"User-Agent: tests/1\r\n"+
		"X-ALL: delivery\r\n"+
		"X-Token: a\r\nX-Token: b\r\n"+
		"host: other.example\r\n"+
		"rtk-signature: "+sig+"\r\n"+
		"rtk-webhook-id: "+r.Delivery.WebhookID+"\r\n\r\n")
}

func TestIDsAreAssignedOncePerDelivery(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", sendertest.Answer(sendertest.Status(200)))
	s := n.Sender(mocksender.Options{IDs: rtk.NewIDs(1, "deliveries")})
	want := rtk.NewIDs(1, "deliveries")
	hook := want.Next() // the sender's own webhook id comes first
	for range 3 {
		r := sendertest.Send(t, s, "http://target/")
		assert.Equal(t, r.Delivery.UUID, want.Next())
		assert.Equal(t, r.Delivery.WebhookID, hook)
		assert.Equal(t, r.Last().Request.Field("rtk-uuid"), r.Delivery.UUID)
	}
}

// TestStatusDecidesTheFate: S12 "RealtimeKit treats any 2xx response as a
// successful delivery", S13, S14.
func TestStatusDecidesTheFate(t *testing.T) {
	cases := []struct {
		code   int
		fate   mocksender.Fate
		reason string
	}{
		{101, mocksender.Failed, "nobody asked for another protocol"},
		{200, mocksender.Delivered, "any 2xx"},
		{202, mocksender.Delivered, "any 2xx"},
		{204, mocksender.Delivered, "any 2xx"},
		{299, mocksender.Delivered, "any 2xx"},
		{301, mocksender.Failed, "a redirect is a non-2xx below 500, and not followed"},
		{304, mocksender.Failed, "a non-2xx below 500"},
		{400, mocksender.Failed, "a non-2xx below 500"},
		{429, mocksender.Failed, "a non-2xx below 500, too"},
		{500, mocksender.Exhausted, "5xx, and no retries left"},
		{503, mocksender.Exhausted, "5xx, and no retries left"},
	}
	for _, tc := range cases {
		t.Run(fmt.Sprint(tc.code), func(t *testing.T) {
			n := sendertest.NewNetwork(t)
			var asked atomic.Int32
			n.Target("target:80", func(c net.Conn) {
				asked.Add(1)
				sendertest.Answer(strings.Replace(sendertest.Status(tc.code), "\r\n", "\r\nLocation: /elsewhere\r\n", 1))(c)
			})
			r := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/")
			assert.Equal(t, r.Fate, tc.fate, tc.reason)
			assert.Equal(t, r.Accepted(), tc.fate == mocksender.Delivered)
			assert.Equal(t, len(r.Attempts), 1)
			assert.Equal(t, r.Last().Outcome.Status, tc.code)
			assert.Equal(t, r.Last().Outcome.Header.Get("Location"), "/elsewhere")
			assert.NilError(t, r.Last().Outcome.Err)
			assert.Equal(t, asked.Load(), int32(1))
		})
	}
}

func TestRetriesSendTheSameBytesUntilOneIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("target:80", sendertest.Answer(sendertest.Status(500), sendertest.Status(502), sendertest.Status(201), sendertest.Status(500)))
		var seen []mocksender.Attempt
		s := n.Sender(mocksender.Options{
			Retry:     mocksender.Retry{Waits: []time.Duration{time.Second, 24 * time.Hour, time.Second}},
			OnAttempt: func(_ mocksender.Delivery, a mocksender.Attempt) { seen = append(seen, a) },
		})
		start := time.Now()
		r := sendertest.Send(t, s, "http://target/")
		assert.Equal(t, r.Fate, mocksender.Delivered)
		assert.Equal(t, r.Last().Outcome.Status, 201)

		var at []time.Duration
		for i, a := range r.Attempts {
			at = append(at, a.At.Sub(start))
			assert.Equal(t, a.N, i+1)
			assert.DeepEqual(t, a.Request, r.Attempts[0].Request)
		}
		assert.DeepEqual(t, at, []time.Duration{0, time.Second, 24*time.Hour + time.Second})
		assert.Equal(t, s.Signatures(), uint64(1))
		assert.DeepEqual(t, seen, r.Attempts)
	})
}

// TestNetworkErrorsAreRetried: S13 "… or the request fails because of a
// network error, RealtimeKit retries the delivery."
func TestNetworkErrorsAreRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		s := n.Sender(mocksender.Options{Retry: mocksender.Retry{Waits: []time.Duration{time.Second, time.Second}}})
		r := sendertest.Send(t, s, "http://target/")
		assert.Equal(t, r.Fate, mocksender.Exhausted)
		assert.Equal(t, len(r.Attempts), 3)
		for _, a := range r.Attempts {
			assert.Equal(t, a.Outcome.Class, mocksender.ClassRefused)
		}
	})
}

func TestEndOfTheContextAbandonsTheDelivery(t *testing.T) {
	hour := mocksender.Retry{Waits: []time.Duration{time.Hour}}
	cases := []struct {
		name, reason string
		limit        time.Duration
		respond      func(net.Conn)
		fate         mocksender.Fate
		attempts     int
		class        mocksender.Class
	}{
		{"before", "nothing is sent", -1, sendertest.Answer(sendertest.Status(200)), mocksender.Abandoned, 0, ""},
		{"attempt", "the attempt is broken off and recorded", time.Second, sendertest.BlockUntilClosed, mocksender.Abandoned, 1, mocksender.ClassCanceled},
		{"wait", "the wait is broken off", time.Minute, sendertest.Answer(sendertest.Status(503)), mocksender.Abandoned, 1, ""},
		{"answered", "an answer that came stays one", time.Second, sendertest.Answer("HTTP/1.1 200 OK\r\n\r\nendless"), mocksender.Delivered, 1, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				n.Target("target:80", tc.respond)
				s := n.Sender(mocksender.Options{Timeout: 10 * time.Second, Retry: hour})
				ctx, cancel := context.WithTimeout(t.Context(), tc.limit)
				defer cancel()
				start := time.Now()
				r, err := s.Send(ctx, "http://target/", sendertest.SampleDelivery())
				assert.NilError(t, err)
				assert.Equal(t, r.Fate, tc.fate, tc.reason)
				assert.Equal(t, len(r.Attempts), tc.attempts)
				assert.Equal(t, r.Last().Outcome.Class, tc.class)
				assert.Equal(t, time.Since(start), max(tc.limit, 0))
			})
		})
	}
}

func TestEachBodyIsSignedOncePerKey(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", sendertest.Answer(sendertest.Status(200)))
	keys := rtk.NewKeyring(sendertest.GenuineKey())
	s := n.Sender(mocksender.Options{Keys: keys})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			d := sendertest.SampleDelivery()
			d.Event.Body = fmt.Appendf(nil, `{"event":"meeting.started","n":%d}`, i%4)
			r := sendertest.Send(t, s, "http://target/", d)
			assert.Check(t, rtk.Verify(&sendertest.GenuineKey().PublicKey, d.Event.Body, r.Last().Request.Field("rtk-signature")))
		})
	}
	wg.Wait()
	assert.Equal(t, s.Signatures(), uint64(4))

	keys.Rotate(sendertest.AttackerKey())
	r := sendertest.Send(t, s, "http://target/")
	assert.NilError(t, rtk.Verify(&sendertest.AttackerKey().PublicKey, []byte(sendertest.Sample), r.Last().Request.Field("rtk-signature")))
	keys.Rotate(sendertest.GenuineKey())
	sendertest.Send(t, s, "http://target/")
	assert.Equal(t, s.Signatures(), uint64(6))
}

func TestSendRefusesWhatCannotBeSent(t *testing.T) {
	broken := errors.New("broken")
	with := func(change func(*mutation.Wire) error) mocksender.Delivery {
		d := sendertest.SampleDelivery()
		d.Mutations = []mutation.Mutation{{ID: "test/change", Apply: change}}
		return d
	}
	set := func(change func(*mutation.Wire)) mocksender.Delivery {
		return with(func(w *mutation.Wire) error { change(w); return nil })
	}
	header := sendertest.SampleDelivery()
	header.Header = http.Header{"x-split": {"a\r\nx-more: b"}}
	cases := []struct {
		name string
		url  string
		d    mocksender.Delivery
		want string
	}{
		{"scheme", "ftp://target/", sendertest.SampleDelivery(), `mocksender: unusable target URL: it begins with "ftp", want http:// or https://`},
		{"no scheme", "target/hook", sendertest.SampleDelivery(), `mocksender: unusable target URL: it begins with "", want http:// or https://`},
		{"host:port", "target:80", sendertest.SampleDelivery(), `mocksender: unusable target URL: it begins with "target", want http:// or https://`},
		{"no host", "http:///hook", sendertest.SampleDelivery(), `mocksender: unusable target URL: it names no host`},
		{"port", "http://target:70000/", sendertest.SampleDelivery(), `mocksender: unusable target URL: the port is "70000", want a number from 1 to 65535`},
		{"idn", "http://bücher.example/", sendertest.SampleDelivery(), `mocksender: unusable target URL: the host is not ASCII, write it in its xn-- form`},
		{"password", "http://me:sec ret@target/%zz", sendertest.SampleDelivery(), `mocksender: unusable target URL: net/url: invalid userinfo`},
		{"mutation", "http://target/", with(func(*mutation.Wire) error { return broken }), `mocksender: mutation test/change: broken`},
		{"mutated URL", "http://target/", set(func(w *mutation.Wire) { w.URL = "http://" }), `mocksender: unusable target URL: it names no host`},
		{"method", "http://target/", set(func(w *mutation.Wire) { w.Method = "PO ST" }), `mocksender: the method "PO ST" is not a token`},
		{"value", "http://target/", header, `mocksender: the value of the header x-split holds a line break or a zero byte`},
		{"name", "http://target/", set(func(w *mutation.Wire) { w.Header["x y"] = []string{""} }), `mocksender: the header name "x y" is not a token`},
		{"cut", "http://target/", set(func(w *mutation.Wire) { w.Framing.CutAt = len(w.Body) }), fmt.Sprintf("mocksender: a body of %d bytes cannot be cut at %d", len(sendertest.Sample), len(sendertest.Sample))},
		{"pieces", "http://target/", set(func(w *mutation.Wire) { w.Framing.Pieces = -1 }), `mocksender: a body cannot be sent in -1 pieces 0s apart`},
	}
	n := sendertest.NewNetwork(t)
	n.Target("target:80", func(net.Conn) { t.Error("something was sent") })
	s := n.Sender(mocksender.Options{})
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r, err := s.Send(t.Context(), tc.url, tc.d)
			assert.Error(t, err, tc.want)
			assert.Equal(t, len(r.Attempts), 0)
			assert.Equal(t, errors.Is(err, mocksender.ErrURL), strings.Contains(tc.want, "target URL"))
			assert.Equal(t, errors.Is(err, broken), tc.name == "mutation")
		})
	}
}

func TestNewRefusesUnusableOptions(t *testing.T) {
	cases := []struct {
		o    mocksender.Options
		want string
	}{
		{mocksender.Options{Timeout: -1}, "the time-out -1ns is negative"},
		{mocksender.Options{MaxAnswer: -1}, "a size is out of range"},
		{mocksender.Options{MaxHeader: 1 << 50}, "a size is out of range"},
		{mocksender.Options{Concurrency: -1}, "the concurrency -1 is negative"},
		{mocksender.Options{HeaderNames: "both-of"}, `rtk: unknown header names "both-of", want rtk, dyte or both`},
		{mocksender.Options{Header: http.Header{"": {"x"}}}, `the header name "" is not a token`},
	}
	for _, tc := range cases {
		_, err := mocksender.New(tc.o)
		assert.ErrorIs(t, err, mocksender.ErrOptions)
		assert.Error(t, err, "mocksender: unusable options: "+tc.want)
	}
}

func TestZeroOptionsSend(t *testing.T) {
	addr := sendertest.Loopback(t, sendertest.Answer(sendertest.Status(200)))
	s, err := mocksender.New(mocksender.Options{})
	assert.NilError(t, err)
	defer s.Close()
	assert.Equal(t, sendertest.Send(t, s, "http://"+addr+"/").Fate, mocksender.Delivered)
}

func TestCallersBytesAreLeftAlone(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", sendertest.Answer(sendertest.Status(200)))
	d := sendertest.SampleDelivery()
	d.Header = http.Header{"X-Token": {"a"}}
	d.Mutations = []mutation.Mutation{{ID: "test/scribble", Apply: func(w *mutation.Wire) error {
		clear(w.Body)
		w.Header["X-Token"][0] = "b"
		return nil
	}}}
	r := sendertest.Send(t, n.Sender(mocksender.Options{}), "http://target/", d)
	assert.Equal(t, string(d.Event.Body), sendertest.Sample)
	assert.Assert(t, cmp.Equal(d.Header, http.Header{"X-Token": {"a"}}))
	assert.Equal(t, r.Last().Request.Field("x-token"), "b")
	assert.Equal(t, r.Last().Request.Body[0], byte(0))
}
