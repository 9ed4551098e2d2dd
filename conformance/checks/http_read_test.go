package checks_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Each of these targets verifies what it reads. Of a chunked body some read nothing, and
// accept it as something that they need not know.
func TestBodyThatIsAcceptedUnreadIsSeen(t *testing.T) {
	key, err := testKey()
	assert.NilError(t, err)
	answers := func(text func(r *http.Request, body []byte) string) func(http.ResponseWriter, *http.Request, []byte) {
		return func(w http.ResponseWriter, r *http.Request, body []byte) { _, _ = io.WriteString(w, text(r, body)) }
	}
	for _, tc := range []struct {
		reason  string
		ignores bool // does not read chunked bodies
		accept  func(w http.ResponseWriter, r *http.Request, body []byte)
		want    conformance.Status
		says    string
	}{
		{"it says so", true, answers(func(_ *http.Request, body []byte) string {
			if len(body) == 0 {
				return "ignored"
			}
			return "taken"
		}), conformance.Warn, `(200, "ignored")`},
		{"it follows no link of them", true, func(_ http.ResponseWriter, _ *http.Request, body []byte) { follow(body) },
			conformance.Warn, "its download link was not followed"},
		{"nothing shows it", true, answers(func(*http.Request, []byte) string { return "" }), conformance.Pass, ""},
		{"it follows their links", false, func(_ http.ResponseWriter, _ *http.Request, body []byte) { follow(body) }, conformance.Pass, ""},
		{"no two answers are alike", false, answers(func(r *http.Request, _ []byte) string { return r.Header.Get("rtk-uuid") }), conformance.Pass, ""},
		{"the answer says how much was read", false, answers(func(_ *http.Request, body []byte) string { return fmt.Sprint(len(body)) }), conformance.Pass, ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			o := b.quick(serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var body []byte
				ignored := tc.ignores && r.ContentLength < 0
				if !ignored {
					body, _ = io.ReadAll(r.Body)
				}
				if !ignored && rtk.Verify(&key.PublicKey, body, r.Header.Get("rtk-signature")) != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				tc.accept(w, r, body)
			}), nil))
			o.Checks = only(t, "http/chunked")
			v := run(t.Context(), t, o).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}

func follow(body []byte) {
	for _, link := range payload.URLs(body) {
		if answer, err := http.Get(link); err == nil {
			_ = answer.Body.Close()
		}
	}
}
