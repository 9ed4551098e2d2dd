package recording_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// tap is a target that keeps every byte it gets, and answers 200.
type tap struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.Write(b)
}

func (p *tap) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.all.Reset()
	return p.all.String()
}

func (p *tap) serve(c net.Conn) {
	br := bufio.NewReader(io.TeeReader(c, p))
	for {
		if _, err := sendertest.ReadRequest(br); err != nil {
			return
		}
		if _, err := io.WriteString(c, sendertest.Status(200)); err != nil {
			return
		}
	}
}

// replayIn replays records at addresses of n.
func replayIn(t *testing.T, n *sendertest.Network, records iter.Seq2[recording.Record, error], o recording.ReplayOptions) (recording.ReplayResult, error) {
	o.Sender.Dial = n.DialContext
	return recording.Replay(t.Context(), records, o)
}

func recordsOf(all ...recording.Record) iter.Seq2[recording.Record, error] {
	return func(yield func(recording.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// numbered returns n records to http://target/ whose bodies are their numbers.
func numbered(n int) (all []recording.Record) {
	for i := range n {
		all = append(all, recording.Record{Method: "POST", URL: "http://target/", Body: []byte(fmt.Sprint(i)), Line: i + 1})
	}
	return all
}

func TestReplaySendsTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		target := new(tap)
		n.Target("target:80", target.serve)
		var out bytes.Buffer
		recorder := recording.NewRecorder(&out)
		s := n.Sender(mocksender.Options{OnAttempt: recorder.Attempt, Header: http.Header{"X-ODD": {" a", "b\xff", ""}, "host": {"Elsewhere"}}})
		want := 0
		for _, m := range mutation.All(mutation.Options{Attacker: sendertest.AttackerKey()}) {
			d := sendertest.SampleDelivery()
			d.Mutations = []mutation.Mutation{m}
			r, err := s.Send(t.Context(), "http://target/hook?x=1", d)
			if errors.Is(err, mutation.ErrNotApplicable) {
				continue
			}
			assert.NilError(t, err)
			assert.Equal(t, r.Fate, mocksender.Delivered, "%s: %v", m.ID, r.Last().Outcome.Err)
			want++
		}
		for _, f := range []mutation.Framing{
			{Chunked: true}, {Chunked: true, Pieces: 3}, {Pieces: 4, Pause: time.Second},
			{ExpectContinue: true}, {FreshConnection: true},
		} {
			d := sendertest.SampleDelivery()
			d.Mutations = []mutation.Mutation{{ID: "test/framing", Apply: func(w *mutation.Wire) error {
				w.Framing = f
				return nil
			}}}
			sendertest.Send(t, s, "http://target/hook?x=1", d)
			want++
		}
		assert.NilError(t, recorder.Close())
		live := target.take()

		got, err := replayIn(t, n, recording.Read(&out), recording.ReplayOptions{URL: "http://target/hook?x=1"})
		assert.NilError(t, err)
		assert.Equal(t, got.Sent, want)
		assert.Equal(t, got.Same, want)
		assert.DeepEqual(t, got.Statuses, map[int]int{200: want})
		assert.Assert(t, strings.Contains(live, "X-ODD: b\xff\r\n") && strings.Contains(live, "host: Elsewhere\r\n"))
		assert.Assert(t, target.take() == live, "the bytes differ")
	})
}

// More records than are read ahead, so that requests are laid out in the memory of
// others while some are under way.
func TestReplayMixesNoRequests(t *testing.T) {
	n := sendertest.NewNetwork(t)
	const records = 3000
	var seen [records]atomic.Int32
	n.Target("target:80", func(c net.Conn) {
		for br := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			if i, err := strconv.Atoi(string(body)); err == nil && r.Header.Get("X-Number") == string(body) {
				seen[i].Add(1)
			}
			_, _ = io.WriteString(c, sendertest.Status(200+len(body)))
		}
	})
	all := numbered(records)
	var text strings.Builder
	for i := range all {
		all[i].Header = http.Header{"X-Number": {string(all[i].Body)}}
		all[i].Framing.Chunked = i%3 == 0 // head and body go out apart
		text.WriteString(line(t, all[i]) + "\n")
	}
	again, release := recording.ReadReusing(strings.NewReader(text.String()))
	got, err := replayIn(t, n, again, recording.ReplayOptions{
		Concurrency: 16,
		OnAttempt: func(r recording.Record, a mocksender.Attempt) {
			assert.Check(t, bytes.Contains(a.Request.Head, []byte("X-Number: "+string(r.Body)+"\r\n")))
			assert.Check(t, a.Outcome.Status == 200+len(r.Body))
			release(r)
		},
	})
	assert.NilError(t, err)
	assert.Equal(t, got.Sent, records)
	for i := range seen {
		assert.Equal(t, seen[i].Load(), int32(1), "record %d", i)
	}
}

func TestReplayReplacesWhatItIsGiven(t *testing.T) {
	n := sendertest.NewNetwork(t)
	target := new(tap)
	n.Target("other:80", target.serve)
	r := recording.Record{
		Method: "PUT", URL: "http://(redacted)@target/?t=(redacted)", Body: []byte("x"), Line: 7,
		Header: http.Header{"X-Token": {"(redacted)"}, "X-Gone": {"(redacted)"}, "keep": {"this"}},
	}
	got, err := replayIn(t, n, recordsOf(r), recording.ReplayOptions{
		URL: "http://other/path", Header: http.Header{"x-token": {"fresh"}, "X-GONE": nil},
	})
	assert.NilError(t, err)
	assert.Equal(t, got.Sent, 1)
	assert.Equal(t, target.take(), "PUT /path HTTP/1.1\r\nHost: other\r\nContent-Length: 1\r\nkeep: this\r\nx-token: fresh\r\n\r\nx")
	assert.Equal(t, r.Header.Get("X-Token"), "(redacted)", "the record is not touched")
}

func TestReplayRefusesWhatItCannotSend(t *testing.T) {
	post := func(change func(*recording.Record)) recording.Record {
		r := recording.Record{Method: "POST", URL: "http://target/", Line: 7}
		change(&r)
		return r
	}
	for _, tc := range []struct {
		reason string
		record recording.Record
		is     error
		want   string
	}{
		{"a redacted URL", post(func(r *recording.Record) { r.URL = "http://(redacted)@target/" }), recording.ErrRedacted, "the URL, so give one (line 7"},
		{"redacted headers, the first by name", post(func(r *recording.Record) {
			r.Header = http.Header{"A": {"x", "(redacted)"}}
			for _, later := range "BCDEFGHIJKLMNOP" {
				r.Header[string(later)] = []string{"(redacted)"}
			}
		}), recording.ErrRedacted, "the header A, so give one (line 7"},
		{"no URL", post(func(r *recording.Record) { r.URL = "" }), mocksender.ErrURL, "(line 7"},
		{"a cut beyond the end", post(func(r *recording.Record) { r.Framing.CutAt = 9 }), nil, "cannot be cut at 9 (line 7"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			n := sendertest.NewNetwork(t)
			n.Target("target:80", new(tap).serve)
			all := append(numbered(3), tc.record)
			got, err := replayIn(t, n, recordsOf(append(all, numbered(2)...)...), recording.ReplayOptions{})
			assert.ErrorContains(t, err, tc.want)
			assert.Assert(t, tc.is == nil || errors.Is(err, tc.is), "%v", err)
			assert.Equal(t, got.Sent, 3, "what came before was sent")
		})
	}
}

func TestReplayRefusesItsOptions(t *testing.T) {
	for _, o := range []recording.ReplayOptions{
		{Speed: -1}, {Speed: math.NaN()}, {Speed: math.Inf(1)}, {Concurrency: -1},
		{Header: http.Header{"a b": {"x"}}}, {Sender: mocksender.Options{Timeout: -1}},
	} {
		_, err := recording.Replay(t.Context(), recordsOf(), o)
		assert.ErrorIs(t, err, mocksender.ErrOptions)
	}
	_, err := recording.Replay(t.Context(), recordsOf(), recording.ReplayOptions{URL: "ftp://x"})
	assert.ErrorIs(t, err, mocksender.ErrURL)
}

func TestReplayStopsAtABadLine(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", new(tap).serve)
	text := line(t, numbered(1)[0]) + "\n{\n" + line(t, numbered(1)[0])
	for _, speed := range []float64{0, 1} {
		got, err := replayIn(t, n, recording.Read(strings.NewReader(text)), recording.ReplayOptions{Speed: speed})
		assert.ErrorIs(t, err, recording.ErrRecord)
		assert.ErrorContains(t, err, "line 2")
		assert.Equal(t, got.Sent, 1)
	}
}

func TestReplayChoosesAmongAttempts(t *testing.T) {
	attempt := func(body string, n int, unreached bool) recording.Record {
		return recording.Record{
			Method: "POST", URL: "http://target/", Body: []byte(body),
			Delivery: &recording.Delivery{Attempt: n, Unreached: unreached},
		}
	}
	all := []recording.Record{
		attempt("refused;", 1, true), attempt("retried;", 2, false), attempt("at once;", 1, false),
		{Method: "POST", URL: "http://target/", Body: []byte("a fixture;")},
	}
	for _, tc := range []struct {
		reason             string
		first              bool
		want               string
		unreached, retries int
	}{
		{"what the target saw", false, "retried;at once;a fixture;", 1, 0},
		{"what it would have seen on a good day", true, "refused;at once;a fixture;", 0, 1},
	} {
		n := sendertest.NewNetwork(t)
		var bodies strings.Builder
		n.Handler("target:80", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&bodies, r.Body) })
		got, err := replayIn(t, n, recordsOf(all...), recording.ReplayOptions{FirstAttemptsOnly: tc.first})
		assert.NilError(t, err)
		assert.Equal(t, bodies.String(), tc.want, tc.reason)
		assert.Equal(t, got.Records, 4)
		assert.Equal(t, got.Sent, 3)
		assert.Equal(t, got.Unreached, tc.unreached)
		assert.Equal(t, got.Retries, tc.retries)
	}
}

func TestReplayKeepsTheOrderAndTriesNothingAgain(t *testing.T) {
	n := sendertest.NewNetwork(t)
	var bodies []string
	n.Handler("target:80", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		w.WriteHeader(503)
	})
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprint(i))
	}
	got, err := replayIn(t, n, recordsOf(numbered(50)...), recording.ReplayOptions{
		Sender: mocksender.Options{Retry: mocksender.Retry{Waits: make([]time.Duration, 3)}},
	})
	assert.NilError(t, err)
	assert.DeepEqual(t, bodies, want)
	assert.DeepEqual(t, got.Statuses, map[int]int{503: 50})
}

func TestReplayComparesAnswers(t *testing.T) {
	n := sendertest.NewNetwork(t)
	n.Target("target:80", sendertest.Answer(sendertest.Status(200)))
	all := numbered(6)
	all[0].Outcome = &recording.Outcome{Status: 200}
	all[1].Outcome = &recording.Outcome{Status: 500}
	all[2].Outcome = &recording.Outcome{Class: mocksender.ClassReset}
	all[2].Target = &recording.Outcome{Status: 200}
	all[3].Outcome = &recording.Outcome{Class: mocksender.ClassRefused}
	all[3].URL = "http://nobody/"
	all[4].URL = "http://nobody/"
	var attempts []string
	got, err := replayIn(t, n, recordsOf(all...), recording.ReplayOptions{OnAttempt: func(r recording.Record, a mocksender.Attempt) {
		attempts = append(attempts, fmt.Sprintf("%d %d %s", r.Line, a.Outcome.Status, a.Outcome.Class))
	}})
	assert.NilError(t, err)
	assert.Equal(t, got.Same, 3, "a lost answer is compared by what the target said")
	assert.Equal(t, got.Changed, 1)
	assert.DeepEqual(t, got.Statuses, map[int]int{200: 4})
	assert.DeepEqual(t, got.Errors, map[mocksender.Class]int{mocksender.ClassRefused: 2})
	assert.DeepEqual(t, attempts, []string{"1 200 ", "2 200 ", "3 200 ", "4 0 refused", "5 0 refused", "6 200 "})
}

func TestReplayKeepsTheTimesOfTheRecording(t *testing.T) {
	// Recorded as they ended: the slow first attempt after the others.
	starts := []float64{1, 2.5, 0, 10, -1, 12}
	want := []string{"2@0", "0@1", "1@2.5", "3@10", "4@10", "5@12"}
	for _, tc := range []struct {
		speed  float64
		factor time.Duration // of virtual time for a second of the recording
	}{{1, time.Second}, {60, time.Second / 60}, {0.5, 2 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			n := sendertest.NewNetwork(t)
			var mu sync.Mutex
			var got []string
			var began time.Time
			n.Handler("target:80", func(_ http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				after := float64(time.Since(began).Round(time.Microsecond)) / float64(tc.factor)
				got = append(got, fmt.Sprintf("%s@%.4g", b, after))
			})
			all := numbered(len(starts))
			for i, s := range starts {
				if s >= 0 { // else it has no time
					all[i].Delivery = &recording.Delivery{At: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC).Add(time.Duration(s * float64(time.Second)))}
				}
			}
			began = time.Now()
			result, err := replayIn(t, n, recordsOf(all...), recording.ReplayOptions{Speed: tc.speed})
			assert.NilError(t, err)
			slices.SortStableFunc(got, func(a, b string) int {
				return slices.Index(want, a) - slices.Index(want, b) // two are due at one instant
			})
			assert.DeepEqual(t, got, want)
			assert.Equal(t, result.Behind, time.Duration(0))
			assert.Equal(t, result.Took.Round(time.Millisecond), (12 * tc.factor).Round(time.Millisecond))
		})
	}
}

func TestReplaySaysHowFarBehindItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Handler("target:80", func(http.ResponseWriter, *http.Request) { sendertest.Pass(time.Second) })
		all := numbered(4)
		for i := range all {
			all[i].Delivery = &recording.Delivery{At: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)}
		}
		got, err := replayIn(t, n, recordsOf(all...), recording.ReplayOptions{Speed: 1, Concurrency: 2})
		assert.NilError(t, err)
		assert.Equal(t, got.Took, 2*time.Second)
		assert.Equal(t, got.Behind, time.Second)
	})
}

func TestReplayEndsWithItsContext(t *testing.T) {
	for _, tc := range []struct {
		reason string
		speed  float64
		gap    time.Duration
	}{
		{"in the midst of requests", 0, 0},
		{"in the midst of a wait", 1, time.Hour},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := sendertest.NewNetwork(t)
				n.Handler("target:80", func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body) // the server looks for the end from here on
					select {
					case <-r.Context().Done():
					case <-time.After(time.Second):
					}
				})
				all := numbered(1000)
				for i := range all {
					all[i].Delivery = &recording.Delivery{At: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC).Add(time.Duration(i) * tc.gap)}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
				defer cancel()
				start := time.Now()
				got, err := recording.Replay(ctx, recordsOf(all...), recording.ReplayOptions{
					Speed: tc.speed, Concurrency: 3, Sender: mocksender.Options{Dial: n.DialContext},
				})
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, time.Since(start), 2500*time.Millisecond)
				if tc.gap > 0 {
					assert.Equal(t, got.Sent, 1)
					return
				}
				assert.Equal(t, got.Statuses[200], 6)
				assert.Equal(t, got.Errors[mocksender.ClassCanceled], 3)
			})
		})
	}
}

func TestReplayEndedDuringTheLastRequestsSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sendertest.NewNetwork(t)
		n.Target("target:80", sendertest.BlockUntilClosed)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := recording.Replay(ctx, recordsOf(numbered(2)...), recording.ReplayOptions{
			Concurrency: 2, Sender: mocksender.Options{Dial: n.DialContext},
		})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.DeepEqual(t, got.Errors, map[mocksender.Class]int{mocksender.ClassCanceled: 2})
	})
}

func TestReplaySuffersFaultsOfItsOwn(t *testing.T) {
	n := sendertest.NewNetwork(t)
	target := new(tap)
	n.Target("target:80", target.serve)
	f, err := mocksender.ParseFault("respond 503")
	assert.NilError(t, err)
	got, err := replayIn(t, n, recordsOf(numbered(3)...), recording.ReplayOptions{Sender: mocksender.Options{Faults: mocksender.FaultPlan{f}}})
	assert.NilError(t, err)
	assert.DeepEqual(t, got.Statuses, map[int]int{503: 3})
	assert.Equal(t, target.take(), "")
}
