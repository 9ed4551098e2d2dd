package conformance

import (
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// Nothing genuine can be sent to a receiver that is configured for the real
// service, so its refusals are all there is, and they have to be some.
func TestWhatRefusesAllOfProductionIsNoMoreThanThat(t *testing.T) {
	for _, tc := range []struct {
		reason string
		status int
		want   Outcome
	}{
		{"it refuses", http.StatusUnauthorized, Conformant},
		{"another refusal", http.StatusBadRequest, Conformant},
		{"nobody is there", http.StatusNotFound, Undecided},
		{"another method is wanted", http.StatusMethodNotAllowed, Undecided},
		{"it fails", http.StatusInternalServerError, Undecided},
		{"it leads elsewhere", http.StatusFound, Undecided},
		{"it takes everything", http.StatusOK, Nonconformant},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			o := options(t, &target{answer: func(request) int { return tc.status }}, must("a/forges", rejecting))
			o.Production = true
			report := conclude(t, o)
			assert.Equal(t, report.Outcome, tc.want, report.Headline)
			assert.Equal(t, strings.Contains(report.Headline, "unbracketed"), tc.want == Conformant, report.Headline)
		})
	}
}

func TestNobodyThereRefusesNothing(t *testing.T) {
	o := options(t, &target{answer: good}, must("a/forges", rejecting))
	o.Production, o.Target.URL = true, "http://127.0.0.1:1/"
	assert.Equal(t, conclude(t, o).Outcome, Undecided)
}
