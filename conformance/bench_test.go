package conformance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/schemas"
)

// BenchmarkRenderAndValidate measures what making an event and validating it
// adds to a live delivery of it: one meeting after the other is rendered,
// validated strictly, and delivered over loopback, in one run. What the
// self-check of the bytes takes is measured apart.
func BenchmarkRenderAndValidate(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
	}))
	defer server.Close()
	key, err := testKey()
	assert.NilError(b, err)
	var checking time.Duration
	sender, err := mocksender.New(mocksender.Options{
		Keys: rtk.NewKeyring(key),
		SelfCheck: func(i mocksender.Outgoing) error {
			defer func(began time.Time) { checking += time.Since(began) }(time.Now())
			return mocksender.SelfCheck(i)
		},
	})
	assert.NilError(b, err)
	defer sender.Close()
	for _, name := range schemas.Events() { // compiled on first use
		schemas.Validate(name, schemas.Strict, []byte("{}"))
	}
	var making, sending time.Duration
	var seed uint64
	for b.Loop() {
		seed++
		began := time.Now()
		events, err := payload.Lifecycle(payload.Options{Seed: seed})
		assert.NilError(b, err)
		for _, e := range events {
			assert.NilError(b, schemas.Validate(string(e.Type), schemas.Strict, e.Body))
		}
		made := time.Now()
		for _, e := range events {
			receipt, err := sender.Send(b.Context(), server.URL, mocksender.Delivery{Event: e})
			assert.NilError(b, err)
			assert.Assert(b, receipt.Accepted())
		}
		making += made.Sub(began)
		sending += time.Since(made)
	}
	sending -= checking
	b.ReportMetric(100*making.Seconds()/sending.Seconds(), "%-of-delivery")
	b.ReportMetric(100*checking.Seconds()/sending.Seconds(), "%-self-check")
}
