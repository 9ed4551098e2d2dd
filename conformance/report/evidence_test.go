package report_test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/report"
)

// A body that is no JSON has no event to be named by.
func TestADeliveryWithoutAnEventIsNamedWithoutAGap(t *testing.T) {
	for _, e := range []report.Evidence{{Case: "a signed empty body"}, {}} {
		text := e.Sent()
		assert.Assert(t, strings.HasSuffix(text, "no event, genuine"), text)
		assert.Assert(t, !strings.Contains(text, ": ,") && !strings.HasPrefix(text, ","), text)
	}
}
