package sendertest

import (
	"crypto/rsa"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// The keys are made once: making one takes longer than most tests.
var (
	genuineKey  = sync.OnceValue(newKey)
	attackerKey = sync.OnceValue(newKey)
)

// GenuineKey signs genuine deliveries.
func GenuineKey() *rsa.PrivateKey { return genuineKey() }

// AttackerKey is another key.
func AttackerKey() *rsa.PrivateKey { return attackerKey() }

func newKey() *rsa.PrivateKey {
	key, err := rtk.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

// Sample is the body of a short event.
const Sample = `{"event":"meeting.started","meeting":{"id":"bbb8940e-1b97-402a-97d6-2708b7feca41","title":"Weekly sync","status":"LIVE"}}`

// SampleDelivery delivers the sample.
func SampleDelivery() mocksender.Delivery {
	return mocksender.Delivery{Event: rtk.Event{Type: rtk.MeetingStarted, Body: []byte(Sample)}}
}

// NewSender returns a Sender that is closed at the end of the test.
func NewSender(t testing.TB, o mocksender.Options) *mocksender.Sender {
	t.Helper()
	if o.Keys == nil {
		o.Keys = rtk.NewKeyring(GenuineKey())
	}
	s, err := mocksender.New(o)
	must(t, err)
	t.Cleanup(s.Close)
	return s
}

// Send delivers the sample, or d where one is given.
func Send(t testing.TB, s *mocksender.Sender, url string, d ...mocksender.Delivery) mocksender.Receipt {
	t.Helper()
	r, err := s.Send(t.Context(), url, append(d, SampleDelivery())[0])
	must(t, err)
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Together calls do n times from that many goroutines, and returns how long
// that took.
func Together(goroutines, n int, do func(i int)) time.Duration {
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

// Distinct returns sample with the number i in it.
func Distinct(i int) []byte {
	return fmt.Appendf(nil, `%s,"n":%d}`, Sample[:len(Sample)-1], i)
}

// Median returns the median of d, which it sorts.
func Median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
