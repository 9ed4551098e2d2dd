package mocksender_test

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
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
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
		if _, err := readRequest(br); err != nil {
			return
		}
		if _, err := io.WriteString(c, status(200)); err != nil {
			return
		}
	}
}

// replay replays records at addresses of n.
func (n *network) replay(records iter.Seq2[mocksender.Record, error], o mocksender.ReplayOptions) (mocksender.ReplayResult, error) {
	o.Sender.Dial = n.DialContext
	return mocksender.Replay(n.t.Context(), records, o)
}

func recordsOf(all ...mocksender.Record) iter.Seq2[mocksender.Record, error] {
	return func(yield func(mocksender.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// numbered returns n records to http://target/ whose bodies are their numbers.
func numbered(n int) (all []mocksender.Record) {
	for i := range n {
		all = append(all, mocksender.Record{Method: "POST", URL: "http://target/", Body: []byte(fmt.Sprint(i)), Line: i + 1})
	}
	return all
}

func TestReplaySendsTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		target := new(tap)
		n.target("target:80", target.serve)
		var recording bytes.Buffer
		recorder := mocksender.NewRecorder(&recording)
		s := n.sender(mocksender.Options{OnAttempt: recorder.Attempt, Header: http.Header{"X-ODD": {" a", "b\xff", ""}, "host": {"Elsewhere"}}})
		want := 0
		for _, m := range mutation.All(mutation.Options{Attacker: attackerKey()}) {
			d := sampleDelivery()
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
			send(t, s, "http://target/hook?x=1", framed(f))
			want++
		}
		assert.NilError(t, recorder.Close())
		live := target.take()

		got, err := n.replay(mocksender.ReadRecords(&recording), mocksender.ReplayOptions{URL: "http://target/hook?x=1"})
		assert.NilError(t, err)
		assert.Equal(t, got.Sent, want)
		assert.Equal(t, got.Same, want)
		assert.DeepEqual(t, got.Statuses, map[int]int{200: want})
		assert.Assert(t, strings.Contains(live, "X-ODD: b\xff\r\n") && strings.Contains(live, "host: Elsewhere\r\n"))
		assert.Assert(t, target.take() == live, "the bytes differ")
	})
}

func TestReplayReplacesWhatItIsGiven(t *testing.T) {
	n := newNetwork(t)
	target := new(tap)
	n.target("other:80", target.serve)
	r := mocksender.Record{
		Method: "PUT", URL: "http://(redacted)@target/?t=(redacted)", Body: []byte("x"), Line: 7,
		Header: http.Header{"X-Token": {"(redacted)"}, "X-Gone": {"(redacted)"}, "keep": {"this"}},
	}
	got, err := n.replay(recordsOf(r), mocksender.ReplayOptions{
		URL: "http://other/path", Header: http.Header{"x-token": {"fresh"}, "X-GONE": nil},
	})
	assert.NilError(t, err)
	assert.Equal(t, got.Sent, 1)
	assert.Equal(t, target.take(), "PUT /path HTTP/1.1\r\nHost: other\r\nContent-Length: 1\r\nkeep: this\r\nx-token: fresh\r\n\r\nx")
	assert.Equal(t, r.Header.Get("X-Token"), "(redacted)", "the record is not touched")
}

func TestReplayRefusesWhatItCannotSend(t *testing.T) {
	post := func(change func(*mocksender.Record)) mocksender.Record {
		r := mocksender.Record{Method: "POST", URL: "http://target/", Line: 7}
		change(&r)
		return r
	}
	for _, tc := range []struct {
		reason string
		record mocksender.Record
		is     error
		want   string
	}{
		{"a redacted URL", post(func(r *mocksender.Record) { r.URL = "http://(redacted)@target/" }), mocksender.ErrRedacted, "the URL, so give one (line 7"},
		{"redacted headers, the first by name", post(func(r *mocksender.Record) {
			r.Header = http.Header{"A": {"x", "(redacted)"}}
			for _, later := range "BCDEFGHIJKLMNOP" {
				r.Header[string(later)] = []string{"(redacted)"}
			}
		}), mocksender.ErrRedacted, "the header A, so give one (line 7"},
		{"no URL", post(func(r *mocksender.Record) { r.URL = "" }), mocksender.ErrURL, "(line 7"},
		{"a cut beyond the end", post(func(r *mocksender.Record) { r.Framing.CutAt = 9 }), nil, "cannot be cut at 9 (line 7"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			n := newNetwork(t)
			n.target("target:80", new(tap).serve)
			all := append(numbered(3), tc.record)
			got, err := n.replay(recordsOf(append(all, numbered(2)...)...), mocksender.ReplayOptions{})
			assert.ErrorContains(t, err, tc.want)
			assert.Assert(t, tc.is == nil || errors.Is(err, tc.is), "%v", err)
			assert.Equal(t, got.Sent, 3, "what came before was sent")
		})
	}
}

func TestReplayRefusesItsOptions(t *testing.T) {
	for _, o := range []mocksender.ReplayOptions{
		{Speed: -1}, {Speed: math.NaN()}, {Speed: math.Inf(1)}, {Concurrency: -1},
		{Header: http.Header{"a b": {"x"}}}, {Sender: mocksender.Options{Timeout: -1}},
	} {
		_, err := mocksender.Replay(t.Context(), recordsOf(), o)
		assert.ErrorIs(t, err, mocksender.ErrOptions)
	}
	_, err := mocksender.Replay(t.Context(), recordsOf(), mocksender.ReplayOptions{URL: "ftp://x"})
	assert.ErrorIs(t, err, mocksender.ErrURL)
}

func TestReplayStopsAtABadLine(t *testing.T) {
	n := newNetwork(t)
	n.target("target:80", new(tap).serve)
	text := line(t, numbered(1)[0]) + "\n{\n" + line(t, numbered(1)[0])
	for _, speed := range []float64{0, 1} {
		got, err := n.replay(mocksender.ReadRecords(strings.NewReader(text)), mocksender.ReplayOptions{Speed: speed})
		assert.ErrorIs(t, err, mocksender.ErrRecord)
		assert.ErrorContains(t, err, "line 2")
		assert.Equal(t, got.Sent, 1)
	}
}

func TestReplayChoosesAmongAttempts(t *testing.T) {
	attempt := func(body string, n int, unreached bool) mocksender.Record {
		return mocksender.Record{
			Method: "POST", URL: "http://target/", Body: []byte(body),
			Delivery: &mocksender.RecordDelivery{Attempt: n, Unreached: unreached},
		}
	}
	all := []mocksender.Record{
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
		n := newNetwork(t)
		var bodies strings.Builder
		n.handler("target:80", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&bodies, r.Body) })
		got, err := n.replay(recordsOf(all...), mocksender.ReplayOptions{FirstAttemptsOnly: tc.first})
		assert.NilError(t, err)
		assert.Equal(t, bodies.String(), tc.want, tc.reason)
		assert.Equal(t, got.Records, 4)
		assert.Equal(t, got.Sent, 3)
		assert.Equal(t, got.Unreached, tc.unreached)
		assert.Equal(t, got.Retries, tc.retries)
	}
}

func TestReplayKeepsTheOrderAndTriesNothingAgain(t *testing.T) {
	n := newNetwork(t)
	var bodies []string
	n.handler("target:80", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		w.WriteHeader(503)
	})
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprint(i))
	}
	got, err := n.replay(recordsOf(numbered(50)...), mocksender.ReplayOptions{
		Sender: mocksender.Options{Retry: mocksender.Retry{Waits: make([]time.Duration, 3)}},
	})
	assert.NilError(t, err)
	assert.DeepEqual(t, bodies, want)
	assert.DeepEqual(t, got.Statuses, map[int]int{503: 50})
}

func TestReplayComparesAnswers(t *testing.T) {
	n := newNetwork(t)
	n.target("target:80", answer(status(200)))
	all := numbered(6)
	all[0].Outcome = &mocksender.RecordOutcome{Status: 200}
	all[1].Outcome = &mocksender.RecordOutcome{Status: 500}
	all[2].Outcome = &mocksender.RecordOutcome{Class: mocksender.ClassReset}
	all[2].Target = &mocksender.RecordOutcome{Status: 200}
	all[3].Outcome = &mocksender.RecordOutcome{Class: mocksender.ClassRefused}
	all[3].URL = "http://nobody/"
	all[4].URL = "http://nobody/"
	var attempts []string
	got, err := n.replay(recordsOf(all...), mocksender.ReplayOptions{OnAttempt: func(r mocksender.Record, a mocksender.Attempt) {
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
			n := newNetwork(t)
			var mu sync.Mutex
			var got []string
			var began time.Time
			n.handler("target:80", func(_ http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				after := float64(time.Since(began).Round(time.Microsecond)) / float64(tc.factor)
				got = append(got, fmt.Sprintf("%s@%.4g", b, after))
			})
			all := numbered(len(starts))
			for i, s := range starts {
				if s >= 0 { // else it has no time
					all[i].Delivery = &mocksender.RecordDelivery{At: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC).Add(time.Duration(s * float64(time.Second)))}
				}
			}
			began = time.Now()
			result, err := n.replay(recordsOf(all...), mocksender.ReplayOptions{Speed: tc.speed})
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
		n := newNetwork(t)
		n.handler("target:80", func(http.ResponseWriter, *http.Request) { pass(time.Second) })
		all := numbered(4)
		for i := range all {
			all[i].Delivery = &mocksender.RecordDelivery{At: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)}
		}
		got, err := n.replay(recordsOf(all...), mocksender.ReplayOptions{Speed: 1, Concurrency: 2})
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
				n := newNetwork(t)
				n.handler("target:80", func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body) // the server looks for the end from here on
					select {
					case <-r.Context().Done():
					case <-time.After(time.Second):
					}
				})
				all := numbered(1000)
				for i := range all {
					all[i].Delivery = &mocksender.RecordDelivery{At: time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC).Add(time.Duration(i) * tc.gap)}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
				defer cancel()
				start := time.Now()
				got, err := mocksender.Replay(ctx, recordsOf(all...), mocksender.ReplayOptions{
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
		n := newNetwork(t)
		n.target("target:80", blockUntilClosed)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, err := mocksender.Replay(ctx, recordsOf(numbered(2)...), mocksender.ReplayOptions{
			Concurrency: 2, Sender: mocksender.Options{Dial: n.DialContext},
		})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.DeepEqual(t, got.Errors, map[mocksender.Class]int{mocksender.ClassCanceled: 2})
	})
}

func TestReplaySuffersFaultsOfItsOwn(t *testing.T) {
	n := newNetwork(t)
	target := new(tap)
	n.target("target:80", target.serve)
	f, err := mocksender.ParseFault("respond 503")
	assert.NilError(t, err)
	got, err := n.replay(recordsOf(numbered(3)...), mocksender.ReplayOptions{Sender: mocksender.Options{Faults: mocksender.FaultPlan{f}}})
	assert.NilError(t, err)
	assert.DeepEqual(t, got.Statuses, map[int]int{503: 3})
	assert.Equal(t, target.take(), "")
}
