package mocksender_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// bench is a target on the loopback and a sender.
func bench(b *testing.B) (deliver func(i int)) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	b.Cleanup(server.Close)
	s := sendertest.NewSender(b, mocksender.Options{Keys: rtk.NewKeyring(sendertest.GenuineKey()), Timeout: time.Minute})
	b.Cleanup(s.Close)
	return func(i int) {
		d := sendertest.SampleDelivery()
		d.Event.Body = sendertest.Distinct(i)
		r, err := s.Send(b.Context(), server.URL, d)
		assert.Check(b, err)
		assert.Check(b, r.Accepted())
	}
}

func BenchmarkSign(b *testing.B) {
	for b.Loop() {
		_, _ = rtk.Sign(sendertest.GenuineKey(), []byte(sendertest.Sample))
	}
}

// BenchmarkDeliver sends distinct bodies, so each is signed.
func BenchmarkDeliver(b *testing.B) {
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			deliver := bench(b)
			b.ReportAllocs()
			b.ResetTimer()
			took := sendertest.Together(connections, b.N, deliver)
			b.ReportMetric(float64(b.N)/took.Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkRepeat sends one body, so it is signed once.
func BenchmarkRepeat(b *testing.B) {
	for _, connections := range []int{1, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			deliver := bench(b)
			b.ReportAllocs()
			b.ResetTimer()
			sendertest.Together(connections, b.N, func(int) { deliver(0) })
		})
	}
}

// BenchmarkOfBareRSA reports the rate of signed deliveries at 64 connections,
// target included, as a part of the rate of bare signatures on the same cores.
// The two take turns, and the median turn of each counts, so that whatever
// else the machine does meets both alike.
func BenchmarkOfBareRSA(b *testing.B) {
	const turn = 256
	deliver := bench(b)
	var bare, delivered []time.Duration
	for b.Loop() {
		bare = append(bare, sendertest.Together(runtime.GOMAXPROCS(0), turn, func(i int) {
			digest := sha256.Sum256(sendertest.Distinct(i))
			_, err := rsa.SignPKCS1v15(rand.Reader, sendertest.GenuineKey(), crypto.SHA256, digest[:])
			assert.Check(b, err)
		}))
		first := len(delivered) * turn
		delivered = append(delivered, sendertest.Together(64, turn, func(i int) { deliver(first + i) }))
	}
	b.ReportMetric(sendertest.Median(bare).Seconds()/sendertest.Median(delivered).Seconds(), "of-bare-rsa")
}
