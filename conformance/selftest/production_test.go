package selftest_test

import (
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

// TestNoReceiverAtAllIsConformantInProduction judges by rejections only what is
// not a receiver. One that rejects everything with a proper status looks the same
// as one that is configured for the real service, and the report says so. That
// does not depend on the one check that is always part of the profile, since
// --only may leave it out.
func TestNoReceiverAtAllIsConformantInProduction(t *testing.T) {
	t.Parallel()
	forging := slices.DeleteFunc(checks.All(), func(c *conformance.Check) bool { return !strings.HasPrefix(string(c.ID), "sig/") })
	for _, f := range receivers.Degenerate() {
		f.Setup.Production = true
		for selection, of := range map[string][]*conformance.Check{"all": checks.All(), "sig": forging} {
			t.Run(f.Name+"/"+selection, func(t *testing.T) {
				t.Parallel()
				r, err := harness().Judge(t.Context(), f, selftest.Trial{Checks: of, Seed: 1, Parallel: 32})
				assert.NilError(t, err)
				report := r.Report
				switch f.Name {
				case "always-400", "always-401":
					assert.Equal(t, report.Outcome, conformance.Conformant, report.Headline)
					assert.Assert(t, report.Unbracketed() && strings.Contains(report.Headline, "unbracketed"), report.Headline)
				case "always-200", "answers-for-ever", "random":
					assert.Equal(t, report.Outcome, conformance.Nonconformant, report.Headline)
				default:
					assert.Equal(t, report.Outcome, conformance.Undecided, report.Headline)
				}
			})
		}
	}
}
