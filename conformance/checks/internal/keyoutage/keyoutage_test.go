package keyoutage

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

var testKey = sync.OnceValues(rtk.GenerateKey)

// verifying answers 200 to what verifies, and 401 to the rest. It holds the key.
func verifying(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, err := testKey()
	if err != nil || rtk.Verify(&key.PublicKey, body, r.Header.Get("rtk-signature")) != nil {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// judge runs a check against a target.
func judge(t *testing.T, target http.HandlerFunc, check *conformance.Check, change func(*conformance.Options)) (conformance.Verdict, *conformance.Report) {
	t.Helper()
	key, err := testKey()
	assert.NilError(t, err)
	mux := http.NewServeMux()
	own := httptest.NewServer(mux)
	t.Cleanup(own.Close)
	endpoints := conformance.NewEndpoints(rtk.NewKeyring(key), own.URL)
	mux.Handle("/", endpoints.Handler())
	server := httptest.NewServer(target)
	t.Cleanup(server.Close)
	check.Exclusive, check.Level = true, conformance.Must
	o := conformance.Options{
		Endpoints:  endpoints,
		Target:     conformance.Target{URL: server.URL},
		Checks:     []*conformance.Check{check},
		Seed:       1,
		Timeout:    300 * time.Millisecond,
		WarmUp:     300 * time.Millisecond,
		RetryWaits: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond},
		Quiet:      20 * time.Millisecond,
	}
	if change != nil {
		change(&o)
	}
	report, err := conformance.Run(t.Context(), o)
	assert.NilError(t, err)
	return report.Verdicts[0], report
}

func TestRecoveryIsAskedForUntilItComes(t *testing.T) {
	for _, tc := range []struct {
		reason   string
		failures int64
		within   time.Duration
		want     exchange.Answer
	}{
		{"at once", 0, time.Second, exchange.Accepted},
		{"after some failures", 2, 5 * time.Second, exchange.Accepted},
		{"not in time", 50, 200 * time.Millisecond, exchange.Failing},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			var left atomic.Int64
			began := time.Now()
			_, report := judge(t, func(w http.ResponseWriter, r *http.Request) {
				if left.Add(-1) >= 0 {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				verifying(w, r)
			}, &conformance.Check{ID: "dlv/x", Run: func(p *conformance.Probe) {
				left.Store(tc.failures)
				assert.Equal(t, Recover(p, "a genuine delivery after the outage").Answer, tc.want)
			}}, func(o *conformance.Options) { o.Recovery = tc.within })
			assert.Assert(t, time.Since(began) < tc.within+time.Second)
			assert.Equal(t, report.Ledger.Exhausted, 0, "none of it is the target's fault")
		})
	}
}

// An hour would pass before the first retry.
func TestRecoveryIsNotAwaitedAfterTheEndOfTheProcess(t *testing.T) {
	var dead atomic.Bool
	v, _ := judge(t, func(w http.ResponseWriter, r *http.Request) {
		if dead.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		verifying(w, r)
	}, &conformance.Check{ID: "dlv/x", Run: func(p *conformance.Probe) {
		dead.Store(true)
		assert.Equal(t, Recover(p, "a delivery").Answer, exchange.Failing)
	}}, func(o *conformance.Options) {
		o.Recovery = time.Hour
		o.Target.Exited = func() (string, string) { return map[bool]string{true: "it ended"}[dead.Load()], "" }
	})
	assert.Equal(t, v.Status, conformance.Pass, v.Reason)
}

// restarter answers err.
type restarter struct{ err error }

func (r restarter) Restart(context.Context) error { return r.err }

func TestColdOutageIsNoneWhereTheTargetWasNotRestarted(t *testing.T) {
	v, _ := judge(t, verifying, &conformance.Check{ID: "key/x", Run: func(p *conformance.Probe) {
		assert.Equal(t, len(Cold(p)), 0)
		assert.Equal(t, len(Cold(p)), 0, "it is not tried again")
	}}, func(o *conformance.Options) {
		o.Target.Restart = restarter{&conformance.NotRestarted{Why: "nothing was seen"}}
	})
	assert.Equal(t, v.Status, conformance.Skip)
	assert.Equal(t, v.Reason, "whether the target was restarted is not known: nothing was seen")
}

// Forgeries during an outage are held to what they declare like all others.
func TestCorruptedForgeryOfAnOutageIsNotSent(t *testing.T) {
	verifies := mutation.Mutation{ID: "header/x", Apply: func(w *mutation.Wire) error { w.Header["x"] = []string{"1"}; return nil }}
	invalid := rtk.Event{Type: rtk.MeetingStarted, Body: []byte(`{"event":"meeting.started"}`)}
	sameKey := func(o *conformance.Options) { o.Endpoints.Attacker = o.Endpoints.Keys }
	for _, tc := range []struct {
		reason  string
		corrupt func(*conformance.Options)
		send    func(*conformance.Probe)
		says    string
	}{
		{"the attacker has the genuine key", sameKey, func(p *conformance.Probe) { Warm(p) },
			"a forgery while the key endpoint fails (status-500): self-check: signature/other-key changes nothing, so the delivery is a genuine one"},
		{"so it has at the first contact", sameKey, AtFirstContact,
			"a forgery while the key endpoint fails (status-500): self-check: signature/other-key changes nothing, so the delivery is a genuine one"},
		{"it is genuine all the same", nil, func(p *conformance.Probe) {
			Forge(p, conformance.Forgery{Label: "a forgery", Event: p.FreshAny(), Mutations: []mutation.Mutation{verifies}})
		}, "a forgery: self-check: it is no forgery: rtk-signature verifies"},
		{"its event is no event", nil, func(p *conformance.Probe) {
			Forge(p, conformance.Forgery{Label: "a forgery", Event: invalid, Mutations: otherKey(p)})
		}, "a forgery: self-check: the event that was made is not valid (strict reading)"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			v, report := judge(t, verifying, &conformance.Check{ID: "key/x", Cold: true, Run: tc.send}, tc.corrupt)
			assert.Equal(t, v.Status, conformance.Error, v.Reason)
			assert.Assert(t, is.Contains(v.Reason, tc.says))
			assert.Equal(t, report.Outcome, conformance.Broken)
		})
	}
}

// process is a target that holds no key when it is started, and fetches it for each
// delivery. If it remembers failures, it does so until it is started again.
type process struct {
	url       atomic.Pointer[string]
	remembers bool

	mu      sync.Mutex
	failed  bool
	started int
}

func (r *process) Restart(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = false
	r.started++
	return nil
}

func (r *process) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	url := r.url.Load()
	if url != nil && (r.remembers && r.failed || !fetches(*url)) {
		r.failed = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	verifying(w, req)
}

// fetches reports whether there is a key at url.
func fetches(url string) bool {
	client := http.Client{Timeout: 100 * time.Millisecond}
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var document struct{ Data struct{ PublicKey string } }
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&document) != nil {
		return false
	}
	_, err = rtk.ParsePublicKey([]byte(document.Data.PublicKey))
	return err == nil
}

func TestProcessThatAsksAgainMeetsSeveralOutages(t *testing.T) {
	for _, tc := range []struct {
		reason    string
		remembers bool
		starts    int
	}{
		{"it asks for its key each time", false, len(Faults())},
		{"it does not ask twice", true, len(slices.Concat(Faults()...)) + 1}, // and one that works in the end
	} {
		t.Run(tc.reason, func(t *testing.T) {
			target := &process{remembers: tc.remembers}
			v, _ := judge(t, target.ServeHTTP, &conformance.Check{ID: "key/x", Run: func(p *conformance.Probe) {
				target.url.Store(new(p.Endpoints().KeyURL()))
				var met []wellknown.Fault
				for _, o := range Cold(p) {
					met = append(met, o.Fault)
					assert.Assert(t, o.Fetches > 0, "%s was not met", o.Fault)
					assert.Assert(t, o.Blocked(), "%s", o.Fault)
				}
				assert.DeepEqual(t, met, slices.Concat(Faults()...))
			}}, func(o *conformance.Options) {
				o.Target.Restart = target
				o.Recovery, o.RecoveryEnd = 50*time.Millisecond, 60*time.Millisecond
			})
			assert.Equal(t, v.Status, conformance.Pass, v.Reason)
			assert.Equal(t, target.started, tc.starts)
		})
	}
}
