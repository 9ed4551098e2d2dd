package checks_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// TestARefusalSaysWhatWouldBeAccepted judges receivers that refuse recordings for a
// reason of their own, in front of a good one.
func TestARefusalSaysWhatWouldBeAccepted(t *testing.T) {
	refuse := func(status int, contentType, answer string, when func(body []byte) bool) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				if !bytes.Contains(body, []byte(`"recording.statusUpdate"`)) || !when(body) {
					next.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", contentType)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, answer)
			})
		}
	}
	always := func([]byte) bool { return true }
	for _, tc := range []struct {
		reason string
		before func(http.Handler) http.Handler
		says   []string
		not    string
	}{
		{
			"fileSize has to be a number", refuse(400, "application/json", `{"error":"fileSize: expected number"}`, func(b []byte) bool { return bytes.Contains(b, []byte(`"fileSize":"`)) }),
			[]string{"answered 400", `the answer says: {"error":"fileSize: expected number"}`, "see evt/filesize-string"}, "sig/raw-bytes",
		},
		{
			"it writes slashes in another way", refuse(401, "text/plain", "bad signature", func(b []byte) bool { return bytes.Contains(b, []byte(`://`)) }),
			[]string{"the answer says: bad signature", "see sig/raw-bytes"}, "evt/filesize-string",
		},
		{
			"it asks an API that is not there", refuse(500, "text/html", "<!doctype html><html><style>p{}</style><title>Error</title><p>TypeError: fetch failed</p></html>", always),
			[]string{"the answer says: Error TypeError: fetch failed", "rtkmock serve"}, "evt/filesize-string",
		},
		{"it knows no such meeting", refuse(404, "text/plain", "unknown meeting", always), []string{"the answer says: unknown meeting"}, "REST"},
		{"it says nothing", refuse(400, "text/plain", "", always), []string{"answered 400"}, "the answer says"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			receiver := receivers.Reference(receivers.Config{KeyURL: b.endpoints.KeyURL()})
			t.Cleanup(receiver.Close)
			o := b.quick(serveHandler(t, tc.before(receiver.Handler()), nil))
			o.Checks = only(t, "evt/accept-recording.statusUpdate")
			v := run(t.Context(), t, o).Verdicts[0]
			assert.Equal(t, v.Status, conformance.Fail, v.Reason)
			for _, text := range tc.says {
				assert.Assert(t, is.Contains(v.Reason, text))
			}
			assert.Assert(t, !bytes.Contains([]byte(v.Reason), []byte(tc.not)), v.Reason)
			assert.Assert(t, is.Contains(v.Fix, "--meeting-id"))
			assert.Assert(t, is.Contains(v.Fix, "--set"))
		})
	}
}
