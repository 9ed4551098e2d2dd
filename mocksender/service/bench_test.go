package service_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// BenchmarkEmitToFirstByte measures how long after Emit is called the target
// reads the first byte of the delivery's request. It compares that with what it
// needs at least: one signature and one POST over the loopback. The two take turns,
// so that a busy machine slows both; the ratio is of medians.
func BenchmarkEmitToFirstByte(b *testing.B) {
	b.Run("memory", func(b *testing.B) { emitToFirstByte(b, nil) })
	b.Run("disk", func(b *testing.B) {
		emitToFirstByte(b, func(o *service.Options) {
			disk, err := store.OpenDisk(b.TempDir(), 0, 0)
			assert.NilError(b, err)
			o.Store = disk
		})
	})
}

func emitToFirstByte(b *testing.B, change func(*service.Options)) {
	arrived := make(chan time.Time, 1)
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- time.Now() }))
	defer target.Close()
	s := newStand(b, change)
	s.register(target.URL, rtk.EventTypes()...)
	emission := service.Emission{Event: rtk.MeetingParticipantJoined}
	client := &http.Client{}

	var emitted, floor []time.Duration
	for b.Loop() {
		began := time.Now()
		out, err := s.Emit(emission)
		assert.NilError(b, err)
		emitted = append(emitted, (<-arrived).Sub(began))
		assert.NilError(b, s.WaitQuiet(b.Context()))

		began = time.Now()
		signature, err := rtk.Sign(key(b), append(out.Body, byte(len(floor)), byte(len(floor)>>8)))
		assert.NilError(b, err)
		post(b, client, target.URL, signature, out.Body)
		floor = append(floor, (<-arrived).Sub(began))
	}
	median := func(d []time.Duration) float64 {
		slices.Sort(d)
		return d[len(d)/2].Seconds() * 1e6
	}
	b.ReportMetric(median(emitted), "µs-to-first-byte")
	b.ReportMetric(median(emitted)/median(floor), "of-sign-and-post")
}

// BenchmarkListing lists a thousand deliveries after 100,000 were made to 1,000
// webhooks, and reports how much memory those took and left.
func BenchmarkListing(b *testing.B) {
	const hooks, events = 1000, 100
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	s := newStand(b, nil)
	for i := range hooks {
		s.register(fmt.Sprintf("%s/%d", target.URL, i), rtk.MeetingStarted)
	}
	before, most := heap(), uint64(0)
	for i := range events {
		_, err := s.Emit(service.Emission{Event: rtk.MeetingStarted})
		assert.NilError(b, err)
		if i%10 == 9 {
			most = max(most, heap())
		}
	}
	assert.NilError(b, s.WaitQuiet(b.Context()))
	h := s.Health()
	assert.Equal(b, h.Over[store.Delivered], uint64(hooks*events))
	assert.Equal(b, h.Forgotten, uint64(hooks*events-store.DefaultKeep))
	kept := heap()
	for b.Loop() {
		_, err := s.Deliveries(store.Filter{Limit: store.MaxLimit})
		assert.NilError(b, err)
	}
	b.ReportMetric(float64(most-before)/1e6, "MB-at-most")
	b.ReportMetric(float64(kept-before)/1e6, "MB-kept")
}

func post(b *testing.B, client *http.Client, url, signature string, body []byte) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
	assert.NilError(b, err)
	req.Header.Set(rtk.HeaderSignature, signature)
	resp, err := client.Do(req)
	assert.NilError(b, err)
	assert.NilError(b, resp.Body.Close())
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
