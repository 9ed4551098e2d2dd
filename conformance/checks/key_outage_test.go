package checks_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// verdicts are those of a report, by id.
func verdicts(r *conformance.Report) map[conformance.ID]conformance.Verdict {
	out := map[conformance.ID]conformance.Verdict{}
	for _, v := range r.Verdicts {
		out[v.ID] = v
	}
	return out
}

// restartable runs checks against the receiver called name, served as a process
// that can be restarted.
func restartable(t *testing.T, name string, c receivers.Config, change func(*conformance.Options, *bench), ids ...string) *conformance.Report {
	t.Helper()
	b := newBench(t, "")
	c.KeyURL = b.endpoints.KeyURL()
	receiver, err := receivers.Flawed(name, c)
	if name == "" {
		receiver, err = receivers.Reference(c), nil
	}
	assert.NilError(t, err)
	url, process := start(t, receiver)
	o := b.quick(url)
	o.Target.Restart = process
	o.Target.Effects = counted{receiver: receiver}
	o.Checks = only(t, ids...)
	if change != nil {
		change(&o, b)
	}
	report := run(t.Context(), t, o)
	explain(t, report)
	return report
}

// Without a restart, the first contact is the only time at which a process can
// be met that holds no key.
func TestFirstContactShowsAProcessWithoutAKey(t *testing.T) {
	ids := []string{"ctl/valid-accepted", "key/fail-open", "key/outage-cold", "key/recovers"}
	for _, tc := range []struct {
		receiver, reason            string
		failOpen, outage, recovered conformance.Status
	}{
		{"", "it answers 503, and fetches again", conformance.Pass, conformance.Pass, conformance.Pass},
		{"fails-open", "it lets everybody in", conformance.Fail, conformance.Skip, conformance.Skip},
		{"401-without-key", "it gives deliveries up", conformance.Pass, conformance.Warn, conformance.Pass},
		{"fetches-every-time", "it holds no key at any time", conformance.Pass, conformance.Pass, conformance.Pass},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			v := verdicts(against(t, tc.receiver, nil, ids...))
			assert.Equal(t, v["ctl/valid-accepted"].Status, conformance.Pass)
			assert.Equal(t, v["key/fail-open"].Status, tc.failOpen, v["key/fail-open"].Reason)
			assert.Equal(t, v["key/outage-cold"].Status, tc.outage, v["key/outage-cold"].Reason)
			assert.Equal(t, v["key/recovers"].Status, tc.recovered, v["key/recovers"].Reason)
		})
	}
}

// A process that has fetched its key before the run cannot be met cold, and
// nothing is made up about that.
func TestKeyThatIsHeldThroughoutIsSaidToHideWhatHappensWithout(t *testing.T) {
	b := newBench(t, "")
	resp, err := http.Get(b.endpoints.KeyURL()) // as the receiver might have
	assert.NilError(t, err)
	assert.NilError(t, resp.Body.Close())
	receiver := receivers.Reference(receivers.Config{KeyURL: b.endpoints.KeyURL()})
	t.Cleanup(receiver.Close)
	o := b.quick(serve(t, receiver))
	o.Checks = only(t, "ctl/valid-accepted", "key/fail-open", "key/outage-cold", "key/recovers", "key/pem-crlf", "key/stampede")
	report := run(t.Context(), t, o)
	explain(t, report)
	for id, v := range verdicts(report) {
		if id != "ctl/valid-accepted" {
			assert.Equal(t, v.Status, conformance.Skip, "%s: %s", id, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, conformance.RestartHint), "%s: %s", id, v.Reason)
			assert.Assert(t, !v.NotApplicable, "%s stays open", id)
		}
	}
}

func TestPinnedKeyHasNothingToDoWithTheEndpoint(t *testing.T) {
	b := newBench(t, "")
	key, err := b.endpoints.Keys.Key()
	assert.NilError(t, err)
	receiver, err := receivers.Flawed("pinned-key", receivers.Config{PublicKey: &key.PublicKey})
	assert.NilError(t, err)
	url, process := start(t, receiver)
	o := b.quick(url)
	o.Target.Restart = process
	o.Checks = only(t, "ctl/valid-accepted", "key/fail-open", "key/outage-cold", "key/recovers", "key/rotation", "key/pem-escaped")
	report := run(t.Context(), t, o)
	explain(t, report)
	assert.Equal(t, report.Summary.Skip, 5)
	assert.Equal(t, report.Summary.MustNotJudged, 0)
}

// neverAgain is a receiver that gives its key endpoint one chance: once the key
// could not be fetched, it never tries again.
type neverAgain struct {
	keyURL string
	next   http.Handler

	mu     sync.Mutex
	failed bool
}

func (n *neverAgain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.failed {
		resp, err := http.Get(n.keyURL)
		n.failed = err != nil || resp.StatusCode != http.StatusOK
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	if n.failed {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	n.next.ServeHTTP(w, r)
}

// Nothing was accepted before the outage, so that nobody knows what would have
// been without it. That is said, with how to find out.
func TestTargetThatNeverRecoversFromTheFirstContactIsUndecided(t *testing.T) {
	b := newBench(t, "")
	receiver := receivers.Reference(receivers.Config{KeyURL: b.endpoints.KeyURL()})
	t.Cleanup(receiver.Close)
	o := b.quick(serveHandler(t, &neverAgain{keyURL: b.endpoints.KeyURL(), next: receiver}, nil))
	o.Recovery, o.RecoveryEnd = 200*time.Millisecond, 400*time.Millisecond
	var said []string
	o.Progress = func(p conformance.Progress) { said = append(said, p.Message) }
	report := run(t.Context(), t, o)
	explain(t, report)
	v := verdicts(report)
	assert.Equal(t, report.Outcome, conformance.Undecided, report.Headline)
	assert.Equal(t, v["key/recovers"].Status, conformance.Inconclusive)
	assert.Assert(t, strings.Contains(v["key/recovers"].Reason, "--skip 'key/*'"), v["key/recovers"].Reason)
	assert.Assert(t, strings.Contains(v["ctl/valid-accepted"].Reason, "key/recovers"), v["ctl/valid-accepted"].Reason)
	assert.Assert(t, strings.Contains(strings.Join(said, "\n"), "--recovery-end"), "%q", said)
	assert.Assert(t, time.Duration(report.Waited) >= 400*time.Millisecond)
}

// What refuses everything is found out at once, though it fetches its key.
func TestTargetThatRefusesEverythingIsNotWaitedFor(t *testing.T) {
	b := newBench(t, "")
	receiver, err := receivers.Flawed("hmac-instead-of-rsa", receivers.Config{KeyURL: b.endpoints.KeyURL()})
	assert.NilError(t, err)
	t.Cleanup(receiver.Close)
	o := b.quick(serve(t, receiver))
	o.Recovery, o.RecoveryEnd = time.Hour, 2*time.Hour
	report := run(t.Context(), t, o)
	assert.Equal(t, report.Outcome, conformance.Undecided, report.Headline)
	assert.Equal(t, report.Stopped, "the control was not accepted")
}

func TestRecoveryIsJudgedInTwoSteps(t *testing.T) {
	for _, tc := range []struct {
		receiver, reason      string
		rarely, recovery, end time.Duration
		want                  conformance.Status
		says                  string
	}{
		{"", "it recovers at once", 0, 10 * time.Second, time.Minute, conformance.Pass, "slowest recovery"},
		{"sulks-after-failed-fetch", "it takes longer than it should", time.Second, 300 * time.Millisecond, 30 * time.Second, conformance.Warn, "over the 300ms of --recovery (a warning: only that it ends at all is a MUST)"},
		{"sulks-after-failed-fetch", "it takes longer than it may", time.Hour, 100 * time.Millisecond, 300 * time.Millisecond, conformance.Fail, "answered 503"},
		{"remembers-failed-fetch", "it never recovers", 0, 100 * time.Millisecond, 300 * time.Millisecond, conformance.Fail, "answered 503"},
		{"caches-before-import", "it keeps what it was served, and recovers from failures", 0, 100 * time.Millisecond, time.Hour, conformance.Warn, "served what is no key (bad-pem) a genuine delivery: answered 503; it was kept as if it were one: import the key before you cache it (a warning: the real endpoint has not been seen to serve that)"},
		{"caches-before-import-shortly", "it does so for some time", 0, 10 * time.Second, time.Minute, conformance.Pass, "slowest recovery"},
		{"starts-only-with-key", "somebody else starts it again", 0, 10 * time.Second, time.Minute, conformance.Pass, ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			short := func(o *conformance.Options, _ *bench) { o.Recovery, o.RecoveryEnd = tc.recovery, tc.end }
			c := receivers.Config{Rarely: tc.rarely, FetchTime: 500 * time.Millisecond}
			report := restartable(t, tc.receiver, c, short, "ctl/valid-accepted", "key/recovers", "key/outage-cold")
			v := verdicts(report)["key/recovers"]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
			assert.Equal(t, verdicts(report)["key/outage-cold"].Status, conformance.Pass)
		})
	}
}

func TestGraceDecidesAboutANewKey(t *testing.T) {
	for _, tc := range []struct {
		receiver, reason string
		grace            time.Duration
		want             conformance.Status
		says             string
	}{
		{"", "it fetches again for the first delivery", 0, conformance.Pass, ""},
		{"refetches-rarely", "it does so some time later", 0, conformance.Warn, "--rotation-grace"},
		{"refetches-rarely", "and may", 30 * time.Second, conformance.Pass, "after the change"},
		{"caches-key-for-ever", "it never does", 300 * time.Millisecond, conformance.Warn, "the key was not fetched again"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			grace := func(o *conformance.Options, _ *bench) { o.RotationGrace = tc.grace }
			c := receivers.Config{Rarely: 2 * time.Second}
			v := verdicts(restartable(t, tc.receiver, c, grace, "ctl/valid-accepted", "key/rotation"))["key/rotation"]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}

func TestKeyIsChangedOnceAndNeverBack(t *testing.T) {
	var endpoints *conformance.Endpoints
	report := restartable(t, "", receivers.Config{}, func(_ *conformance.Options, b *bench) { endpoints = b.endpoints },
		"ctl/valid-accepted", "key/rotation", "key/rotation-old")
	assert.Equal(t, report.Summary.Pass, 3)
	now, err := endpoints.Keys.Key()
	assert.NilError(t, err)
	next, err := nextKey()
	assert.NilError(t, err)
	assert.Assert(t, now.Equal(next))
	assert.Equal(t, endpoints.KeyServer.Fault(), wellknown.None, "no fault is left behind")
}

func TestProductionJudgesRefusalsAlone(t *testing.T) {
	for _, tc := range []struct {
		receiver string
		want     conformance.Status
		outcome  conformance.Outcome
	}{
		{"real-service", conformance.Pass, conformance.Conformant},
		{"test-key-in-production", conformance.Fail, conformance.Nonconformant},
	} {
		t.Run(tc.receiver, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			receiver, err := receivers.Flawed(tc.receiver, receivers.Config{KeyURL: b.endpoints.KeyURL()})
			assert.NilError(t, err)
			t.Cleanup(receiver.Close)
			o := b.quick(serve(t, receiver))
			o.Production = true
			o.Checks = only(t, "key/test-key-refused", "sig/missing-header")
			report := run(t.Context(), t, o)
			explain(t, report)
			v := verdicts(report)
			assert.Equal(t, v["key/test-key-refused"].Status, tc.want)
			assert.Assert(t, strings.Contains(v["sig/missing-header"].Reason, "unbracketed"), v["sig/missing-header"].Reason)
			assert.Equal(t, report.Outcome, tc.outcome, report.Headline)
			assert.Equal(t, report.Ledger.Emitted, 0, "nothing was genuine")
		})
	}
}

// Where the target knows this machine by one name, the check says which flag
// gives another; and goes by that.
func TestRedirectToAnotherHostNeedsAnotherName(t *testing.T) {
	for _, tc := range []struct {
		reason, other string
		want          conformance.Status
	}{{"there is none", "", conformance.Skip}, {"it is given", "http://elsewhere.test", conformance.Note}} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "http://endpoints.test")
			toBench := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, b.addr)
			}}
			t.Cleanup(toBench.CloseIdleConnections)
			receiver, err := receivers.Flawed("follows-redirects-anywhere", receivers.Config{
				KeyURL: b.endpoints.KeyURL(), Client: &http.Client{Transport: toBench}, RefetchEvery: time.Millisecond,
			})
			assert.NilError(t, err)
			b.endpoints.OtherBase = tc.other
			o := b.quick(serve(t, receiver))
			o.Checks = only(t, "ctl/valid-accepted", "key/redirect-cross-host")
			v := verdicts(run(t.Context(), t, o))["key/redirect-cross-host"]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			if tc.other == "" {
				assert.Equal(t, v.Reason, "the target knows this machine by one name alone (http://endpoints.test/.well-known/webhooks.json); --advertise-other gives another")
			}
		})
	}
}

// needsKey is a target that does not start while its key endpoint fails.
type needsKey struct {
	conformance.Restarter
	fault func() wellknown.Fault
}

func (n needsKey) Restart(ctx context.Context) error {
	if f := n.fault(); f != wellknown.None {
		return fmt.Errorf("no key under %s", f)
	}
	return n.Restarter.Restart(ctx)
}

func TestKeyThatIsFetchedAtTheStartAloneIsNotSaidToBeHeld(t *testing.T) {
	t.Parallel()
	report := restartable(t, "fetches-at-start-only", receivers.Config{}, func(o *conformance.Options, b *bench) {
		o.Target.Restart = needsKey{o.Target.Restart, b.endpoints.KeyServer.Fault}
	}, "ctl/valid-accepted", "key/drip")
	v := verdicts(report)["key/drip"]
	assert.Equal(t, v.Status, conformance.Skip, v.Reason)
	assert.Assert(t, strings.Contains(v.Reason, "needs its key to start"), v.Reason)
}
