package checks_test

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// gaveUpUnder returns the verdict of key/outage-cold on a receiver that answers 401 where
// the key endpoint has one of faults, and 503 where it has another.
func gaveUpUnder(t *testing.T, faults ...wellknown.Fault) conformance.Verdict {
	t.Helper()
	b := newBench(t, "")
	behind, process := start(t, receivers.Reference(receivers.Config{KeyURL: b.endpoints.KeyURL()}))
	to, err := url.Parse(behind)
	assert.NilError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(resp *http.Response) error {
		if resp.StatusCode == http.StatusServiceUnavailable && slices.Contains(faults, b.endpoints.KeyServer.Fault()) {
			resp.StatusCode = http.StatusUnauthorized
		}
		return nil
	}
	o := b.quick(serveHandler(t, proxy, nil))
	o.Target.Restart = process
	o.Checks = only(t, "ctl/valid-accepted", "key/outage-cold")
	report := run(t.Context(), t, o)
	explain(t, report)
	v := verdicts(report)["key/outage-cold"]
	assert.Equal(t, v.Status, conformance.Warn, v.Reason)
	return v
}

func TestTheFixNamesWhatIsLeftOfAnOutage(t *testing.T) {
	for _, tc := range []struct {
		reason    string
		faults    []wellknown.Fault
		says, fix string
	}{
		{"only the type of the key is not looked at", []wellknown.Fault{wellknown.ECKey}, "1 of 9 genuine deliveries sent while the key could not be had got a final answer", "Answer 503 here, too: look at the key's type"},
		{"two things are left", []wellknown.Fault{wellknown.Status500, wellknown.SuccessFalse}, "2 of 9 ", "whose success is false"},
		{"most is left", []wellknown.Fault{wellknown.Status500, wellknown.SuccessFalse, wellknown.HTML, wellknown.BadPEM}, "4 of 9 ", only(t, "key/outage-cold")[0].Fix},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			v := gaveUpUnder(t, tc.faults...)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
			assert.Assert(t, strings.Contains(v.Fix, tc.fix), v.Fix)
		})
	}
}

// What is caught and answered 401 must not be the fetch of the key: the advice of one check
// would violate another.
func TestAdviceToCatchErrorsSparesTheFetchOfTheKey(t *testing.T) {
	for _, c := range checks.All() {
		group := c.ID.Group()
		if (group == "sig" || group == "key") && strings.Contains(c.Fix, "Catch") && strings.Contains(c.Fix, "401") {
			assert.Assert(t, strings.Contains(c.Fix, "503") || strings.Contains(c.Fix, "alone"), "%s: %s", c.ID, c.Fix)
		}
	}
}
