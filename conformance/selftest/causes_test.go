package selftest_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/conformance/selftest"
)

// TestNoFlawIsShownUnderAnother judges receivers with two flaws. What only one of
// them brings about must not be shown under a check that only the other one violates:
// whoever mends that would find the flaw in the next run.
func TestNoFlawIsShownUnderAnother(t *testing.T) {
	t.Parallel()
	var all []*conformance.Check // a restart shows nothing about causes, and takes long
	for _, c := range checks.All() {
		if c.Phase == conformance.First || c.Phase == conformance.InGroup && !c.Exclusive && c.Needs&conformance.NeedRestart == 0 {
			all = append(all, c)
		}
	}
	harness := selftest.NewHarness()
	slots := make(chan struct{}, 2*runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for _, pair := range pairs(t) {
		both := pair[0].And(pair[1])
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			r, err := harness.Judge(t.Context(), both, selftest.Trial{Checks: all, Seed: 1, Parallel: 4})
			if err != nil {
				t.Errorf("%s: %v", both.Name, err)
				return
			}
			for _, wrong := range mixedUp(r.Report, pair[0], pair[1]) {
				t.Errorf("%s: %s", both.Name, wrong)
			}
		})
	}
	wg.Wait()
}

// mixedUp names the verdicts on one flaw that are shown under one on the other.
func mixedUp(r *conformance.Report, a, b receivers.Spec) []string {
	var out []string
	only := func(f, other receivers.Spec, id conformance.ID) bool {
		return f.Expects(string(id)) && !other.Expects(string(id))
	}
	for _, v := range r.Verdicts {
		for _, c := range v.FollowsFrom {
			if only(a, b, v.ID) && only(b, a, c.Check) || only(b, a, v.ID) && only(a, b, c.Check) {
				out = append(out, fmt.Sprintf("%s is shown under %s (%s)", v.ID, c.Check, c.Because))
			}
		}
	}
	return out
}

// pairs are flaws that have nothing to do with each other. With -long, they are all
// pairs of flaws in what is accepted and refused.
func pairs(t *testing.T) [][2]receivers.Spec {
	byName := map[string]receivers.Spec{}
	for _, f := range receivers.Flaws() {
		byName[f.Name] = f
	}
	if *long {
		var out [][2]receivers.Spec
		flaws := slices.DeleteFunc(receivers.Flaws(), func(f receivers.Spec) bool {
			return !slices.ContainsFunc(f.CaughtBy, func(id string) bool { return id[:4] == "sig/" || id[:4] == "evt/" || id[:4] == "dlv/" })
		})
		for i, a := range flaws {
			for _, b := range flaws[i+1:] {
				out = append(out, [2]receivers.Spec{a, b})
			}
		}
		return out
	}
	var out [][2]receivers.Spec
	for _, names := range [][2]string{
		{"accepts-missing-header", "verify-result-ignored"},
		{"accepts-empty-header", "verify-result-ignored"},
		{"minus-one-is-true", "verify-result-ignored"},
		{"skips-summaries", "accepts-empty-header"},
		{"skips-summaries", "list-of-headers-skips"},
		{"waves-old-keys-through", "any-digest"},
		{"trims-body", "latin1-body"},
		{"reserialises", "latin1-body"},
		{"reserialises", "rejects-meeting.transcript"},
		{"latin1-body", "strict-decoder"},
		{"normalises-unicode", "normalises-line-ends"},
		{"rejects-recording.statusUpdate", "rejects-meeting.summary"},
		{"fetches-named-url", "verify-result-ignored"},
	} {
		for _, name := range names {
			assert.Assert(t, byName[name].Name != "", name)
		}
		out = append(out, [2]receivers.Spec{byName[names[0]], byName[names[1]]})
	}
	return out
}
