package conformancetest

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/internal/loopback"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/conformance/report/plaintext"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Target is the receiver under test. One of Handler and URL is required.
type Target struct {
	// Handler is served on a free loopback port, under the path /webhook.
	Handler http.Handler
	// URL is where a receiver that runs already takes deliveries.
	URL string
	// Effects counts what the deliveries with an rtk-uuid have brought about: a row, a
	// job. It tells forgeries with an effect from those without, whatever the status
	// was. Nil: that cannot be seen.
	Effects func(uuid string) int
	// Events are the subscribed events. Empty: all nine.
	Events []rtk.EventType
	// Restart, if set, restarts the receiver; see conformance.Restarter.
	Restart conformance.Restarter
}

// Suite says how a receiver is judged. The zero value is useful.
type Suite struct {
	// Options is the base of the run's options: waits, seed, header fields. Target is
	// filled in, and Endpoints and Checks if they are not set.
	Options conformance.Options
}

// Run judges a receiver with the zero Suite.
func Run(t *testing.T, newTarget func(keyURL string) Target) *conformance.Report {
	t.Helper()
	return Suite{}.Run(t, newTarget)
}

// Run judges the receiver that newTarget makes, which fetches its key from keyURL, and
// returns the report: nil if go test selects no check. The verdicts show in subtests of t,
// named after the checks. They end when the calling test function returns; the receiver is
// needed until Run returns.
func (s Suite) Run(t *testing.T, newTarget func(keyURL string) Target) *conformance.Report {
	t.Helper()
	var outcome outcome
	s.Options.Checks = outcome.selected(t, s.checks())
	if len(s.Options.Checks) == 0 {
		return nil
	}
	r, err := s.Judge(t.Context(), newTarget)
	if err != nil {
		t.Fatalf("conformancetest: %v", err)
	}
	outcome.report = r // before the subtests go on
	t.Log(inGo(r.Headline))
	if !r.Complete {
		t.Errorf("the run is not complete: %s", inGo(r.Stopped))
	}
	// The gates run although nobody has selected them: all other verdicts rest on them.
	for _, v := range r.Verdicts {
		if !outcome.chosen[v.ID] && v.FailsRun(r.Strict) {
			t.Error(explain(r, v))
		}
	}
	return r
}

// Judge is Run without subtests, for programs and for other test frameworks. It runs all
// checks of the options, or of the catalogue. The error is about the options, or the
// loopback ports.
func (s Suite) Judge(ctx context.Context, newTarget func(keyURL string) Target) (*conformance.Report, error) {
	o := s.Options
	o.Checks = s.checks()
	if o.Endpoints == nil {
		key, err := rtk.ParsePrivateKey(fixtures.PrivateKey())
		if err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		addr, stop, err := loopback.Serve(ctx, mux)
		if err != nil {
			return nil, err
		}
		defer stop()
		o.Endpoints = conformance.NewEndpoints(rtk.NewKeyring(key), "http://"+addr)
		mux.Handle("/", o.Endpoints.Handler())
	}
	target := newTarget(o.Endpoints.KeyURL())
	o.Target = conformance.Target{URL: target.URL, Events: target.Events, Restart: target.Restart}
	if target.Effects != nil {
		o.Target.Effects = effects.CounterFunc(target.Effects)
	}
	if target.Handler != nil {
		addr, stop, err := loopback.Serve(ctx, target.Handler)
		if err != nil {
			return nil, err
		}
		defer stop()
		o.Target.URL = "http://" + addr + "/webhook"
	}
	return conformance.Run(ctx, o)
}

func (s Suite) checks() []*conformance.Check {
	if s.Options.Checks == nil {
		return checks.All()
	}
	return s.Options.Checks
}

// outcome passes the verdicts of a run to its subtests.
type outcome struct {
	chosen map[conformance.ID]bool
	report *conformance.Report
}

// selected begins a subtest for each check that go test selects, and returns these checks,
// with the gates that their verdicts rest on. As parallel subtests, they pause until the
// test function has returned.
func (o *outcome) selected(t *testing.T, all []*conformance.Check) []*conformance.Check {
	t.Helper()
	o.chosen = map[conformance.ID]bool{}
	for _, c := range all {
		t.Run(string(c.ID), func(t *testing.T) {
			o.chosen[c.ID] = true
			t.Parallel()
			o.end(t, c)
		})
	}
	if len(o.chosen) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(c *conformance.Check) bool {
		return !o.chosen[c.ID] && c.Level != conformance.Gate
	})
}

// end ends a subtest as the verdict on its check says.
func (o *outcome) end(t *testing.T, c *conformance.Check) {
	t.Helper()
	if o.report == nil {
		t.Skip("the run did not take place")
	}
	i := slices.IndexFunc(o.report.Verdicts, func(v conformance.Verdict) bool { return v.ID == c.ID })
	if i < 0 {
		t.Skipf("not run: %s", inGo(o.report.Stopped))
	}
	switch v := o.report.Verdicts[i]; {
	case v.Status == conformance.Pass:
		if v.Reason != "" {
			t.Log(inGo(v.Reason))
		}
	case v.Status == conformance.Skip:
		t.Skip(inGo(v.Reason))
	case v.FailsRun(o.report.Strict):
		t.Error(explain(o.report, v))
	case v.Status == conformance.Inconclusive:
		t.Skip(explain(o.report, v))
	default:
		t.Log(explain(o.report, v))
	}
}

// explain says everything about a verdict.
func explain(r *conformance.Report, v conformance.Verdict) string {
	one := *r
	one.Verdicts = []conformance.Verdict{v}
	d := report.New(&one, "")
	return "\n" + inGo(plaintext.Check(&d.Checks[0], plaintext.Options{Width: 100}))
}
