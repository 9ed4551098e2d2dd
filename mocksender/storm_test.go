package mocksender_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// TestAThousandRetryingDeliveriesOverADay runs a schedule of more than a day in
// virtual time. The bubble also proves that no goroutine is left behind.
func TestAThousandRetryingDeliveriesOverADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const deliveries = 1000
		n := sendertest.NewNetwork(t)
		var mu sync.Mutex
		seen := map[string]int{}
		n.Handler("target:80", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			mu.Lock()
			seen[r.Header.Get(rtk.HeaderUUID)]++
			tries := seen[r.Header.Get(rtk.HeaderUUID)]
			mu.Unlock()
			if tries < 4 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		s := n.Sender(mocksender.Options{
			Retry: mocksender.Retry{Waits: []time.Duration{time.Second, time.Hour, 24 * time.Hour}},
		})
		ledger := ledger.New(ledger.Options{})
		start := time.Now()
		var wg sync.WaitGroup
		for i := range deliveries {
			wg.Go(func() {
				d := sendertest.SampleDelivery()
				d.UUID = fmt.Sprint(i)
				r, err := s.Send(t.Context(), "http://target/", d)
				assert.Check(t, err)
				ledger.Add(r)
			})
		}
		wg.Wait()
		assert.Assert(t, time.Since(start) >= 25*time.Hour)
		assert.Equal(t, ledger.Snapshot().AcceptedAfter[3], deliveries)
		assert.Equal(t, len(seen), deliveries)
		assert.Equal(t, s.Signatures(), uint64(1), "retries and equal bodies share a signature")
	})
}
