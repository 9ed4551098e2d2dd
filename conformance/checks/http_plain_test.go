package checks_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// TestTheFramingIsNotBlamedForABodyThatIsRefusedAnyway judges receivers that refuse letters
// beyond ASCII, chunks, or both, in front of a good one.
func TestTheFramingIsNotBlamedForABodyThatIsRefusedAnyway(t *testing.T) {
	for _, tc := range []struct {
		reason          string
		letters, chunks int // the status for them; 0: they are taken
		want            conformance.Status
	}{
		{"letters are refused, however they are framed, so a plain name decides", 401, 0, conformance.Pass},
		{"chunks are refused", 0, 400, conformance.Warn},
		{"both are, with answers of their own", 401, 400, conformance.Warn},
		{"nothing is", 0, 0, conformance.Pass},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			receiver := receivers.Reference(receivers.Config{KeyURL: b.endpoints.KeyURL()})
			t.Cleanup(receiver.Close)
			handler := func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				switch {
				case tc.chunks != 0 && r.ContentLength < 0:
					w.WriteHeader(tc.chunks)
				case tc.letters != 0 && bytes.Contains(body, []byte("日本")):
					w.WriteHeader(tc.letters)
				default:
					receiver.Handler().ServeHTTP(w, r)
				}
			}
			o := b.quick(serveHandler(t, http.HandlerFunc(handler), nil))
			o.Checks = only(t, "http/chunked")
			v := run(t.Context(), t, o).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
		})
	}
}
