package corpus_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/corpus"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestRequestsAreTheMeetingSignedInItsOrder(t *testing.T) {
	requests := all(t, corpus.Options{Key: testKey(), Seed: 1})
	events, err := payload.Lifecycle(payload.Options{Seed: 1})
	assert.NilError(t, err)
	assert.Equal(t, len(requests), len(events))
	uuids := map[string]bool{}
	for i, r := range requests {
		assert.Equal(t, r.N, i+1)
		assert.Equal(t, string(r.Body), string(events[i].Body))
		assert.Equal(t, r.Event, events[i].Type)
		assert.NilError(t, rtk.Verify(&testKey().PublicKey, r.Body, r.Signature))
		assert.DeepEqual(t, r.Header[rtk.HeaderSignature], []string{r.Signature})
		assert.DeepEqual(t, r.Header[rtk.HeaderUUID], []string{r.UUID})
		assert.Equal(t, r.Method, "POST")
		assert.Equal(t, r.URL, corpus.DefaultURL)
		assert.Assert(t, !uuids[r.UUID])
		uuids[r.UUID] = true
	}
}

func TestEqualOptionsGiveEqualRequestsOnAnyNumberOfCores(t *testing.T) {
	// A signature that takes a while for some bodies stirs the order in which
	// they are done.
	uneven := func(body []byte) (string, error) {
		for range int(body[len(body)/2]) % 4 {
			runtime.Gosched()
		}
		return cheap(body)
	}
	o := corpus.Options{Seed: 7, Count: 500, Sign: uneven, Workers: 1}
	want := written(t, "jsonl", all(t, o)...)
	for _, o.Workers = range []int{0, 2, 13} {
		assert.Assert(t, written(t, "jsonl", all(t, o)...) == want, "with %d workers", o.Workers)
	}
	o.Seed = 8
	other, _, _ := strings.Cut(written(t, "jsonl", all(t, o)...), "\n")
	assert.Assert(t, !strings.HasPrefix(want, other), "another seed gives other requests")
}

func TestMeetingsOfACorpusDiffer(t *testing.T) {
	bodies := map[string]bool{}
	last := time.Time{}
	for _, r := range all(t, corpus.Options{Seed: math.MaxUint64, Count: 300, Events: []rtk.EventType{rtk.MeetingStarted}}) {
		assert.Assert(t, !bodies[string(r.Body)])
		bodies[string(r.Body)] = true
		assert.Assert(t, r.Start.After(last))
		last = r.Start
	}
}

func TestEventsAndCasesSelect(t *testing.T) {
	for _, r := range all(t, corpus.Options{Count: 50, Events: []rtk.EventType{rtk.MeetingEnded, rtk.MeetingSummary}}) {
		assert.Assert(t, r.Event == rtk.MeetingEnded || r.Event == rtk.MeetingSummary)
		assert.Equal(t, r.Case, "")
	}
	got := all(t, corpus.Options{Cases: []string{"sample", "idle"}, Events: []rtk.EventType{rtk.LivestreamStatusUpdate, rtk.MeetingEnded}})
	var names []string
	for _, r := range got {
		names = append(names, string(r.Event)+"/"+r.Case)
	}
	assert.DeepEqual(t, names, []string{"meeting.ended/sample", "livestreaming.statusUpdate/sample", "livestreaming.statusUpdate/idle"})
}

func TestOptionsThatCannotBeUsedAreNamed(t *testing.T) {
	for _, tc := range []struct {
		options corpus.Options
		is      error
		says    string
	}{
		{corpus.Options{}, corpus.ErrOptions, "no key"},
		{corpus.Options{Count: -1}, corpus.ErrOptions, "Count is -1"},
		{corpus.Options{Count: corpus.MaxCount + 1}, corpus.ErrOptions, "Count is 100000001"},
		{corpus.Options{Workers: -1}, corpus.ErrOptions, "Workers is -1"},
		{corpus.Options{URL: "localhost:3000"}, corpus.ErrOptions, "http:// or https://"},
		{corpus.Options{BaseURL: "ftp://x"}, corpus.ErrOptions, "BaseURL"},
		{corpus.Options{Start: time.Date(9981, 1, 1, 0, 0, 0, 0, time.UTC)}, corpus.ErrStart, "it is in the year 9981, want 1 to 9980"},
		{corpus.Options{Start: time.Date(9980, 12, 31, 23, 0, 0, 0, time.UTC), Count: 10_000}, corpus.ErrStart, "the last meeting is in the year 9981, want 9980 at most"},
		{corpus.Options{Cases: []string{"samples"}}, corpus.ErrOptions, `unknown case "samples", want one of sample, `},
		{corpus.Options{Cases: []string{"idle"}, Events: []rtk.EventType{rtk.MeetingEnded}}, corpus.ErrNothing, "no event of meeting.ended has a case of idle"},
	} {
		o := tc.options
		if tc.says != "no key" {
			o.Sign = cheap
		}
		_, err := corpus.New(o)
		assert.ErrorIs(t, err, tc.is)
		assert.ErrorContains(t, err, tc.says)
	}
}

func TestSigningErrorEndsTheCorpusInItsPlace(t *testing.T) {
	broken := errors.New("broken")
	var n atomic.Int64
	c := newCorpus(t, corpus.Options{Count: 100, Workers: 1, Sign: func(body []byte) (string, error) {
		if n.Add(1) == 5 {
			return "", broken
		}
		return cheap(body)
	}})
	got := 0
	for _, err := range c.All(t.Context()) {
		if got++; got < 5 {
			assert.NilError(t, err)
			continue
		}
		assert.ErrorIs(t, err, broken)
	}
	assert.Equal(t, got, 5)
}

// In a bubble, a goroutine that is left behind fails the test. The test's own
// context would end it.
func TestNothingRunsAfterTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCorpus(t, corpus.Options{Count: 10_000})
		got := 0
		for _, err := range c.All(context.Background()) {
			assert.NilError(t, err)
			if got++; got == 3 {
				break
			}
		}
		assert.Equal(t, got, 3)

		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		var last error
		got = 0
		for _, err := range c.All(ctx) {
			if got++; got == 10 {
				cancel(why)
			}
			last = err
		}
		assert.ErrorIs(t, last, why)
		assert.Assert(t, got < 10_000)
	})
}

func TestCasesOfOneNameAreOneThing(t *testing.T) {
	ids := map[string]bool{}
	for _, c := range corpus.Cases() {
		assert.Assert(t, !ids[c.ID()], c.ID())
		ids[c.ID()] = true
		assert.Assert(t, slices.Contains(corpus.CaseNames(), c.Name))
	}
}
