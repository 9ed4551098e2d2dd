package conformance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"
	"gotest.tools/v3/assert"
)

// limited lets a limiter answer code in place of answer to what comes too fast.
func limited(l *rate.Limiter, code int, answer func(request) int) func(request) int {
	return func(r request) int {
		if !l.Allow() {
			return code
		}
		return answer(r)
	}
}

func TestWhatALimitKeepsOutIsNoRejection(t *testing.T) {
	t.Parallel()
	acceptAll := func(request) int { return 200 }
	failing := func(r request) int {
		if !r.verified {
			return 503
		}
		return 200
	}
	for _, tc := range []struct {
		reason    string
		perSecond float64
		burst     int
		code      int // of the limit
		answer    func(request) int
		want      Status
		says      string
	}{
		{"without a limit it would get in", 20, 1, 503, acceptAll, Fail, "answered 200"},
		{"a limit may be met in the middle", 20, 9, 503, acceptAll, Fail, "answered 200"},
		{"any 5xx may be a limit", 20, 1, 500, acceptAll, Fail, "answered 200"},
		{"behind a limit a good receiver is good", 20, 1, 503, good, Pass, ""},
		{"and one that fails at forgeries keeps them out", 20, 1, 503, failing, Pass, ""},
		{"a limit that does not pass proves nothing", 0.01, 6, 503, acceptAll, Inconclusive, "answered 503"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			tg := &target{answer: limited(rate.NewLimiter(rate.Limit(tc.perSecond), tc.burst), tc.code, tc.answer)}
			o := options(t, tg, must("sig/x", rejecting))
			o.RetryWaits = []time.Duration{30 * time.Millisecond, 60 * time.Millisecond, 90 * time.Millisecond}
			v := conclude(t, o).Verdicts[0]
			assert.Equal(t, v.Status, tc.want, v.Reason)
			assert.Assert(t, strings.Contains(v.Reason, tc.says), v.Reason)
		})
	}
}

// A worker that dies of a forgery is out for a moment: the gateway in front answers 502
// to everybody. That is no limit, and the forgery was kept out.
func TestForgeryThatTakesTheTargetDownForAMomentIsKeptOut(t *testing.T) {
	var down time.Time
	tg := &target{answer: func(r request) int {
		if !r.verified {
			down = time.Now().Add(100 * time.Millisecond)
		}
		if time.Now().Before(down) {
			return 502
		}
		return 200
	}}
	o := options(t, tg, must("sig/x", rejecting))
	o.RetryWaits = []time.Duration{100 * time.Millisecond}
	report := conclude(t, o)
	assert.Equal(t, report.Verdicts[0].Status, Pass, report.Verdicts[0].Reason)
}

func TestTargetWithoutALimitIsNotSlowedDown(t *testing.T) {
	n := 0
	for reason, answer := range map[string]func(request) int{
		"it fails at forgeries": func(r request) int {
			if !r.verified {
				return 503
			}
			return 200
		},
		"it fails now and then": func(r request) int {
			if n++; n%3 == 0 {
				return 503
			}
			return good(r)
		},
	} {
		report := conclude(t, options(t, &target{answer: answer}, must("sig/x", rejecting)))
		assert.Equal(t, report.Verdicts[0].Status, Pass, reason)
		for _, a := range report.Assumptions {
			assert.Assert(t, a.Name != "requests a second", reason)
		}
	}
}

func TestLimitIsFoundBesideOtherChecks(t *testing.T) {
	var checks []*Check
	for _, id := range []ID{"a/b", "a/c", "a/d", "a/e", "a/f", "a/g"} {
		checks = append(checks, must(id, rejecting))
	}
	tg := &target{answer: limited(rate.NewLimiter(50, 1), 503, func(request) int { return 200 })}
	o := options(t, tg, checks...)
	o.Parallel = len(checks)
	for _, v := range conclude(t, o).Verdicts {
		assert.Equal(t, v.Status, Fail, "%s: %s", v.ID, v.Reason)
	}
}

// What a limit keeps out of several checks at once looks like a target that is gone.
func TestLimitIsNoTargetThatHasStoppedWorking(t *testing.T) {
	t.Parallel()
	var checks []*Check
	for i := range 12 {
		checks = append(checks, must(ID(fmt.Sprintf("a/c%d", i)), rejecting))
	}
	tg := &target{answer: limited(rate.NewLimiter(18, 3), 503, good)}
	o := options(t, tg, checks...)
	o.Parallel, o.Timeout = len(checks), 10*time.Second // a busy machine takes long for so many answers
	for _, v := range conclude(t, o).Verdicts {
		assert.Equal(t, v.Status, Pass, "%s: %s", v.ID, v.Reason)
	}
}

// A run slows down to about 0.65 requests a second, and no further.
func TestLimitThatARunDoesNotSlowDownToIsNoFault(t *testing.T) {
	t.Parallel()
	gate := func(p *Probe) {
		if x := p.Control(); !x.Accepted() && !p.ProvesNothing(x.Label, x) && !p.CameTooFast(x.Label, x) {
			p.On(x).Violation("%s", x)
		}
	}
	checks := []*Check{must("a/b", rejecting), must("a/accepts", func(p *Probe) { p.Accept("an event", p.FreshAny()) }), must("a/alive-after", gate)}
	tg := &target{answer: limited(rate.NewLimiter(0.35, 1), 503, good)}
	report := conclude(t, options(t, tg, checks...))
	said := false
	for _, v := range report.Verdicts {
		assert.Assert(t, v.Status == Pass || v.Status == Inconclusive, "%s: %s: %s", v.ID, v.Status, v.Reason)
		said = said || strings.Contains(v.Reason, "try --rate 0.")
	}
	assert.Assert(t, said, "%+v", report.Verdicts)
}

func TestRateThatWorkedIsNamed(t *testing.T) {
	tg := &target{answer: limited(rate.NewLimiter(20, 1), 503, good)}
	report := conclude(t, options(t, tg, must("sig/x", rejecting)))
	named := ""
	for _, a := range report.Assumptions {
		if a.Name == "requests a second" {
			named = a.Value
		}
	}
	assert.Assert(t, strings.HasPrefix(named, "about 1"), named) // less than 20, and not by far
}
