package checks_test

import (
	"net/http"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// A development server that reads no chunked body is not the handler's fault.
func TestServerInFrontIsNamedWhereItMayBeToBlame(t *testing.T) {
	for _, tc := range []struct{ name, value, says string }{
		{"Server", "WSGIServer/0.2 CPython/3.12.1", "(Server: WSGIServer/0.2 CPython/3.12.1, which is Django's runserver)"},
		{"Server", "gunicorn", "(Server: gunicorn)"},
		{"Via", "1.1 relay", "(Via: 1.1 relay)"},
		{"X-Other", "1", "(a development server such as Django's runserver, or a relay such as smee)"},
	} {
		t.Run(tc.value, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			receiver := receivers.Reference(receivers.Config{KeyURL: b.endpoints.KeyURL()})
			t.Cleanup(receiver.Close)
			o := b.quick(serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(tc.name, tc.value)
				if len(r.TransferEncoding) > 0 {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				receiver.Handler().ServeHTTP(w, r)
			}), nil))
			o.Checks = only(t, "ctl/valid-accepted", "http/chunked", "http/slow-body")
			v := verdicts(run(t.Context(), t, o))
			assert.Equal(t, v["http/chunked"].Status, conformance.Warn)
			assert.Assert(t, is.Contains(v["http/chunked"].Reason, "the server in front of your handler first "+tc.says))
			assert.Equal(t, v["http/slow-body"].Reason, "", "nothing is wrong there")
		})
	}
}
