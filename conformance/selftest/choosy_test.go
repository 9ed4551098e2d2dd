package selftest_test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
)

// TestChoosyReceiversAreUndecidedUntilTheirTermsAreMet judges good receivers that
// accept only some genuine deliveries, without what they ask for. The run must
// not blame them, and must say which flag helps. TestMatrix proves that they pass
// with it.
func TestChoosyReceiversAreUndecidedUntilTheirTermsAreMet(t *testing.T) {
	t.Parallel()
	for _, f := range receivers.Benign() {
		var flag string
		switch {
		case f.Setup.MeetingID != "":
			flag = "--meeting-id"
		case f.Setup.WebhookID != "":
			flag = "--webhook-id"
		case len(f.Setup.Header) > 0:
			flag = "--header"
		case f.Setup.HeaderNames != "":
			flag = "--header-names " + string(f.Setup.HeaderNames)
		case f.Setup.Path != "":
			flag = "check the path, which is /" // what helps is another URL
		default:
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			f.Setup = receivers.Setup{}
			report := judge(t, f, 1).Report
			assert.Check(t, report.Outcome == conformance.Undecided, report.Headline)
			diagnosis := report.Verdicts[0].Diagnosis
			assert.Assert(t, diagnosis != nil, report.Verdicts[0].Reason)
			cure := strings.Join(diagnosis.Cure, "; or ")
			assert.Check(t, strings.Contains(cure, flag), "%s: %s", diagnosis.Cause, cure)
		})
	}
}
