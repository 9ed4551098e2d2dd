package recording_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// recordOne returns what r, which writes to out, records of one attempt.
func recordOne(t testing.TB, r *recording.Recorder, out *bytes.Buffer, d mocksender.Delivery, a mocksender.Attempt) recording.Record {
	t.Helper()
	r.Attempt(d, a)
	assert.NilError(t, r.Close())
	all, err := readAll(out.String())
	assert.NilError(t, err)
	assert.Equal(t, len(all), 1)
	return all[0]
}

func TestRecordingHoldsEveryAttemptAsItWentOut(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", sendertest.Answer("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", sendertest.Status(204)))
	var out bytes.Buffer
	recorder := recording.NewRecorder(&out)
	s := n.Sender(mocksender.Options{Retry: mocksender.Retry{Waits: make([]time.Duration, 3)}, OnAttempt: recorder.Attempt})
	d := sendertest.SampleDelivery()
	d.MeetingTime = time.Date(2026, 6, 3, 10, 5, 0, 0, time.UTC)
	d.Header = http.Header{"X-Odd": {"a", "b"}, "x-odd": nil}
	flip, err := mutation.ByID(mutation.Options{}, "signature/missing")
	assert.NilError(t, err)
	d.Mutations = []mutation.Mutation{flip}
	lost, err := mocksender.ParseFault("lose-response")
	assert.NilError(t, err)
	lost.Attempt = 1
	d.Faults = mocksender.FaultPlan{lost}
	receipt := sendertest.Send(t, s, "http://target/hook", d)
	assert.NilError(t, recorder.Close())
	assert.Equal(t, recorder.Written(), 2)

	all, err := readAll(out.String())
	assert.NilError(t, err)
	assert.Equal(t, len(all), 2)
	for i, r := range all {
		a := receipt.Attempts[i]
		assert.Equal(t, r.Method, "POST")
		assert.Equal(t, r.URL, "http://target/hook")
		assert.DeepEqual(t, r.Header, a.Request.Header, sameRecord)
		assert.Equal(t, string(r.Body), sendertest.Sample)
		assert.Equal(t, r.Delivery.UUID, receipt.Delivery.UUID)
		assert.Equal(t, r.Delivery.WebhookID, receipt.Delivery.WebhookID)
		assert.Equal(t, r.Delivery.Event, rtk.MeetingStarted)
		assert.Equal(t, r.Delivery.Attempt, i+1)
		assert.Equal(t, r.Delivery.Genuine, false)
		assert.DeepEqual(t, r.Delivery.Mutations, []string{"signature/missing"})
		assert.Assert(t, r.Delivery.At.Equal(a.At))
		assert.Assert(t, r.Delivery.MeetingTime.Equal(d.MeetingTime))
		assert.Equal(t, r.Outcome.Took, a.Outcome.Took)
	}
	assert.Equal(t, all[0].Delivery.Fault, "lose-response")
	assert.Equal(t, all[0].Outcome.Class, mocksender.ClassReset)
	assert.Assert(t, strings.Contains(all[0].Outcome.Message, "lost"), all[0].Outcome.Message)
	assert.Equal(t, all[0].Target.Status, 503)
	assert.Equal(t, string(all[0].Target.Body), "busy")
	assert.Equal(t, all[1].Outcome.Status, 204)
	assert.Assert(t, all[1].Target == nil)
}

func TestRecordingSaysWhatAFaultKeptFromTheTarget(t *testing.T) {
	var out bytes.Buffer
	r := recordOne(t, recording.NewRecorder(&out), &out, sendertest.SampleDelivery(), mocksender.Attempt{
		N: 1, Fault: "respond 503", Resent: true,
		Request: mocksender.Request{Method: "POST"}, Outcome: mocksender.Outcome{Status: 503},
	})
	assert.Assert(t, r.Delivery.Unreached && r.Delivery.Resent && r.Delivery.Genuine)
}

func TestSecretsStayOutOfARecording(t *testing.T) {
	header := http.Header{"X-Api-Key": {"key-12345", "key-67890"}, "x-other": {"shown"}}
	attempt := func(url string) mocksender.Attempt {
		return mocksender.Attempt{
			N: 1, Reached: true,
			Request: mocksender.Request{Method: "POST", URL: url, Header: header},
			Outcome: mocksender.Outcome{
				Status: 200, Body: []byte("you said key-67890 and pa55word and tok=en1"),
				Header: http.Header{"X-Echo": {"key-12345"}, "Set-Cookie": {"session=1"}, "X-Short": {"u"}},
			},
		}
	}
	t.Run("named fields, userinfo and query values", func(t *testing.T) {
		var out bytes.Buffer
		recorder := recording.NewRecorder(&out)
		recorder.Redact = []string{"x-api-key"}
		r := recordOne(t, recorder, &out, sendertest.SampleDelivery(), attempt("http://u:pa55word@h/p/a@th?a=1&b=tok%3Den1&bare-token&c=&d"))
		for _, secret := range []string{"key-12345", "key-67890", "pa55word", "tok=en1", "tok%3Den1", "bare-token", "session"} {
			assert.Assert(t, !strings.Contains(out.String(), secret), "%s in %s", secret, &out)
		}
		assert.Equal(t, r.URL, "http://(redacted)@h/p/a@th?a=(redacted)&b=(redacted)&(redacted)&c=&(redacted)")
		assert.DeepEqual(t, r.Header, http.Header{"X-Api-Key": {"(redacted)", "(redacted)"}, "x-other": {"shown"}})
		assert.Equal(t, string(r.Outcome.Body), "you said (redacted) and (redacted) and (redacted)")
		assert.Equal(t, r.Outcome.Header.Get("X-Short"), "u", "a secret of one letter is not looked for")
		assert.Equal(t, header.Get("X-Api-Key"), "key-12345", "what was sent is not touched")
	})
	t.Run("exact where nothing is named", func(t *testing.T) {
		var out bytes.Buffer
		recorder := recording.NewRecorder(&out)
		recorder.WholeURL = true
		a := attempt("http://u:pa55word@h/?a=1")
		r := recordOne(t, recorder, &out, sendertest.SampleDelivery(), a)
		assert.Equal(t, r.URL, "http://u:pa55word@h/?a=1")
		assert.DeepEqual(t, r.Header, header)
		assert.Equal(t, string(r.Outcome.Body), string(a.Outcome.Body))
		assert.Equal(t, r.Outcome.Header.Get("Set-Cookie"), "(redacted)", "an answer is not sent again")
		assert.Equal(t, a.Outcome.Header.Get("Set-Cookie"), "session=1", "what came is not touched")
	})
}

func TestAnswersAreCutInARecording(t *testing.T) {
	for _, tc := range []struct {
		reason  string
		max     int
		body    string
		want    string
		cut     bool
		headers int
	}{
		{"short enough", 8, "12345678", "12345678", false, 1},
		{"too long", 4, "12345678", "1234", true, 1},
		{"no half characters", 4, "123é678", "123", true, 1},
		{"none at all", -1, "x", "", true, 0},
		{"the default", 0, strings.Repeat("x", 5000), strings.Repeat("x", recording.DefaultMaxAnswer), true, 2},
	} {
		var out bytes.Buffer
		recorder := recording.NewRecorder(&out)
		recorder.MaxAnswer = tc.max
		r := recordOne(t, recorder, &out, sendertest.SampleDelivery(), mocksender.Attempt{
			Request: mocksender.Request{Method: "POST"},
			Outcome: mocksender.Outcome{Status: 200, Body: []byte(tc.body), Header: http.Header{"A": {"1"}, "B": {strings.Repeat("2", 99)}}},
		})
		assert.Equal(t, string(r.Outcome.Body), tc.want, tc.reason)
		assert.Equal(t, r.Outcome.Truncated, tc.cut, tc.reason)
		assert.Equal(t, len(r.Outcome.Header), tc.headers, tc.reason)
	}
}

// full takes n bytes and then fails.
type full struct{ n int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrorsOfARecordingAreKept(t *testing.T) {
	anything := mocksender.Attempt{Request: mocksender.Request{Method: "POST", Body: bytes.Repeat([]byte("x"), 1000)}}
	t.Run("while it goes on", func(t *testing.T) {
		r := recording.NewRecorder(&full{100 << 10})
		for range 1000 {
			r.Attempt(mocksender.Delivery{}, anything)
		}
		assert.ErrorIs(t, r.Err(), errFull)
		assert.Assert(t, r.Written() < 300, "%d", r.Written())
		assert.ErrorIs(t, r.Close(), errFull)
		assert.ErrorContains(t, r.Close(), "are missing")
	})
	t.Run("at the end", func(t *testing.T) {
		r := recording.NewRecorder(&full{10})
		r.Attempt(mocksender.Delivery{}, anything)
		assert.NilError(t, r.Err())
		assert.ErrorIs(t, r.Close(), errFull)
		assert.ErrorIs(t, r.Close(), errFull)
	})
	t.Run("after the end", func(t *testing.T) {
		var out bytes.Buffer
		r := recording.NewRecorder(&out)
		assert.NilError(t, r.Close())
		r.Attempt(mocksender.Delivery{}, anything)
		assert.ErrorContains(t, r.Err(), "1 are missing: it was closed before this attempt")
		assert.Equal(t, out.Len(), 0)
	})
	t.Run("what the form cannot hold", func(t *testing.T) {
		r := recording.NewRecorder(io.Discard)
		r.Attempt(mocksender.Delivery{}, mocksender.Attempt{})
		assert.ErrorIs(t, r.Close(), recording.ErrRecord)
	})
}

func TestConcurrentAttemptsEachGetALine(t *testing.T) {
	var out bytes.Buffer
	recorder := recording.NewRecorder(&out)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				recorder.Attempt(sendertest.SampleDelivery(), mocksender.Attempt{N: i*1000 + j + 1, Request: mocksender.Request{
					Method: "POST", Body: []byte(strings.Repeat(fmt.Sprint(i), j)),
				}})
			}
		})
	}
	wg.Wait()
	assert.NilError(t, recorder.Close())
	all, err := readAll(out.String())
	assert.NilError(t, err)
	seen := map[int]bool{}
	for _, r := range all {
		i, j := r.Delivery.Attempt/1000, r.Delivery.Attempt%1000-1
		assert.Equal(t, string(r.Body), strings.Repeat(fmt.Sprint(i), j))
		seen[r.Delivery.Attempt] = true
	}
	assert.Equal(t, len(seen), 1600)
}

// heapAfter returns how many bytes are in use once garbage is gone.
func heapAfter() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// slope returns by how many bytes the heap grows for each call of do from the
// first ones, which fill what has bounds, to the last.
func slope(first, last int, do func(i int)) float64 {
	for i := range first {
		do(i)
	}
	before := heapAfter()
	for i := first; i < last; i++ {
		do(i)
	}
	after := heapAfter()
	return (float64(after) - float64(before)) / float64(last-first)
}

// recorded is a receipt such as a delivery with a retry leaves.
func recorded(i int) mocksender.Receipt {
	d := mocksender.Delivery{UUID: fmt.Sprintf("uuid-%d", i), WebhookID: "w", Event: rtk.Event{Type: rtk.MeetingStarted, Body: sendertest.Distinct(i)}}
	r := mocksender.Receipt{Delivery: d, Fate: mocksender.Delivered}
	for n := range 2 {
		r.Attempts = append(r.Attempts, mocksender.Attempt{
			N: n + 1, At: time.Unix(int64(i), 0), Reached: true,
			Request: mocksender.Request{
				Method: "POST", URL: "http://127.0.0.1:3000/webhook", Body: d.Event.Body,
				Header: http.Header{"rtk-uuid": {d.UUID}, "rtk-signature": {strings.Repeat("A", 344)}, "Content-Type": {"application/json"}},
			},
			Outcome: mocksender.Outcome{Status: 503 - 303*n, Took: time.Millisecond, Header: http.Header{"Date": {"today"}}, Body: []byte("hello")},
		})
	}
	return r
}

func TestRecordingAndLedgerNeedNoMoreMemoryForMore(t *testing.T) {
	recorder := recording.NewRecorder(io.Discard)
	ledger := ledger.New(ledger.Options{})
	growth := slope(4000, 20_000, func(i int) {
		r := recorded(i)
		for _, a := range r.Attempts {
			recorder.Attempt(r.Delivery, a)
		}
		ledger.Add(r)
	})
	assert.Assert(t, growth < 8, "%.1f bytes a delivery", growth)
	assert.NilError(t, recorder.Close())
	assert.Equal(t, ledger.Snapshot().Emitted, 20_000)
}

// BenchmarkRecordingSlope reports how much the heap grows for each delivery
// recorded and entered in a ledger, from 10,000 to 100,000 of them.
func BenchmarkRecordingSlope(b *testing.B) {
	for b.Loop() {
		recorder := recording.NewRecorder(io.Discard)
		ledger := ledger.New(ledger.Options{})
		growth := slope(10_000, 100_000, func(i int) {
			r := recorded(i)
			for _, a := range r.Attempts {
				recorder.Attempt(r.Delivery, a)
			}
			ledger.Add(r)
		})
		b.ReportMetric(growth, "heap-B/delivery")
		runtime.KeepAlive(ledger)
	}
}

func BenchmarkRecord(b *testing.B) {
	recorder := recording.NewRecorder(io.Discard)
	r := recorded(1)
	b.ReportAllocs()
	for b.Loop() {
		recorder.Attempt(r.Delivery, r.Attempts[0])
	}
}

func BenchmarkReadRecord(b *testing.B) {
	var out bytes.Buffer
	recorder := recording.NewRecorder(&out)
	r := recorded(1)
	recorder.Attempt(r.Delivery, r.Attempts[0])
	assert.NilError(b, recorder.Close())
	b.ReportAllocs()
	b.SetBytes(int64(out.Len()))
	n := 0
	for range recording.Read(io.LimitReader(&repeated{text: out.Bytes()}, int64(b.N*out.Len()))) {
		n++
	}
	assert.Equal(b, n, b.N)
}

// repeated reads as text forever.
type repeated struct {
	text []byte
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}
