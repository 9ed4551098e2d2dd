package conformancetest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/checks"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/conformance/report"
	"github.com/rtkmock/rtkmock/fixtures"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Target is the receiver under test. One of Handler and URL is required.
type Target struct {
	// Handler is served on a free loopback port, under the path /webhook.
	Handler http.Handler
	// URL is where a receiver that runs already takes deliveries.
	URL string
	// Effects counts what the deliveries with an rtk-uuid have brought about: a
	// row, a job. With it, a forgery without effect is told from one that took
	// effect whatever the status was. Nil: not to be seen.
	Effects func(uuid string) int
	// Events are the subscribed events. Empty: all nine.
	Events []rtk.EventType
	// Restart, if set, starts the receiver anew; see conformance.Restarter.
	Restart conformance.Restarter
}

// Suite says how a receiver is judged. The zero value is useful.
type Suite struct {
	// Options is the base of the run's options: waits, seed, header fields.
	// Target is filled in, and Endpoints and Checks where they are not set.
	Options conformance.Options
}

// Run judges a receiver with the zero Suite.
func Run(t *testing.T, newTarget func(keyURL string) Target) *conformance.Report {
	t.Helper()
	return Suite{}.Run(t, newTarget)
}

// Run judges the receiver that newTarget makes, which fetches its key from
// keyURL, and returns the account of the run: nil if go test selects no check.
// The verdicts show in subtests of t, named after the checks, which end when the
// calling test function returns; the receiver is needed until Run returns.
func (s Suite) Run(t *testing.T, newTarget func(keyURL string) Target) *conformance.Report {
	t.Helper()
	all := s.Options.Checks
	if all == nil {
		all = checks.All()
	}
	var outcome outcome
	selected := outcome.selected(t, all)
	if len(selected) == 0 {
		return nil
	}
	r, err := s.judge(t.Context(), selected, newTarget)
	if err != nil {
		t.Fatalf("conformancetest: %v", err)
	}
	outcome.settle(r)
	t.Log(r.Headline)
	if !r.Complete {
		t.Errorf("the run is not complete: %s", r.Stopped)
	}
	// The gates come along unasked; all other verdicts rest on them.
	for _, v := range r.Verdicts {
		if !outcome.chosen[v.Check] && fails(r, v) {
			t.Error(explain(t, r, v))
		}
	}
	return r
}

// Judge is Run without subtests, for programs and for other test frameworks: it
// runs all checks of the options, or of the catalogue. The error is about the
// options, or the loopback ports.
func (s Suite) Judge(ctx context.Context, newTarget func(keyURL string) Target) (*conformance.Report, error) {
	all := s.Options.Checks
	if all == nil {
		all = checks.All()
	}
	return s.judge(ctx, all, newTarget)
}

func (s Suite) judge(ctx context.Context, selected []*conformance.Check, newTarget func(string) Target) (*conformance.Report, error) {
	o := s.Options
	o.Checks = selected
	if o.Endpoints == nil {
		station, stop, err := newStation(ctx)
		if err != nil {
			return nil, err
		}
		defer stop()
		o.Endpoints = station
	}
	target := newTarget(o.Endpoints.KeyURL())
	o.Target = conformance.Target{URL: target.URL, Events: target.Events, Restart: target.Restart}
	if target.Effects != nil {
		o.Target.Effects = effects.CounterFunc(target.Effects)
	}
	if target.Handler != nil {
		url, stop, err := serve(ctx, target.Handler)
		if err != nil {
			return nil, err
		}
		defer stop()
		o.Target.URL = url + "/webhook"
	}
	return conformance.Run(ctx, o)
}

// newStation serves a station with the test key of the fixtures.
func newStation(ctx context.Context) (*conformance.Endpoints, func(), error) {
	key, err := rtk.ParsePrivateKey(fixtures.PrivateKey())
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	url, stop, err := serve(ctx, mux)
	if err != nil {
		return nil, nil, err
	}
	station := conformance.NewEndpoints(rtk.NewKeyring(key), url)
	mux.Handle("/", station.Handler())
	return station, stop, nil
}

// serve serves h on a free loopback port until stop is called.
func serve(ctx context.Context, h http.Handler) (url string, stop func(), err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(ln) })
	return "http://" + ln.Addr().String(), func() {
		_ = server.Close()
		wg.Wait()
	}, nil
}

// outcome passes the verdicts of a run to its subtests.
type outcome struct {
	chosen map[*conformance.Check]bool
	report *conformance.Report
}

// selected begins a subtest for each check that go test selects, and returns
// these checks, with the gates that their verdicts rest on. As parallel
// subtests, they pause until the test function has returned.
func (o *outcome) selected(t *testing.T, all []*conformance.Check) []*conformance.Check {
	t.Helper()
	o.chosen = map[*conformance.Check]bool{}
	for _, c := range all {
		t.Run(string(c.ID), func(t *testing.T) {
			o.chosen[c] = true
			t.Parallel()
			o.tell(t, c)
		})
	}
	if len(o.chosen) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(c *conformance.Check) bool {
		return !o.chosen[c] && c.Level != conformance.Gate
	})
}

// settle is called before the subtests go on.
func (o *outcome) settle(r *conformance.Report) { o.report = r }

// tell ends a subtest as the verdict on its check says.
func (o *outcome) tell(t *testing.T, c *conformance.Check) {
	t.Helper()
	if o.report == nil {
		t.Skip("the run did not take place")
	}
	i := slices.IndexFunc(o.report.Verdicts, func(v conformance.Verdict) bool { return v.Check == c })
	if i < 0 {
		t.Skipf("not run: %s", o.report.Stopped)
	}
	v := o.report.Verdicts[i]
	switch {
	case v.Status == conformance.Pass:
		if v.Reason != "" {
			t.Log(v.Reason)
		}
	case v.Status == conformance.Skip:
		t.Skip(v.Reason)
	case fails(o.report, v):
		t.Error(explain(t, o.report, v))
	case v.Status == conformance.Inconclusive:
		t.Skip(explain(t, o.report, v))
	default:
		t.Log(explain(t, o.report, v))
	}
}

// explain tells all there is to say of a verdict.
func explain(t *testing.T, r *conformance.Report, v conformance.Verdict) string {
	t.Helper()
	text, err := report.Explain(r, v, report.Options{Width: 100})
	if err != nil {
		t.Fatalf("conformancetest: %v", err)
	}
	return "\n" + text
}

// fails reports a verdict that fails its subtest.
func fails(r *conformance.Report, v conformance.Verdict) bool {
	switch v.Status {
	case conformance.Warn:
		return r.Strict
	case conformance.Inconclusive:
		return v.Check.Level >= conformance.Must
	default:
		return v.Status == conformance.Fail || v.Status == conformance.Error
	}
}
