package mocksender_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
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
	var recorder *mocksender.Recorder
	s := newSender(b, mocksender.Options{
		Keys: rtk.NewKeyring(genuineKey()), Timeout: time.Minute,
		OnAttempt: func(d mocksender.Delivery, a mocksender.Attempt) { recorder.Attempt(d, a) },
	})
	sent := 0
	var live, again []time.Duration
	for b.Loop() {
		var recording bytes.Buffer
		recorder = mocksender.NewRecorder(&recording)
		first := sent
		live = append(live, together(connections, turn, func(i int) {
			d := sampleDelivery()
			d.Event.Body = distinct(first + i)
			_, err := s.Send(b.Context(), server.URL, d)
			assert.Check(b, err)
		}))
		sent += turn
		assert.NilError(b, recorder.Close())
		text := bytes.Repeat(recording.Bytes(), 8)
		got, err := mocksender.Replay(b.Context(), mocksender.ReadRecords(bytes.NewReader(text)), mocksender.ReplayOptions{Concurrency: connections})
		assert.NilError(b, err)
		assert.Equal(b, got.Statuses[200], 8*turn)
		again = append(again, got.Took/8)
	}
	b.ReportMetric(median(live).Seconds()/median(again).Seconds(), "replay/live")
	b.ReportMetric(turn/median(again).Seconds(), "replayed/s")
}
