package conformance

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
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

// A careful receiver answers 503 while it may not fetch its key again: that may have
// changed. It does not have to be taken for one that fails.
func TestAReceiverThatIsNotSureYetIsAskedOnceMore(t *testing.T) {
	var mu sync.Mutex
	var looked time.Time
	o := options(t, &target{answer: func(request) int {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(looked) < time.Second {
			return http.StatusServiceUnavailable
		}
		looked = time.Now()
		return http.StatusUnauthorized
	}}, must("a/forges", rejecting))
	o.Production = true
	report := conclude(t, o)
	assert.Equal(t, report.Outcome, Conformant, report.Headline)
}

func TestNobodyThereRefusesNothing(t *testing.T) {
	o := options(t, &target{answer: good}, must("a/forges", rejecting))
	o.Production, o.Target.URL = true, "http://127.0.0.1:1/"
	assert.Equal(t, conclude(t, o).Outcome, Undecided)
}

// One refusal shows no more than that one: what fails, or is gone, for the rest
// has rejected none of it.
func TestOneRefusalSpeaksForNoOtherForgery(t *testing.T) {
	for _, rest := range []int{http.StatusInternalServerError, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusFound} {
		t.Run(http.StatusText(rest), func(t *testing.T) {
			t.Parallel()
			unsigned := must("a/unsigned", func(p *Probe) { p.Reject(forgeries(p.Mutation("signature/missing"))...) })
			o := options(t, &target{answer: func(r request) int {
				if r.Header.Get("rtk-signature") == "" {
					return http.StatusUnauthorized
				}
				return rest
			}}, unsigned, must("a/forges", rejecting))
			o.Production = true
			report := conclude(t, o)
			assert.Equal(t, report.Outcome, Undecided, report.Headline)
			assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
			assert.Equal(t, report.Verdicts[1].Status, Inconclusive, report.Verdicts[1].Reason)
		})
	}
}

// Each forgery would cost a time-out.
func TestSilenceEndsARunThatSendsNothingGenuine(t *testing.T) {
	over := make(chan struct{})
	asked := make(chan struct{}, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-over
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	many := func(p *Probe) {
		p.Reject(forgeries(slices.Repeat([]mutation.Mutation{p.Mutation("signature/missing")}, 20)...)...)
	}
	o := options(t, &target{answer: good}, must("a/many", many), must("a/forges", rejecting))
	o.Production, o.Target.URL, o.Timeout = true, server.URL, 250*time.Millisecond
	report := conclude(t, o)
	assert.Equal(t, report.Outcome, Undecided)
	assert.Equal(t, len(asked), 4)
	assert.Assert(t, strings.Contains(report.Verdicts[1].Reason, "stopped working"), report.Verdicts[1].Reason)
}
