package conformance

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

var testKey = sync.OnceValues(rtk.GenerateKey)

// request is what a test's target sees of one request.
type request struct {
	*http.Request
	body     []byte
	verified bool
	event    string
}

// target answers with a status. It is a count of effects by uuid as well.
type target struct {
	answer func(request) int

	mu     sync.Mutex
	counts map[string]int
	bodies []string
	uuids  []string
	server *httptest.Server
}

func (tg *target) takeEffect(r request) {
	tg.mu.Lock()
	defer tg.mu.Unlock()
	if tg.counts == nil {
		tg.counts = map[string]int{}
	}
	tg.counts[r.Header.Get("rtk-uuid")]++
}

func (tg *target) Count(_ context.Context, q effects.Query) (int, error) {
	tg.mu.Lock()
	defer tg.mu.Unlock()
	return tg.counts[q.UUID], nil
}

func (tg *target) Key(q effects.Query) string { return q.UUID }

func good(r request) int {
	if !r.verified {
		return 401
	}
	return 200
}

// options serve tg and endpoints for it, and return options that wait for nothing.
func options(t *testing.T, tg *target, checks ...*Check) Options {
	t.Helper()
	key, err := testKey()
	assert.NilError(t, err)
	mux := http.NewServeMux()
	own := httptest.NewServer(mux)
	t.Cleanup(own.Close)
	endpoints := NewEndpoints(rtk.NewKeyring(key), own.URL)
	mux.Handle("/", endpoints.Handler())

	tg.server = httptest.NewServer(tg.handler(&key.PublicKey))
	t.Cleanup(tg.server.Close)
	return quick(endpoints, tg.server.URL, checks)
}

// handler answers as tg.answer says, and remembers what came.
func (tg *target) handler(key *rsa.PublicKey) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var decoded struct{ Event string }
		json.Unmarshal(body, &decoded)
		tg.mu.Lock()
		tg.bodies = append(tg.bodies, string(body))
		tg.uuids = append(tg.uuids, r.Header.Get("rtk-uuid"))
		tg.mu.Unlock()
		code := tg.answer(request{r, body, rtk.Verify(key, body, r.Header.Get("rtk-signature")) == nil, decoded.Event})
		if code == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(code)
	})
}

// quick returns options that wait for as little as a target in this process needs.
func quick(endpoints *Endpoints, url string, checks []*Check) Options {
	return Options{
		Endpoints:      endpoints,
		Target:         Target{URL: url},
		Checks:         checks,
		Seed:           1,
		Timeout:        300 * time.Millisecond,
		WarmUp:         300 * time.Millisecond,
		RetryWaits:     []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond},
		EffectsTimeout: 200 * time.Millisecond,
		Quiet:          20 * time.Millisecond,
	}
}

// concludeInVirtualTime is conclude where nothing but a wait takes time: what a test
// says of times holds however busy the machine is.
func concludeInVirtualTime(t *testing.T, tg *target, change func(*Options), checks ...*Check) (report *Report) {
	t.Helper()
	key, err := testKey()
	assert.NilError(t, err)
	keys := rtk.NewKeyring(key)
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes()
		server := &http.Server{Handler: tg.handler(&key.PublicKey)}
		var wg sync.WaitGroup
		wg.Go(func() { _ = server.Serve(ln) })
		o := quick(NewEndpointsWithAttacker(keys, keys, "http://endpoints.test"), "http://target.test/", checks)
		o.Sender.Dial = ln.Dial
		change(&o)
		report = conclude(t, o)
		assert.NilError(t, server.Close())
		wg.Wait()
	})
	return report
}

func must(id ID, f func(*Probe)) *Check {
	return &Check{ID: id, Title: string(id), Level: Must, Basis: Documented, Run: f}
}

func rejecting(p *Probe) { p.Reject(forgeries(p.Mutation("signature/other-key"))...) }

func conclude(t *testing.T, o Options) *Report {
	t.Helper()
	report, err := Run(t.Context(), o)
	assert.NilError(t, err)
	return report
}

func TestForgeriesAreJudgedByAnswerAndEffect(t *testing.T) {
	acceptAll := func(request) int { return 200 }
	for _, tc := range []struct {
		reason  string
		answer  func(*target, request) int
		effects bool
		level   Level
		want    Status
		says    string
	}{
		{"refused is rejected", func(_ *target, r request) int { return good(r) }, false, Must, Pass, ""},
		{"so is a 5xx", func(_ *target, r request) int {
			if !r.verified {
				return 500
			}
			return 200
		}, false, Must, Pass, ""},
		{"so is a cut connection", func(_ *target, r request) int {
			if !r.verified {
				return 0
			}
			return 200
		}, false, Must, Pass, ""},
		{"a 2xx is a failure where nothing more is seen", func(_ *target, r request) int { return acceptAll(r) }, false, Must, Fail, "--effects-url"},
		{"and at the level of a SHOULD a warning", func(_ *target, r request) int { return acceptAll(r) }, false, Should, Warn, "--effects-url"},
		{"a 2xx without effect is verified later", func(tg *target, r request) int {
			if r.verified {
				tg.takeEffect(r)
			}
			return 202
		}, true, Must, Warn, "verified later"},
		{"a 2xx with effect is a failure", func(tg *target, r request) int {
			tg.takeEffect(r)
			return 200
		}, true, Must, Fail, "took effect"},
		{"a rate limit rejects nothing", func(_ *target, r request) int {
			if !r.verified {
				return 429
			}
			return 200
		}, false, Must, Inconclusive, "rate limit"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			tg := &target{}
			tg.answer = func(r request) int { return tc.answer(tg, r) }
			o := options(t, tg, &Check{ID: "sig/x", Level: tc.level, Run: rejecting})
			if tc.effects {
				o.Target.Effects = tg
			}
			v := conclude(t, o).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
			if tc.want != Pass {
				assert.Assert(t, len(v.Receipts) > 0)
			}
		})
	}
}

func TestSilenceIsNoRejection(t *testing.T) {
	tg := &target{answer: func(r request) int {
		if !r.verified {
			<-r.Context().Done()
		}
		return 200
	}}
	v := conclude(t, options(t, tg, must("sig/x", rejecting))).Verdicts[0]
	assert.Equal(t, v.Status, Inconclusive, v.Reason)
}

func TestReceiverThatRefusesEverythingPassesNothing(t *testing.T) {
	tg := &target{answer: func(request) int { return 401 }}
	report := conclude(t, options(t, tg, must("sig/x", rejecting)))
	assert.Equal(t, report.Verdicts[0].Status, Inconclusive, report.Verdicts[0].Reason)
	assert.Equal(t, report.Outcome, Undecided)
}

func TestReceiverThatBreaksOnAForgeryIsInconclusiveNotRejecting(t *testing.T) {
	broken := false
	tg := &target{answer: func(r request) int {
		broken = broken || !r.verified
		if broken {
			return 500
		}
		return 200
	}}
	v := conclude(t, options(t, tg, must("sig/x", rejecting))).Verdicts[0]
	assert.Equal(t, v.Status, Inconclusive, v.Reason)
	assert.Assert(t, strings.Contains(v.Reason, "twin after"), v.Reason)
}

func TestNothingRunsBehindAGateThatDoesNotPass(t *testing.T) {
	tg := &target{answer: good}
	gate := &Check{ID: "ctl/gate", Level: Gate, Phase: First, Run: func(p *Probe) { p.On().Inconclusive("closed") }}
	report := conclude(t, options(t, tg, gate, must("sig/x", rejecting)))
	assert.Equal(t, report.Verdicts[1].Status, Skip)
	assert.Equal(t, report.Outcome, Undecided)
	assert.Assert(t, !report.Complete)
	assert.Assert(t, len(tg.bodies) == 0)
}

func TestTargetThatHasGoneIsNotWaitedForAgainAndAgain(t *testing.T) {
	var gone atomic.Bool
	tg := &target{answer: func(r request) int {
		if !r.verified {
			gone.Store(true)
		}
		if gone.Load() {
			return 0
		}
		return 200
	}}
	checks := []*Check{must("a/breaks", rejecting)}
	for _, id := range []ID{"a/b", "a/c", "a/d", "b/e", "b/f"} {
		checks = append(checks, must(id, rejecting))
	}
	report := conclude(t, options(t, tg, checks...))
	last := report.Verdicts[len(report.Verdicts)-1]
	assert.Equal(t, last.Status, Inconclusive)
	assert.Equal(t, last.Reason, "not run: the target stopped working during a/breaks")
}

func TestGenuineDeliveriesAreAcceptedOnAnyAttempt(t *testing.T) {
	t.Parallel()
	accept := func(p *Probe) { p.Accept("an event", p.FreshAny()) }
	for _, tc := range []struct {
		reason string
		answer func(n, attempt int) int
		want   Status
		says   string
	}{
		{"at once", func(int, int) int { return 204 }, Pass, ""},
		{"late", func(_, attempt int) int { return map[bool]int{true: 503, false: 200}[attempt < 3] }, Pass, "accepted late"},
		{"one in ten fails", func(n, _ int) int { return map[bool]int{true: 500, false: 200}[n%10 == 0] }, Pass, ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			attempts := map[string]int{} // by delivery: others may come before
			n := 0
			tg := &target{answer: func(r request) int {
				n++
				uuid := r.Header.Get("rtk-uuid")
				attempts[uuid]++
				return tc.answer(n, attempts[uuid])
			}}
			v := conclude(t, options(t, tg, must("evt/x", accept))).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}

func TestRefusedEventFailsOnlyWhileTheControlIsAccepted(t *testing.T) {
	summary := func(p *Probe) { p.Accept("a summary", p.Fresh(rtk.MeetingSummary)) }
	dead := false
	for _, tc := range []struct {
		reason string
		answer func(request) int
		want   Status
	}{
		{"this event alone is refused", func(r request) int {
			if r.event == "meeting.summary" {
				return 422
			}
			return good(r)
		}, Fail},
		{"everything is refused from then on", func(r request) int {
			dead = dead || r.event == "meeting.summary"
			if dead {
				return 422
			}
			return good(r)
		}, Inconclusive},
		{"there is never an answer", func(r request) int {
			if r.event == "meeting.summary" {
				<-r.Context().Done()
			}
			return good(r)
		}, Inconclusive},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			tg := &target{answer: tc.answer}
			v := conclude(t, options(t, tg, must("evt/x", summary))).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
		})
	}
}

func TestReceiverGuardedAgainstLoopbackLinksIsNotBlamed(t *testing.T) {
	tg := &target{}
	tg.answer = func(r request) int {
		for _, link := range payload.URLs(r.body) {
			if !strings.HasPrefix(link, "https://") {
				return 422
			}
		}
		return good(r)
	}
	report := conclude(t, options(t, tg, must("evt/x", func(p *Probe) {
		p.Accept("a recording", p.Fresh(rtk.RecordingStatusUpdate))
		p.Accept("a summary", p.Fresh(rtk.MeetingSummary))
	})))
	assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
	for _, in := range report.Instruments {
		if in.Name == InstrumentCanaries {
			assert.Assert(t, !in.On && strings.Contains(in.Detail, "own network"), in.Detail)
		}
	}
}

// A target that downloads before it answers, or later, with a client that trusts
// certificates of its own alone, or does not find the host.
func TestTargetThatCannotFollowInterceptedLinksIsNotBlamedNorBlind(t *testing.T) {
	t.Parallel()
	const host = "media.example"
	for _, c := range []struct {
		reason      string
		status      int // where a download fails
		distrusting bool
		on          bool
	}{
		{"it answers 5xx, and is not seen to connect", 500, false, true},
		{"it refuses, and is not seen to connect", 422, false, true},
		{"it downloads later, and does not trust the certificate", 200, true, true},
		{"it downloads later, and is not seen to connect", 200, false, false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			var connected atomic.Bool
			tg := &target{}
			tg.answer = func(r request) int {
				for _, link := range payload.URLs(r.body) {
					if strings.HasPrefix(link, "https://"+host+"/") {
						connected.Store(true)
						return c.status
					}
					if res, err := http.Get(link); assert.Check(t, err) {
						res.Body.Close()
					}
				}
				return good(r)
			}
			o := options(t, tg, must("evt/x", func(p *Probe) {
				p.Accept("a recording", p.Fresh(rtk.RecordingStatusUpdate))
				p.Accept("a summary", p.Fresh(rtk.MeetingSummary))
			}))
			o.Endpoints.LinksHost = host
			o.Endpoints.LinksDistrusted = func() bool { return c.distrusting && connected.Load() }
			report := conclude(t, o)
			assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
			for _, in := range report.Instruments {
				if in.Name == InstrumentCanaries {
					assert.Equal(t, in.On, c.on)
					want := map[bool]string{true: "links lead to http, as", false: "links led to https://" + host + ", and nobody came there"}[c.on]
					assert.Assert(t, strings.Contains(in.Detail, want), in.Detail)
				}
			}
		})
	}
}

func TestPanickingCheckIsAFaultOfTheHarness(t *testing.T) {
	tg := &target{answer: good}
	report := conclude(t, options(t, tg,
		must("a/x", func(*Probe) { panic("oops") }),
		must("a/y", rejecting)))
	assert.Equal(t, report.Verdicts[0].Status, Error)
	assert.Equal(t, report.Verdicts[1].Status, Pass)
	assert.Equal(t, report.Outcome, Broken)
}

func TestInterruptedRunSaysWhatItDidNotDo(t *testing.T) {
	tg := &target{answer: good}
	ctx, cancel := context.WithCancel(t.Context())
	report, err := Run(ctx, options(t, tg,
		must("a/x", func(*Probe) { cancel() }),
		must("b/y", rejecting)))
	assert.NilError(t, err)
	assert.Assert(t, !report.Complete)
	assert.Equal(t, report.Verdicts[1].Status, Skip)
	assert.Equal(t, report.Outcome, Undecided)
}

func TestSetAndUnsetReachEveryEventThatHasThePlace(t *testing.T) {
	tg := &target{answer: good}
	o := options(t, tg, must("evt/x", func(p *Probe) {
		for _, e := range p.Events().Lifecycle() {
			p.Accept("an event", e)
		}
	}))
	o.Set = payload.Assignments{{Path: "meeting.organizedBy.id", Value: []byte(`"org-7"`)}}
	o.Unset = []string{"meeting.title"}
	conclude(t, o)
	changed := 0
	for _, body := range tg.bodies {
		if strings.Contains(body, `"organizedBy":{"id":"org-7"`) {
			changed++
		}
		assert.Assert(t, !strings.Contains(body, `"meeting":{`) || !strings.Contains(body, `"title"`), body)
	}
	assert.Assert(t, changed > 5)
}

func TestSameSeedSendsTheSameBytes(t *testing.T) {
	start := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	sent := func(seed uint64) ([]string, []string) {
		tg := &target{answer: good}
		o := options(t, tg, must("sig/x", rejecting), must("evt/x", func(p *Probe) { p.Accept("x", p.Fresh(rtk.MeetingEnded)) }))
		o.Seed, o.Start = seed, start
		conclude(t, o)
		for i := range tg.bodies { // the endpoints has another port each time
			tg.bodies[i] = strings.ReplaceAll(tg.bodies[i], o.Endpoints.ArtifactsURL(), "")
			tg.bodies[i] = strings.ReplaceAll(tg.bodies[i], strings.TrimPrefix(o.Endpoints.base, "http://"), "")
		}
		return tg.bodies, tg.uuids
	}
	bodies, uuids := sent(0)
	again, uuidsAgain := sent(0)
	assert.Equal(t, cmp.Diff(bodies, again), "")
	assert.Equal(t, cmp.Diff(uuids, uuidsAgain), "")
	_, others := sent(1)
	assert.Assert(t, uuids[0] != others[0])
}

func TestOutcomeAndHeadline(t *testing.T) {
	t.Parallel()
	find := func(s Status) func(*Probe) {
		return func(p *Probe) {
			if s != Pass {
				p.On().AddFinding(s, "because")
			}
		}
	}
	for _, tc := range []struct {
		reason  string
		level   Level
		status  Status
		strict  bool
		require []string
		want    Outcome
		says    string
	}{
		{"all is well", Must, Pass, false, nil, Conformant, "conformant"},
		{"a failure", Must, Fail, false, nil, Nonconformant, "1 failure"},
		{"a warning does no harm", Should, Warn, false, nil, Conformant, "1 warning"},
		{"unless warnings count", Should, Warn, true, nil, Nonconformant, "1 warning"},
		{"a MUST that is open", Must, Inconclusive, false, nil, Undecided, "1 MUST not judged"},
		{"a SHOULD that is open", Should, Inconclusive, false, nil, Conformant, "1 undecided"},
		{"skips alone prove nothing", Must, Skip, false, nil, Undecided, "1 MUST not judged, nothing was judged"},
		{"the harness failed", May, Error, false, nil, Broken, "harness failed"},
		{"a required instrument is off", Must, Pass, false, []string{InstrumentEffects}, Undecided, "required but off: effects"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			o := options(t, &target{answer: good}, &Check{ID: "a/x", Level: tc.level, Run: find(tc.status)})
			o.Strict, o.Require = tc.strict, tc.require
			report := conclude(t, o)
			assert.Equal(t, report.Outcome, tc.want)
			assert.Assert(t, strings.Contains(report.Headline, tc.says), report.Headline)
		})
	}
}

func TestLedgerCountsGenuineDeliveriesAlone(t *testing.T) {
	n := 0
	tg := &target{answer: func(r request) int {
		n++
		switch {
		case r.event == "meeting.summary":
			return 410
		case r.event == "meeting.transcript" && n%2 == 0:
			return 503
		}
		return good(r)
	}}
	o := options(t, tg, must("evt/x", func(p *Probe) {
		p.Deliver("gone", p.Fresh(rtk.MeetingSummary))
		p.Try("odd", mocksender.Delivery{Event: rtk.Event{Body: []byte("null")}})
		rejecting(p)
	}))
	l := conclude(t, o).Ledger
	assert.Equal(t, l.LostBy[410], 1)
	assert.Equal(t, l.Emitted, l.Accepted+l.AcceptedLate+l.Exhausted+1)
	summary := l.ByEvent[rtk.MeetingSummary]
	assert.Equal(t, summary.Emitted, 1)
	assert.Equal(t, summary.Lost, 1)
	_, odd := l.ByEvent[""]
	assert.Assert(t, !odd)
}

func TestSkippedMustIsSaid(t *testing.T) {
	report := conclude(t, options(t, &target{answer: good},
		must("a/x", func(p *Probe) { p.Skip("nothing to see") }), must("a/y", rejecting)))
	assert.Equal(t, report.Outcome, Conformant)
	assert.Equal(t, report.Headline, "conformant, 1 MUST not judged")
}

func TestEffectsThatWereGivenAndNeverShowLeaveTheRunUndecided(t *testing.T) {
	tg := &target{answer: good}
	o := options(t, tg, must("a/y", rejecting))
	o.Target.Effects = tg // which counts nothing
	report := conclude(t, o)
	assert.Equal(t, report.Outcome, Undecided)
	assert.Assert(t, strings.Contains(report.Headline, "required but off: effects"), report.Headline)
}

func TestTargetSlowerThanTheTimeOutStopsTheRun(t *testing.T) {
	var answered atomic.Bool
	tg := &target{answer: func(r request) int {
		if answered.Swap(true) {
			<-r.Context().Done()
		}
		return good(r)
	}}
	gate := &Check{ID: "ctl/gate", Level: Gate, Phase: First, Run: func(p *Probe) { p.FirstContact() }}
	report := conclude(t, options(t, tg, gate, must("a/y", rejecting), must("b/z", rejecting)))
	assert.Equal(t, report.Outcome, Undecided)
	assert.Assert(t, strings.Contains(report.Stopped, "raise --timeout"), report.Stopped)
}

// forgeries makes a forgery of each mutation.
func forgeries(mutations ...mutation.Mutation) []Forgery {
	out := make([]Forgery, len(mutations))
	for i, m := range mutations {
		out[i] = Forgery{Label: m.ID, Mutations: []mutation.Mutation{m}}
	}
	return out
}

func TestAReasonIsSaidOnce(t *testing.T) {
	tg := &target{answer: good}
	v := conclude(t, options(t, tg, must("dlv/x", func(p *Probe) {
		p.Skip("unseen")
		p.Skip("unseen")
		p.Skip("unheard")
	}))).Verdicts[0]
	assert.Equal(t, v.Reason, "unseen; unheard")
}
