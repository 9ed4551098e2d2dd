package recording_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// BenchmarkReplayOverLive reports the rate at which a recording is read and
// sent again as a multiple of the rate at which its deliveries are signed and
// sent live, both over 16 connections to the same target. The two take turns,
// and the median turn of each counts.
func BenchmarkReplayOverLive(b *testing.B) {
	const turn, connections = 512, 16
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	b.Cleanup(server.Close)
	var recorder *recording.Recorder
	s := sendertest.NewSender(b, mocksender.Options{
		Keys: rtk.NewKeyring(sendertest.GenuineKey()), Timeout: time.Minute,
		OnAttempt: func(d mocksender.Delivery, a mocksender.Attempt) { recorder.Attempt(d, a) },
	})
	sent := 0
	var live, again []time.Duration
	for b.Loop() {
		var out bytes.Buffer
		recorder = recording.NewRecorder(&out)
		first := sent
		live = append(live, sendertest.Together(connections, turn, func(i int) {
			d := sendertest.SampleDelivery()
			d.Event.Body = sendertest.Distinct(first + i)
			_, err := s.Send(b.Context(), server.URL, d)
			assert.Check(b, err)
		}))
		sent += turn
		assert.NilError(b, recorder.Close())
		text := bytes.Repeat(out.Bytes(), 8)
		got, err := recording.Replay(b.Context(), recording.Read(bytes.NewReader(text)), recording.ReplayOptions{Concurrency: connections})
		assert.NilError(b, err)
		assert.Equal(b, got.Statuses[200], 8*turn)
		again = append(again, got.Took/8)
	}
	b.ReportMetric(sendertest.Median(live).Seconds()/sendertest.Median(again).Seconds(), "replay/live")
	b.ReportMetric(turn/sendertest.Median(again).Seconds(), "replayed/s")
}
