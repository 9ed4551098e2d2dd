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
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// together calls do n times from that many goroutines, and returns how long
// that took.
func together(goroutines, n int, do func(i int)) time.Duration {
	start := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				do(i)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// bench is a target on the loopback and a sender.
func bench(b *testing.B) (deliver func(i int)) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	b.Cleanup(server.Close)
	s := newSender(b, mocksender.Options{Keys: rtk.NewKeyring(genuineKey()), Timeout: time.Minute})
	b.Cleanup(s.Close)
	return func(i int) {
		d := sampleDelivery()
		d.Event.Body = distinct(i)
		r, err := s.Send(b.Context(), server.URL, d)
		assert.Check(b, err)
		assert.Check(b, r.Accepted())
	}
}

func distinct(i int) []byte {
	return fmt.Appendf(nil, `%s,"n":%d}`, sample[:len(sample)-1], i)
}

func BenchmarkSign(b *testing.B) {
	for b.Loop() {
		_, _ = rtk.Sign(genuineKey(), []byte(sample))
	}
}

// BenchmarkDeliver sends distinct bodies, so each is signed.
func BenchmarkDeliver(b *testing.B) {
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			deliver := bench(b)
			b.ReportAllocs()
			b.ResetTimer()
			took := together(connections, b.N, deliver)
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
			together(connections, b.N, func(int) { deliver(0) })
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
		bare = append(bare, together(runtime.GOMAXPROCS(0), turn, func(i int) {
			digest := sha256.Sum256(distinct(i))
			_, err := rsa.SignPKCS1v15(rand.Reader, genuineKey(), crypto.SHA256, digest[:])
			assert.Check(b, err)
		}))
		first := len(delivered) * turn
		delivered = append(delivered, together(64, turn, func(i int) { deliver(first + i) }))
	}
	b.ReportMetric(median(bare).Seconds()/median(delivered).Seconds(), "of-bare-rsa")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
